//! Recurrence rules (RFC 5545, 3.3.10) in words.

use std::collections::HashMap;

use jiff::civil::Weekday;

/// The parts of a rule by their names, both in upper case.
pub(super) type Parts = HashMap<String, String>;

pub(super) fn parts(rule: &str) -> Parts {
    let parts = rule.split(';').filter_map(|part| part.split_once('='));
    parts.map(|(name, value)| (upper(name), upper(value))).collect()
}

fn upper(text: &str) -> String {
    text.trim().to_ascii_uppercase()
}

/// `-1SU` as the last Sunday, `MO` as any Monday.
pub(super) fn weekday(value: &str) -> Option<(Option<i8>, Weekday)> {
    let (nth, day) = value.trim().split_at_checked(value.trim().len().checked_sub(2)?)?;
    let day = match day {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    let nth = if nth.is_empty() { None } else { Some(nth.trim_start_matches('+').parse().ok()?) };
    Some((nth, day))
}

/// `FREQ=WEEKLY;BYDAY=MO` as `every week on Monday`. A rule that has no short form is kept as it is. `until` is the
/// day of the last occurrence.
pub(super) fn words(rule: &str, until: Option<String>) -> String {
    in_words(&parts(rule), until).unwrap_or_else(|| rule.trim().to_owned())
}

fn in_words(parts: &Parts, until: Option<String>) -> Option<String> {
    let known = ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "COUNT", "UNTIL", "WKST"];
    if parts.keys().any(|name| !known.contains(&name.as_str())) {
        return None;
    }
    let unit = match parts.get("FREQ")?.as_str() {
        "DAILY" => "day",
        "WEEKLY" => "week",
        "MONTHLY" => "month",
        "YEARLY" => "year",
        _ => return None,
    };
    let mut words = match parts.get("INTERVAL").map_or(Some(1), |n| n.parse::<u32>().ok())? {
        0 | 1 => format!("every {unit}"),
        interval => format!("every {interval} {unit}s"),
    };
    let place = parts.get("BYSETPOS").map(|place| ordinal(place.parse().ok()?));
    if let Some(days) = parts.get("BYDAY") {
        let days = each(days, day)?;
        words.push_str(&match place {
            Some(place) => format!(" on the {} of {days}", place?),
            None => format!(" on {days}"),
        });
    } else if place.is_some() {
        return None;
    }
    if let Some(days) = parts.get("BYMONTHDAY") {
        words.push_str(&format!(
            " on day {}",
            each(days, |day| day.parse::<i8>().ok().map(|day| day.to_string()))?
        ));
    }
    if let Some(months) = parts.get("BYMONTH") {
        words.push_str(&format!(" in {}", each(months, month)?));
    }
    if let Some(count) = parts.get("COUNT") {
        words.push_str(&format!(", {} times", count.parse::<u32>().ok()?));
    }
    if let Some(until) = until {
        words.push_str(&format!(", until {until}"));
    }
    Some(words)
}

fn each(list: &str, word: impl Fn(&str) -> Option<String>) -> Option<String> {
    let words: Option<Vec<String>> = list.split(',').map(|item| word(item.trim())).collect();
    Some(words?.join(", "))
}

fn day(value: &str) -> Option<String> {
    let (nth, day) = weekday(value)?;
    Some(match nth {
        Some(nth) => format!("the {} {day:?}", ordinal(nth)?),
        None => format!("{day:?}"),
    })
}

fn ordinal(nth: i8) -> Option<String> {
    Some(match nth {
        -1 => "last".to_owned(),
        1 => "1st".to_owned(),
        2 => "2nd".to_owned(),
        3 => "3rd".to_owned(),
        4..=20 => format!("{nth}th"),
        -20..=-2 => format!("{} to last", ordinal(-nth)?),
        _ => return None,
    })
}

fn month(value: &str) -> Option<String> {
    let names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let number: usize = value.parse().ok()?;
    Some((*names.get(number.checked_sub(1)?)?).to_owned())
}
