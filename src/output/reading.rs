//! Messages and conversations as a person reads them: who wrote, when and about what, the attachments with the numbers
//! that `--part` takes, and the text. No line of a text begins in the first column, so that no text can imitate a rule or
//! the head of another message.

use serde_json::{Map, Value};

use super::{
    list::{NO_SUBJECT, names},
    page,
    styled::{Line, Style, steady, width},
    text::{harmless, one_line, plain},
    when::{full_date, size},
    wrap::{chopped, flowed, is_quoted, wrapped},
};

/// Text in longer lines is hard to read.
const MOST_COLUMNS: usize = 100;
/// Of a rule where the width is not known.
const USUAL_COLUMNS: usize = 72;
const INDENT: &str = "  ";
/// More recipients than this are counted, unless everything is to be shown.
const MOST_RECIPIENTS: usize = 10;

/// What the page is for.
#[derive(Clone, Copy)]
pub(super) struct Screen {
    /// `None` if it is not a terminal: nothing is broken into lines.
    pub(super) columns: Option<usize>,
    /// Whether every member is shown.
    pub(super) verbose: bool,
}

impl Screen {
    fn text_columns(self) -> Option<usize> {
        self.columns.map(|columns| columns.min(MOST_COLUMNS))
    }

    /// A line across the page with a name on the left and something else on the right.
    fn rule(self, left: &str, right: &str) -> Line {
        let columns = self.columns.map_or(USUAL_COLUMNS, |columns| columns.min(MOST_COLUMNS));
        let (left, right) = (steady(&one_line(left)), one_line(right));
        let sides = width("── ") + 1 + if right.is_empty() { 0 } else { width(&right) + width(" ──") };
        let left = super::styled::cut(&left, columns.saturating_sub(sides + 2));
        let rest = columns.saturating_sub(sides + width(&left) + usize::from(!right.is_empty()));
        let mut line = Line::new(Style::Dim, "── ").and(Style::Bold, &left).and(Style::Dim, " ");
        line.add(Style::Dim, &"─".repeat(rest));
        if !right.is_empty() {
            line.add(Style::Dim, &format!(" {right} ──"));
        }
        line
    }
}

/// One message, or several with a rule above each.
pub(super) fn messages(value: &Value, screen: Screen) -> Vec<Line> {
    match value {
        Value::Array(items) => {
            let found = items.iter().filter_map(Value::as_object).enumerate();
            let title = |at: usize| format!("{} of {}", at + 1, items.len());
            separated(found.map(|(at, one)| (screen.rule(&title(at), ""), message(one, screen))))
        }
        Value::Object(object) => message(object, screen),
        _ => Vec::new(),
    }
}

/// A conversation, oldest message first, or several.
pub(super) fn conversations(value: &Value, screen: Screen) -> Vec<Line> {
    let threads: Vec<&Map<String, Value>> = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        other => other.as_object().into_iter().collect(),
    };
    let mut lines = Vec::new();
    for thread in threads {
        if !lines.is_empty() {
            lines.extend([Line::default(), Line::default()]);
        }
        lines.extend(conversation(thread, screen));
    }
    lines
}

fn conversation(thread: &Map<String, Value>, screen: Screen) -> Vec<Line> {
    let messages: Vec<&Map<String, Value>> = thread
        .get("messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let subject = Some(text(thread, "subject")).filter(|subject| !subject.is_empty()).unwrap_or(NO_SUBJECT);
    let mut top = Head::default();
    top.styled("Subject", subject, Style::Bold);
    top.add("Messages", &participants(&messages));
    if screen.verbose {
        top.add("Thread", text(thread, "thread_id"));
    }
    let mut lines = top.lines(screen);
    let one = |message: &&Map<String, Value>| {
        let sender = names(text(message, "from")).join(", ");
        let mut below = Head::default();
        attachments(message, &mut below);
        warnings(message, &mut below);
        if screen.verbose {
            below.fields.splice(0..0, head(message, screen).fields);
        }
        let inner =
            Screen { columns: screen.columns.map(|columns| columns.saturating_sub(width(INDENT))), ..screen };
        let mut below = below.lines(inner);
        below.extend(headers(message, inner));
        let mut body = body(message, screen);
        if !below.is_empty() {
            body.push(Line::default());
            body.extend(below.into_iter().map(|line| line.indented(INDENT)));
        }
        (screen.rule(&sender, &full_date(message)), body)
    };
    lines.push(Line::default());
    lines.extend(separated(messages.iter().map(one)));
    lines
}

/// How many messages there are, and who wrote them.
fn participants(messages: &[&Map<String, Value>]) -> String {
    let mut people: Vec<String> = Vec::new();
    for name in messages.iter().flat_map(|message| names(text(message, "from"))) {
        if !people.contains(&name) {
            people.push(name);
        }
    }
    format!("{}, by {}", messages.len(), people.join(", "))
}

/// Each text under its rule.
fn separated(sections: impl Iterator<Item = (Line, Vec<Line>)>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (rule, section) in sections {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(rule);
        lines.extend(section);
    }
    lines
}

fn message(object: &Map<String, Value>, screen: Screen) -> Vec<Line> {
    let mut lines = head(object, screen).lines(screen);
    let headers = headers(object, screen);
    if !headers.is_empty() {
        lines.push(Line::default());
        lines.extend(headers);
    }
    let body = body(object, screen);
    if !body.is_empty() {
        lines.push(Line::default());
        lines.extend(body);
    }
    lines
}

/// The lines above a text: names, and what they stand for.
#[derive(Default)]
struct Head {
    fields: Vec<(String, String, Style)>,
}

impl Head {
    fn add(&mut self, name: &str, value: &str) {
        self.styled(name, value, Style::Plain);
    }

    fn styled(&mut self, name: &str, value: &str, style: Style) {
        if !value.trim().is_empty() {
            self.fields.push((name.to_owned(), value.to_owned(), style));
        }
    }

    fn lines(&self, screen: Screen) -> Vec<Line> {
        let named = |(name, _, _): &(String, String, Style)| width(name) + 2;
        let names = self.fields.iter().map(named).max().unwrap_or(0);
        let room = screen.text_columns().map(|columns| columns.saturating_sub(names).max(1));
        let mut lines = Vec::new();
        for (name, value, style) in &self.fields {
            for (at, part) in wrapped(&steady(&one_line(value)), room).iter().enumerate() {
                let name = if at > 0 || name.is_empty() { String::new() } else { format!("{name}:") };
                let blank = " ".repeat(names.saturating_sub(width(&name)));
                lines.push(Line::new(Style::Dim, &name).and(Style::Plain, &blank).and(*style, part));
            }
        }
        lines
    }
}

fn head(object: &Map<String, Value>, screen: Screen) -> Head {
    let mut head = Head::default();
    head.add("From", text(object, "from"));
    for (name, member) in [("To", "to"), ("Cc", "cc"), ("Bcc", "bcc")] {
        head.add(name, &recipients(text(object, member), screen));
    }
    head.add("Date", &full_date(object));
    match text(object, "subject") {
        "" => head.styled("Subject", NO_SUBJECT, Style::Dim),
        subject => head.styled("Subject", subject, Style::Bold),
    }
    attachments(object, &mut head);
    warnings(object, &mut head);
    if screen.verbose {
        const SHOWN: [&str; 16] = [
            "from",
            "to",
            "cc",
            "bcc",
            "subject",
            "attachments",
            "body",
            "headers",
            "untrusted",
            "removed",
            "truncated",
            "reply_goes_to",
            "reply_to_differs",
            "risk",
            "snippet",
            "quoted_lines_folded",
        ];
        for (name, value) in object.iter().filter(|(name, _)| !SHOWN.contains(&name.as_str())) {
            let name = if name == "date" { "Sent".to_owned() } else { page::words(name) };
            head.styled(&name, &plain(value), Style::Dim);
        }
    }
    head
}

/// The headers as the sender wrote them, which is why they are moved to the right as the text is.
fn headers(object: &Map<String, Value>, screen: Screen) -> Vec<Line> {
    let headers = object.get("headers").and_then(Value::as_array).into_iter().flatten();
    let part =
        |header: &Value, name: &str| one_line(header.get(name).and_then(Value::as_str).unwrap_or_default());
    let lines: Vec<String> =
        headers.map(|header| format!("{}: {}", part(header, "name"), part(header, "value"))).collect();
    let columns = screen.text_columns().map(|columns| columns.saturating_sub(width(INDENT)).max(1));
    let lines = lines.iter().flat_map(|line| wrapped(line, columns));
    lines.map(|line| Line::new(Style::Plain, INDENT).and(Style::Dim, &line)).collect()
}

/// The recipients; of many only the first ones.
fn recipients(list: &str, screen: Screen) -> String {
    let all = crate::address::parse_header(list);
    if screen.verbose || all.len() <= MOST_RECIPIENTS {
        return list.to_owned();
    }
    let first: Vec<String> = all.iter().take(MOST_RECIPIENTS - 2).map(ToString::to_string).collect();
    format!("{} and {} others", first.join(", "), all.len() - first.len())
}

/// The attachments with the numbers that commands take.
fn attachments(object: &Map<String, Value>, head: &mut Head) {
    let files: Vec<&Map<String, Value>> = object
        .get("attachments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let numbers = files.iter().map(|file| width(text(file, "part_id"))).max().unwrap_or(0);
    for (at, file) in files.iter().enumerate() {
        let number = text(file, "part_id");
        let bytes = file.get("size").and_then(Value::as_u64).map(size).unwrap_or_default();
        let inline = if file.get("inline") == Some(&Value::Bool(true)) { ", in the text" } else { "" };
        let blank = " ".repeat(numbers - width(number));
        let line = format!("{number}{blank}  {} ({bytes}{inline})", text(file, "filename"));
        let name = if at == 0 { "Attached" } else { "" };
        head.fields.push((name.to_owned(), line, Style::Plain));
    }
}

/// What a reader must know before an answer, and what is not shown.
fn warnings(object: &Map<String, Value>, head: &mut Head) {
    if object.get("authenticated").is_some_and(|found| found["pass"] == false) {
        head.styled("Sender", "not who the message says", Style::Bold);
    }
    for risk in object.get("risk").and_then(Value::as_array).into_iter().flatten() {
        let detail = risk["detail"].as_str().unwrap_or_default();
        let words = risk["kind"].as_str().and_then(|kind| risk_text(kind, detail));
        words.into_iter().for_each(|words| head.add("Warning", &words));
    }
    if object.get("reply_to_differs") == Some(&Value::Bool(true)) {
        let to = object.get("reply_goes_to").map(plain).unwrap_or_default();
        head.add("Replies", &format!("go to {to}, not to the sender"));
    }
    if let Some(Value::Object(removed)) = object.get("removed") {
        let counts: Vec<String> = removed.iter().filter_map(|(name, count)| left_out(name, count)).collect();
        head.styled("Left out", &counts.join(", "), Style::Dim);
    }
    if let Some(Value::Object(truncated)) = object.get("truncated") {
        let count = |name: &str| truncated.get(name).and_then(Value::as_u64).unwrap_or(0);
        let cut = format!("{} of {} characters are shown", count("shown"), count("total"));
        head.styled("Cut", &cut, Style::Dim);
    }
}

/// What to weigh, in words; nothing for what has a line of its own.
fn risk_text(kind: &str, detail: &str) -> Option<String> {
    Some(match kind {
        "name_shows_address" => format!("the sender's name shows {detail}"),
        "name_of_another" => format!("the same name wrote from {detail} before"),
        "resembles_own" => format!("the sender's domain looks like yours: {detail}"),
        "link_elsewhere" => format!("a link that says {detail}"),
        "punycode" => format!("the name {detail} has letters that may look like others"),
        "first_mail" => "the first mail of this sender".to_owned(),
        _ => return None,
    })
}

/// What nobody sees in the mail, in words. Comments are in every newsletter, and say nothing.
fn left_out(name: &str, count: &Value) -> Option<String> {
    let (one, many) = match name {
        "hidden" => ("hidden text", "hidden texts"),
        "trackers" => ("tracking image", "tracking images"),
        "invisible" => ("invisible character", "invisible characters"),
        "bidi" => ("mark of direction", "marks of direction"),
        "alternative" => return Some("a plain text that says something else".to_owned()),
        _ => return None,
    };
    let count = count.as_u64()?;
    Some(format!("{count} {}", if count == 1 { one } else { many }))
}

/// The text of a message, quoted lines and the signature dimmed. Source code of a message is not broken into lines.
fn body(object: &Map<String, Value>, screen: Screen) -> Vec<Line> {
    let text = text(object, "body");
    let columns = screen.text_columns();
    if !matches!(object.get("body_type").and_then(Value::as_str), Some("html" | "raw")) {
        return text_lines(text, columns);
    }
    let columns = columns.map(|columns| columns.saturating_sub(width(INDENT)).max(1));
    let lines = lines_of(text.trim_end()).flat_map(|line| chopped(&harmless(line), columns));
    lines.map(|line| Line::new(Style::Plain, INDENT).and(Style::Plain, &line)).collect()
}

/// A text of somebody else, moved to the right.
pub(super) fn text_lines(text: &str, columns: Option<usize>) -> Vec<Line> {
    let columns = columns.map(|columns| columns.saturating_sub(width(INDENT)).max(1));
    if text.trim().is_empty() {
        return Vec::new();
    }
    let clean: Vec<String> = lines_of(text.trim_end()).map(harmless).collect();
    let mut signed = false;
    let mut lines = Vec::new();
    for line in flowed(clean.iter().map(String::as_str), columns) {
        signed |= line == "-- ";
        let is_folded = line.starts_with("[quoted text: ") && line.ends_with(']');
        let style = if is_quoted(&line) || is_folded || signed { Style::Dim } else { Style::Plain };
        let indent = if line.trim().is_empty() { "" } else { INDENT };
        lines.push(Line::new(Style::Plain, indent).and(style, &line));
    }
    lines
}

/// The lines of a text, whatever they end with.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    let ends = ['\n', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\r'];
    text.split("\r\n").flat_map(move |part| part.split(ends))
}

/// Files with their texts.
pub(super) fn files(value: &Value, screen: Screen) -> Vec<Line> {
    let found = value.as_array().into_iter().flatten().filter_map(Value::as_object);
    separated(found.map(|file| {
        let bytes = file.get("size").and_then(Value::as_u64).map(size).unwrap_or_default();
        let title = format!("{}  {}", text(file, "part_id"), text(file, "filename"));
        let mut head = Head::default();
        head.add("Saved as", text(file, "path"));
        warnings(file, &mut head);
        let mut lines = head.lines(screen);
        match text(file, "text") {
            "" => lines.push(Line::new(Style::Dim, &format!("{INDENT}no text"))),
            words => lines.extend(text_lines(words, screen.text_columns())),
        }
        (screen.rule(&title, &format!("{}, {bytes}", text(file, "mime_type"))), lines)
    }))
}

fn text<'o>(object: &'o Map<String, Value>, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
