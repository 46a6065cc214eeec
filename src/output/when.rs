//! Times and sizes for a person: as short as they can be in a list, and in full in a message.

use jiff::{Timestamp, ZonedDateTime as Zoned, civil::Date, tz::TimeZone};
use serde_json::{Map, Value};

use super::text::local_time;
use crate::clock;

/// When a row's message came: today's time, the weekday of this week, the date, with the year if it is another one. In
/// full if it is not to be short.
pub(super) fn list_date(row: &Map<String, Value>, short: bool) -> String {
    let Some(time) = time_of(row) else { return String::new() };
    if !short {
        return time.strftime("%Y-%m-%d %H:%M").to_string();
    }
    brief(&time, &now())
}

fn brief(time: &Zoned, now: &Zoned) -> String {
    let (day, today): (Date, Date) = (time.date(), now.date());
    let days = today.since(day).map_or(i32::MAX, |span| span.get_days());
    let format = match days {
        0 => "%H:%M",
        1..7 => "%a",
        _ if day.year() == today.year() => "%-d %b",
        _ => "%-d %b %Y",
    };
    time.strftime(format).to_string()
}

/// A time of a message in words: `Thu 26 Nov 2026, 21:14`.
pub(super) fn full_date(row: &Map<String, Value>) -> String {
    match time_of(row) {
        Some(time) => time.strftime("%a %-d %b %Y, %H:%M").to_string(),
        None => row.get("date").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

/// When Google received the message, or else the date that the sender wrote, if it is a date.
fn time_of(row: &Map<String, Value>) -> Option<Zoned> {
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let written = || text("date").and_then(timestamp);
    let time = text("internal_date").and_then(timestamp).or_else(written)?;
    Some(time.to_zoned_datetime(TimeZone::system()))
}

fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
}

fn now() -> Zoned {
    Timestamp::from_second(clock::now() as i64).unwrap_or_default().to_zoned_datetime(TimeZone::system())
}

/// RFC 3339 as a person reads it.
pub(super) fn moment(text: &str) -> Option<String> {
    let is_time = text.len() >= 20 && text.as_bytes()[4] == b'-' && text.contains('T');
    is_time.then(|| local_time(text)).filter(|shown| shown != text)
}

/// A number of bytes in words: `812 B`, `24 kB`, `1.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..999_500 => format!("{} kB", (bytes + 500) / 1000),
        999_500..999_950_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_short_as_it_can_be_without_doubt() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().to_zoned_datetime(TimeZone::UTC);
        let now = at("2026-11-27T09:30:00Z");
        for (time, shown) in [
            ("2026-11-27T00:00:00Z", "00:00"),
            ("2026-11-26T23:59:59Z", "Thu"),
            ("2026-11-21T10:00:00Z", "Sat"),
            ("2026-11-20T10:00:00Z", "20 Nov"),
            ("2026-01-02T10:00:00Z", "2 Jan"),
            ("2025-12-31T10:00:00Z", "31 Dec 2025"),
            ("2026-11-28T10:00:00Z", "28 Nov"),
            ("2031-01-01T10:00:00Z", "1 Jan 2031"),
        ] {
            assert_eq!(brief(&at(time), &now), shown, "{time}");
        }
    }

    #[test]
    fn a_size_has_two_or_three_digits() {
        for (bytes, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (24_400, "24 kB"),
            (999_600, "1.0 MB"),
            (1_250_000, "1.2 MB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
