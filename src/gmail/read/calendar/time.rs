//! The times of a calendar, in the zone of the user.
//!
//! A zone is looked up by its name in the system's database. Of other names, such as those of Windows, the calendar
//! itself has the rules (RFC 5545, 3.6.5). A time whose zone is neither is given as it is, with the name.

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::{Offset, TimeZone},
};

use super::{Component, Property, rule};

/// A point in time, as far as it is known.
#[derive(Clone, PartialEq)]
pub(super) enum Moment {
    Day(Date),
    /// In the zone of the user.
    Known(Timestamp),
    /// On the clock of wherever the reader is, or of a zone that is only named.
    Clock(DateTime, Option<String>),
    /// A value that is not a time.
    Odd(String),
}

pub(super) struct Zones<'c> {
    user: TimeZone,
    defined: &'c [Component],
}

impl<'c> Zones<'c> {
    pub(super) fn new(user: TimeZone, defined: &'c [Component]) -> Self {
        Zones { user, defined }
    }

    /// The first time in a property: `20260131T100000Z`, or a clock time with `TZID`, or a date.
    pub(super) fn moment(&self, property: &Property) -> Moment {
        self.parse(property.value.split(',').next().unwrap_or_default(), property.parameter("TZID"))
    }

    /// Each time in a property that is a list.
    pub(super) fn moments(&self, property: &Property) -> Vec<Moment> {
        property.value.split(',').map(|value| self.parse(value, property.parameter("TZID"))).collect()
    }

    fn parse(&self, value: &str, zone: Option<&str>) -> Moment {
        let value = value.trim();
        let (clock, is_utc) = match value.strip_suffix(['Z', 'z']) {
            Some(clock) => (clock, true),
            None => (value, false),
        };
        if let Ok(day) = Date::strptime("%Y%m%d", clock) {
            return Moment::Day(day);
        }
        let Some(time) = clock_time(clock) else { return Moment::Odd(value.to_owned()) };
        let zone = if is_utc { Some("UTC") } else { zone.map(str::trim).filter(|zone| !zone.is_empty()) };
        let Some(name) = zone else { return Moment::Clock(time, None) };
        match self.instant(time, name) {
            Some(instant) => Moment::Known(instant),
            None => Moment::Clock(time, Some(name.to_owned())),
        }
    }

    fn instant(&self, time: DateTime, name: &str) -> Option<Timestamp> {
        if let Some(zone) = named(name) {
            return zone.to_timestamp(time).ok();
        }
        let is_it = |zone: &&Component| zone.property("TZID").is_some_and(|id| id.value.trim() == name);
        let zone = self.defined.iter().find(is_it)?;
        offset(zone, time)?.to_timestamp(time).ok()
    }

    /// `2026-01-31 10:00 Europe/Berlin`
    pub(super) fn show(&self, moment: &Moment) -> String {
        match moment {
            Moment::Day(day) => day.to_string(),
            Moment::Known(instant) => {
                let time = self.user.to_datetime(*instant);
                format!("{} {}", time.strftime("%Y-%m-%d %H:%M"), self.name(*instant))
            }
            Moment::Clock(time, None) => time.strftime("%Y-%m-%d %H:%M").to_string(),
            Moment::Clock(time, Some(zone)) => format!("{} ({zone})", time.strftime("%Y-%m-%d %H:%M")),
            Moment::Odd(value) => value.clone(),
        }
    }

    fn name(&self, instant: Timestamp) -> String {
        let is_utc = |name: &str| matches!(name, "UTC" | "Etc/UTC" | "Etc/Unknown");
        match self.user.iana_name() {
            _ if self.user.is_unknown() => "UTC".to_owned(),
            Some(name) if is_utc(name) => "UTC".to_owned(),
            Some(name) => name.to_owned(),
            None => self.user.to_offset_info(instant).abbreviation().to_owned(),
        }
    }
}

/// `20260131T100000`; the seconds may be missing.
fn clock_time(value: &str) -> Option<DateTime> {
    let parsed = DateTime::strptime("%Y%m%dT%H%M%S", value);
    parsed.or_else(|_| DateTime::strptime("%Y%m%dT%H%M", value)).ok()
}

/// A zone of the system's database. Some programs write a path before the name.
fn named(name: &str) -> Option<TimeZone> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt") {
        return Some(TimeZone::UTC);
    }
    let parts: Vec<&str> = name.trim_start_matches('/').split('/').collect();
    let known = |parts: &[&str]| {
        let name = parts.join("/");
        let is_plain = !name.is_empty() && name.chars().all(is_name) && name.len() < 64;
        is_plain.then(|| TimeZone::get(&name).ok()).flatten()
    };
    known(&parts)
        .or_else(|| [3, 2].iter().find_map(|last| known(parts.get(parts.len().checked_sub(*last)?..)?)))
}

/// The offset that a zone of the calendar has at a time on its clock.
fn offset(zone: &Component, time: DateTime) -> Option<Offset> {
    let begun = zone.parts.iter().filter_map(|observance| Some((onset(observance, time)?, observance)));
    if let Some((_, observance)) = begun.max_by_key(|(onset, _)| *onset) {
        return offset_of(observance, "TZOFFSETTO");
    }
    offset_of(zone.parts.first()?, "TZOFFSETFROM")
}

/// `+0100` or `-033000`
fn offset_of(observance: &Component, name: &str) -> Option<Offset> {
    let value = observance.property(name)?.value.trim();
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.trim_start_matches('+')),
    };
    let two = |at: usize| digits.get(at..at + 2).map_or(Some(0), |pair| pair.parse::<i32>().ok());
    let seconds = digits.get(..2)?.parse::<i32>().ok()? * 3600 + two(2)? * 60 + two(4)?;
    Offset::from_seconds(sign * seconds).ok()
}

/// When an observance last began, up to a time.
fn onset(observance: &Component, time: DateTime) -> Option<DateTime> {
    let first = clock_time(observance.property("DTSTART")?.value.trim())?;
    let Some(rule) = observance.property("RRULE") else { return (first <= time).then_some(first) };
    let rule = rule::parts(&rule.value);
    let last_year = rule.get("UNTIL").and_then(|until| until.get(..4)?.parse().ok()).unwrap_or(i16::MAX);
    let year = time.year().min(last_year);
    let onsets = [year, year.checked_sub(1)?].map(|year| yearly(&rule, first, year));
    onsets.into_iter().flatten().find(|onset| *onset <= time && *onset >= first)
}

/// The onset in a year: the same day, or a day of the week such as the last Sunday of the month.
fn yearly(rule: &rule::Parts, first: DateTime, year: i16) -> Option<DateTime> {
    let month = rule.get("BYMONTH").and_then(|month| month.parse().ok()).unwrap_or(first.month());
    let date = match rule.get("BYDAY").and_then(|day| rule::weekday(day)) {
        Some((Some(nth), day)) => Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, day).ok()?,
        Some((None, day)) => nearest(Date::new(year, month, first.day()).ok()?, day)?,
        None => Date::new(year, month, first.day()).ok()?,
    };
    Some(date.to_datetime(first.time()))
}

/// The first such day from a date on.
fn nearest(date: Date, day: Weekday) -> Option<Date> {
    date.checked_add(Span::new().days(date.weekday().until(day))).ok()
}
