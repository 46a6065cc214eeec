//! Summarises invitations and the answers to them (RFC 5545, RFC 5546) in a few lines.
//!
//! Times are in the zone of the user. It does not know which part of a mail is a calendar.

mod event;
mod property;
mod rule;
#[cfg(test)]
mod tests;
mod time;

use jiff::tz::TimeZone;

use self::{event::Event, property::Property, time::Zones};
use crate::gmail::html::{self, Rendered};

/// How many events are summarised.
const MOST: usize = 10;
/// How much of a calendar is kept: what nobody needs would cost many times its size.
const MOST_PROPERTIES: usize = 1_000;
const MOST_ZONES: usize = 100;
const DEEPEST: usize = 8;

/// What a summary depends on, apart from the calendar.
pub(super) struct Setting<'s> {
    /// The method that the part declares, if the calendar has none.
    pub(super) method: &'s str,
    /// The zone of the user.
    pub(super) zone: TimeZone,
    /// Include the description.
    pub(super) described: bool,
}

/// Title, time, place and people of each event; empty if there is none.
pub(super) fn summary(text: &str, setting: Setting<'_>) -> Rendered {
    let calendar = Calendar::parse(text);
    let method = calendar.method.as_deref().unwrap_or(setting.method).trim().to_ascii_uppercase();
    let zones = Zones::new(setting.zone, &calendar.zones);
    let mut sections: Vec<Rendered> = Vec::new();
    for component in &calendar.events {
        let section = Event::new(component, &method, &zones).summary(setting.described);
        if !section.text.is_empty() && !sections.iter().any(|known| known.text == section.text) {
            sections.push(section);
        }
    }
    let mut texts: Vec<&str> = sections.iter().map(|section| section.text.as_str()).collect();
    let more = match calendar.more {
        0 => String::new(),
        more => format!("[and {more} more events]"),
    };
    texts.extend(Some(more.as_str()).filter(|more| !more.is_empty()));
    let mut rendered = html::clean(&texts.join("\n\n"));
    sections.iter().for_each(|section| rendered.removed.add(section.removed));
    rendered
}

/// An event, a task or a zone: its own properties, and the components within it.
struct Component {
    name: String,
    properties: Vec<Property>,
    /// Of a zone: its observances.
    parts: Vec<Component>,
}

impl Component {
    fn new(name: &str) -> Component {
        Component { name: name.trim().to_ascii_uppercase(), properties: Vec::new(), parts: Vec::new() }
    }

    /// Keeps a property that may be used.
    fn add(&mut self, property: Property) {
        if self.properties.len() < MOST_PROPERTIES && event::PROPERTIES.contains(&property.name.as_str()) {
            self.properties.push(property);
        }
    }

    fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }
}

#[derive(Default)]
struct Calendar {
    method: Option<String>,
    /// The first events.
    events: Vec<Component>,
    /// How many more there are.
    more: usize,
    zones: Vec<Component>,
}

impl Calendar {
    /// Reads as much as can be understood. A component that does not end is complete.
    fn parse(text: &str) -> Calendar {
        let mut calendar = Calendar::default();
        let mut open: Vec<Component> = Vec::new();
        let mut skipped = 0_usize;
        for line in property::lines(text) {
            let Some(property) = Property::parse(&line) else { continue };
            match property.name.as_str() {
                "BEGIN" if open.len() >= DEEPEST => skipped += 1,
                "END" if skipped > 0 => skipped -= 1,
                "BEGIN" => open.push(Component::new(&property.value)),
                "END" => calendar.close(&mut open),
                "METHOD" => calendar.method = Some(property.value),
                _ => {
                    if let Some(component) = open.last_mut().filter(|_| skipped == 0) {
                        component.add(property);
                    }
                }
            }
        }
        while !open.is_empty() {
            calendar.close(&mut open);
        }
        calendar
    }

    fn close(&mut self, open: &mut Vec<Component>) {
        let Some(component) = open.pop() else { return };
        match (component.name.as_str(), open.last_mut()) {
            ("VEVENT" | "VTODO", _) if self.events.len() < MOST => self.events.push(component),
            ("VEVENT" | "VTODO", _) => self.more += 1,
            ("VTIMEZONE", _) if self.zones.len() < MOST_ZONES => self.zones.push(component),
            ("STANDARD" | "DAYLIGHT", Some(zone)) if zone.parts.len() < MOST_ZONES => {
                zone.parts.push(component)
            }
            _ => {}
        }
    }
}
