//! Summarises an invitation (RFC 5545) in a few lines, for a mail without other text.

/// The title, time, place and organizer of the first event; empty if there is none.
pub(super) fn summary(calendar: &str) -> String {
    let mut event = Event::default();
    let mut inside: Vec<String> = Vec::new();
    for line in unfolded(calendar) {
        let Some(property) = Property::parse(&line) else { continue };
        let component = property.value.trim().to_ascii_uppercase();
        match property.name.as_str() {
            "BEGIN" => inside.push(component),
            "END" if component == "VEVENT" => break,
            "END" => {
                inside.pop();
            }
            "METHOD" => event.method = component,
            _ if inside.last().is_some_and(|name| name == "VEVENT") => event.set(&property),
            _ => {}
        }
    }
    event.lines().join("\n")
}

/// Joins lines that start with a space to the previous line.
fn unfolded(calendar: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in calendar.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some(last)) => last.push_str(more),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// `NAME;PARAMETER=x;PARAMETER="y":value`
struct Property<'a> {
    name: String,
    parameters: Vec<&'a str>,
    value: &'a str,
}

impl<'a> Property<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let mut parameters = line[..colon].split(';');
        let name = parameters.next()?.trim().to_ascii_uppercase();
        Some(Property { name, parameters: parameters.collect(), value: &line[colon + 1..] })
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim_matches('"'))
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut chars = self.value.trim().chars();
        while let Some(c) = chars.next() {
            match (c, chars.as_str().chars().next()) {
                ('\\', Some(escaped)) => {
                    chars.next();
                    text.push(if matches!(escaped, 'n' | 'N') { '\n' } else { escaped });
                }
                _ => text.push(c),
            }
        }
        text
    }

    /// `20250131T100000Z` as `2025-01-31 10:00 UTC`; any other form is kept.
    fn time(&self) -> String {
        let value = self.value.trim();
        let (date, time) = value.split_once('T').unwrap_or((value, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if date.len() != 8 || !digits(date) {
            return value.to_owned();
        }
        let day = format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
        match (time.get(..4), self.parameter("TZID")) {
            (Some(clock), zone) if digits(clock) => {
                let zone = if time.ends_with('Z') { Some("UTC") } else { zone };
                let zone = zone.map(|zone| format!(" {zone}")).unwrap_or_default();
                format!("{day} {}:{}{zone}", &clock[..2], &clock[2..])
            }
            _ => day,
        }
    }

    /// `CN=Ada:mailto:ada@example.com` as `Ada <ada@example.com>`.
    fn person(&self) -> String {
        let value = self.value.trim();
        let address = match value.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => &value[7..],
            _ => value,
        };
        match self.parameter("CN") {
            Some(name) if name != address => format!("{name} <{address}>"),
            _ => address.to_owned(),
        }
    }
}

#[derive(Default)]
struct Event {
    method: String,
    summary: String,
    start: String,
    end: String,
    repeats: String,
    location: String,
    organizer: String,
    description: String,
}

impl Event {
    fn set(&mut self, property: &Property<'_>) {
        match property.name.as_str() {
            "SUMMARY" => self.summary = property.text(),
            "DTSTART" => self.start = property.time(),
            "DTEND" => self.end = property.time(),
            "RRULE" => self.repeats = property.text(),
            "LOCATION" => self.location = property.text(),
            "ORGANIZER" => self.organizer = property.person(),
            "DESCRIPTION" => self.description = property.text(),
            _ => {}
        }
    }

    fn lines(&self) -> Vec<String> {
        let title = match self.method.as_str() {
            "CANCEL" => "Cancelled",
            "REPLY" => "Reply to an invitation",
            _ => "Invitation",
        };
        let rows = [
            (title, &self.summary),
            ("Start", &self.start),
            ("End", &self.end),
            ("Repeats", &self.repeats),
            ("Where", &self.location),
            ("Organizer", &self.organizer),
        ];
        let filled = rows.iter().filter(|(_, value)| !value.is_empty());
        let mut lines: Vec<String> = filled.map(|(name, value)| format!("{name}: {value}")).collect();
        if !self.description.is_empty() {
            lines.push(format!("\n{}", self.description));
        }
        lines
    }
}
