//! One event or task in a few lines: what, when, where, and who.

use jiff::{Span, Timestamp};

use super::{
    Component, Property,
    property::without_scheme,
    rule,
    time::{Moment, Zones},
};
use crate::gmail::html::{self, Rendered};

/// The properties that are used, also those of zones.
pub(super) const PROPERTIES: [&str; 23] = [
    "SUMMARY",
    "STATUS",
    "COMMENT",
    "DESCRIPTION",
    "LOCATION",
    "ORGANIZER",
    "ATTENDEE",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "RECURRENCE-ID",
    "RRULE",
    "RDATE",
    "EXDATE",
    "URL",
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-GOOGLE-HANGOUT",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "TZID",
    "TZOFFSETFROM",
    "TZOFFSETTO",
];

/// How many people and dates are listed.
const MOST: usize = 20;

pub(super) struct Event<'c> {
    component: &'c Component,
    method: &'c str,
    zones: &'c Zones<'c>,
}

impl<'c> Event<'c> {
    pub(super) fn new(component: &'c Component, method: &'c str, zones: &'c Zones<'c>) -> Self {
        Event { component, method, zones }
    }

    pub(super) fn summary(&self, described: bool) -> Rendered {
        let (start, end) = self.span();
        let is_task = self.component.name == "VTODO";
        let mut lines = vec![self.title()];
        lines.extend(self.answers());
        let rows = [
            ("Comment", self.line("COMMENT")),
            ("Occurrence", self.moment("RECURRENCE-ID").map(|moment| self.zones.show(&moment))),
            ("Start", start),
            (if is_task { "Due" } else { "End" }, end),
            ("Repeats", self.repeats()),
            ("Also on", self.dates("RDATE")),
            ("Except on", self.dates("EXDATE")),
            ("Where", self.line("LOCATION")),
            ("Organizer", self.component.property("ORGANIZER").map(Property::person)),
            ("Attendees", self.attendees()),
            ("Link", self.link()),
        ];
        let filled =
            rows.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
        lines.extend(filled.map(|(name, value)| format!("{name}: {value}")));
        let description = self.component.property("DESCRIPTION").filter(|_| described).map(description);
        let Rendered { text, removed, .. } = description.unwrap_or_default();
        if !text.trim().is_empty() {
            lines.push(format!("\n{}", text.trim()));
        }
        if self.component.properties.is_empty() {
            lines.clear();
        }
        Rendered { text: lines.join("\n"), removed, links: Vec::new() }
    }

    fn title(&self) -> String {
        let is_cancelled = self.line("STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED"));
        let title = match self.method {
            "REPLY" => "Reply to an invitation",
            "COUNTER" => "Proposed change",
            "DECLINECOUNTER" => "Declined proposal",
            "REFRESH" => "Request for an update",
            "CANCEL" => "Cancelled",
            _ if is_cancelled => "Cancelled",
            "ADD" => "Added event",
            _ if self.component.name == "VTODO" => "Task",
            "PUBLISH" => "Event",
            _ => "Invitation",
        };
        match self.line("SUMMARY").filter(|summary| !summary.is_empty()) {
            Some(summary) => format!("{title}: {summary}"),
            None => title.to_owned(),
        }
    }

    /// Who accepted or declined.
    fn answers(&self) -> Vec<String> {
        if !matches!(self.method, "REPLY" | "COUNTER") {
            return Vec::new();
        }
        let answers = self.component.all("ATTENDEE").take(MOST).map(|attendee| {
            let state = attendee.parameter("PARTSTAT").unwrap_or("NEEDS-ACTION").to_ascii_uppercase();
            let answer = match state.as_str() {
                "ACCEPTED" => "accepted".to_owned(),
                "DECLINED" => "declined".to_owned(),
                "TENTATIVE" => "tentatively accepted".to_owned(),
                "COMPLETED" => "completed it".to_owned(),
                "IN-PROCESS" => "started it".to_owned(),
                "DELEGATED" => {
                    let to = attendee.parameter("DELEGATED-TO").map(without_scheme).unwrap_or("someone");
                    format!("delegated it to {to}")
                }
                _ => "has not answered".to_owned(),
            };
            format!("{} {answer}", attendee.person())
        });
        answers.collect()
    }

    /// Start and end. The last of several days is the day before `DTEND`; one day has no end.
    fn span(&self) -> (Option<String>, Option<String>) {
        let start = self.moment("DTSTART");
        let end = self.moment("DTEND").or_else(|| self.moment("DUE")).or_else(|| self.after(start.as_ref()?));
        let end = match (start.as_ref(), end) {
            (Some(Moment::Day(first)), Some(Moment::Day(end))) => {
                let last = end.yesterday().ok().filter(|last| last > first);
                last.map(Moment::Day)
            }
            (_, end) => end,
        };
        let shown = start.map(|start| match start {
            Moment::Day(_) => format!("{} (all day)", self.zones.show(&start)),
            _ => self.zones.show(&start),
        });
        (shown, end.map(|end| self.zones.show(&end)))
    }

    /// The end of an event that has a duration.
    fn after(&self, start: &Moment) -> Option<Moment> {
        let span: Span = self.component.property("DURATION")?.value.trim().parse().ok()?;
        Some(match start {
            Moment::Day(day) => Moment::Day(day.checked_add(span).ok()?),
            Moment::Known(instant) => Moment::Known(later(*instant, span)?),
            Moment::Clock(time, zone) => Moment::Clock(time.checked_add(span).ok()?, zone.clone()),
            Moment::Odd(_) => return None,
        })
    }

    fn repeats(&self) -> Option<String> {
        let rule = self.component.property("RRULE")?;
        let until = rule::parts(&rule.value).get("UNTIL").map(|until| self.day(until));
        let words = rule::words(&rule.value, until);
        // The days of a rule are those of the event's zone.
        let zone = self.component.property("DTSTART").and_then(|start| start.parameter("TZID"));
        Some(match zone.filter(|_| rule.value.contains("BY")) {
            Some(zone) => format!("{words} ({zone})"),
            None => words,
        })
    }

    /// The day of `20260630T215959Z`.
    fn day(&self, value: &str) -> String {
        let property = Property::parse(&format!("UNTIL:{value}"));
        let shown = property.map(|property| self.zones.show(&self.zones.moment(&property)));
        let shown = shown.unwrap_or_default();
        shown.split(' ').next().unwrap_or_default().to_owned()
    }

    fn dates(&self, name: &str) -> Option<String> {
        let moments = self.component.all(name).flat_map(|property| self.zones.moments(property));
        listed(moments.map(|moment| self.zones.show(&moment)).collect())
    }

    fn attendees(&self) -> Option<String> {
        if matches!(self.method, "REPLY" | "COUNTER") {
            return None;
        }
        let people = self.component.all("ATTENDEE").map(|attendee| {
            let state = attendee.parameter("PARTSTAT").unwrap_or_default().to_ascii_uppercase();
            match state.as_str() {
                "ACCEPTED" => format!("{} (accepted)", attendee.person()),
                "DECLINED" => format!("{} (declined)", attendee.person()),
                "TENTATIVE" => format!("{} (tentative)", attendee.person()),
                _ => attendee.person(),
            }
        });
        listed(people.collect())
    }

    /// Where to join a video call, or a page about the event.
    fn link(&self) -> Option<String> {
        let names = [
            "CONFERENCE",
            "X-GOOGLE-CONFERENCE",
            "X-MICROSOFT-SKYPETEAMSMEETINGURL",
            "X-GOOGLE-HANGOUT",
            "URL",
        ];
        let location = self.line("LOCATION").unwrap_or_default();
        let link = names.iter().find_map(|name| self.line(name).filter(|link| link.contains("://")));
        link.filter(|link| !location.contains(link.as_str()))
    }

    fn line(&self, name: &str) -> Option<String> {
        self.component.property(name).map(Property::line)
    }

    fn moment(&self, name: &str) -> Option<Moment> {
        self.component.property(name).map(|property| self.zones.moment(property))
    }
}

/// A duration of an event counts days of 24 hours, apart from changes of the clock.
fn later(instant: Timestamp, span: Span) -> Option<Timestamp> {
    let days = span.get_weeks().checked_mul(7)?.checked_add(span.get_days())?;
    let hours = i64::from(days).checked_mul(24)?.checked_add(i64::from(span.get_hours()))?;
    let whole = Span::new().try_hours(hours).ok()?.minutes(span.get_minutes()).seconds(span.get_seconds());
    instant.checked_add(whole).ok()
}

/// The first items, and how many more there are.
fn listed(mut items: Vec<String>) -> Option<String> {
    let more = items.len().saturating_sub(MOST);
    items.truncate(MOST);
    let list = items.join(", ");
    match more {
        0 => Some(list).filter(|list| !list.is_empty()),
        more => Some(format!("{list} and {more} more")),
    }
}

/// A description. Google's are HTML in which line breaks count.
fn description(property: &Property) -> Rendered {
    let text = property.text();
    let lower = text.to_ascii_lowercase();
    if ["<br", "</", "<p>", "<!--"].iter().any(|tag| lower.contains(tag)) {
        return html::to_text(&text.replace('\n', "<br>"));
    }
    Rendered { text, ..Rendered::default() }
}
