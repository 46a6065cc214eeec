//! Summarises what became of a message: a delivery status (RFC 3464, RFC 6533), a receipt (RFC 8098), or a complaint
//! about it (RFC 5965).

use super::part::Part;

/// A field of a report, and its name in the summary.
type Row = (&'static str, &'static str);

/// For each recipient.
const DELIVERY: [Row; 8] = [
    ("Original-Recipient", "Original recipient"),
    ("Action", "Action"),
    ("Status", "Status"),
    ("Diagnostic-Code", "Diagnostic"),
    ("Remote-MTA", "Remote server"),
    ("Last-Attempt-Date", "Last attempt"),
    ("Will-Retry-Until", "Retried until"),
    ("Final-Log-ID", "Log id"),
];

const RECEIPT: [Row; 8] = [
    ("Original-Recipient", "Original recipient"),
    ("Disposition", "Disposition"),
    ("Error", "Error"),
    ("Failure", "Failure"),
    ("Warning", "Warning"),
    ("Original-Message-ID", "Original message"),
    ("Reporting-UA", "Reported by"),
    ("MDN-Gateway", "Gateway"),
];

const COMPLAINT: [Row; 15] = [
    ("Original-Mail-From", "Sender"),
    ("Original-Rcpt-To", "Recipient"),
    ("Arrival-Date", "Arrival"),
    ("Received-Date", "Arrival"),
    ("Source-IP", "Source"),
    ("Reporting-MTA", "Reported by"),
    ("User-Agent", "Program"),
    ("Reported-Domain", "Domain"),
    ("Reported-URI", "URL"),
    ("Incidents", "Incidents"),
    ("Auth-Failure", "Authentication failure"),
    ("Identity-Alignment", "Alignment"),
    ("Authentication-Results", "Authentication results"),
    ("Delivery-Result", "Delivery"),
    ("Original-Envelope-Id", "Envelope id"),
];

/// How many recipients are listed.
const MOST: usize = 50;
/// How many fields of a block are read.
const MOST_FIELDS: usize = 100;

/// Whether a part of this type is a report.
pub(super) fn is_report(mime: &str) -> bool {
    matches!(
        mime,
        "message/delivery-status"
            | "message/global-delivery-status"
            | "message/disposition-notification"
            | "message/global-disposition-notification"
            | "message/feedback-report"
            | "message/tracking-status"
    )
}

/// The recipients, states and diagnostics of a report.
pub(super) fn summary(part: Part<'_>) -> String {
    let mime = part.mime();
    let describe = match mime.as_str() {
        "message/feedback-report" => complaint,
        mime if mime.contains("disposition") => receipt,
        _ => delivery,
    };
    let (mut texts, mut more) = (Vec::new(), 0);
    each_block(part, |block| match describe(block) {
        lines if lines.is_empty() => {}
        lines if texts.len() < MOST => texts.push(lines.join("\n")),
        _ => more += 1,
    });
    if more > 0 {
        texts.push(format!("[and {more} more recipients]"));
    }
    texts.join("\n\n")
}

/// Fields that belong together, such as those of one recipient.
type Block = [(String, String)];

/// Visits the blocks of a report. The API may return each of them as a part whose headers are the fields.
fn each_block(part: Part<'_>, mut visit: impl FnMut(&Block)) {
    each_parsed(&part.text(), &mut visit);
    for child in part.children() {
        let fields = child.headers().take(MOST_FIELDS);
        visit(&fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>());
        each_parsed(&child.text(), &mut visit);
    }
}

/// Visits blocks of `Name: value` lines, with an empty line between them.
fn each_parsed(text: &str, visit: &mut impl FnMut(&Block)) {
    let mut block: Vec<(String, String)> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            if !block.is_empty() {
                visit(&block);
                block.clear();
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':').filter(|_| block.len() < MOST_FIELDS) {
            block.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
}

fn delivery(block: &Block) -> Vec<String> {
    let recipient = value(block, "Final-Recipient").or_else(|| value(block, "Original-Recipient"));
    let Some(recipient) = recipient else { return Vec::new() };
    let action = value(block, "Action").unwrap_or_default().to_ascii_lowercase();
    let title = match action.split([' ', ';', '(']).next().unwrap_or_default() {
        "failed" => "Delivery failed",
        "delayed" => "Delivery delayed",
        "delivered" => "Delivered",
        "relayed" => "Relayed to a server that does not report delivery",
        "expanded" => "Delivered to a list of recipients",
        "transferred" => "Transferred",
        _ => "Delivery report",
    };
    rows(block, format!("{title}: {recipient}"), &DELIVERY, &recipient)
}

fn receipt(block: &Block) -> Vec<String> {
    let Some(disposition) = value(block, "Disposition") else { return Vec::new() };
    let recipient = value(block, "Final-Recipient").or_else(|| value(block, "Original-Recipient"));
    let recipient = recipient.unwrap_or_default();
    let state = disposition.rsplit(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let title = match state.split(['/', ' ']).next().unwrap_or_default() {
        "displayed" => "Read receipt: displayed to",
        "deleted" => "Read receipt: deleted by",
        "dispatched" => "Receipt: passed on by",
        "processed" => "Receipt: processed for",
        "denied" => "Receipt denied by",
        "failed" => "Receipt: failed for",
        _ => "Receipt:",
    };
    rows(block, format!("{title} {recipient}").trim_end().to_owned(), &RECEIPT, &recipient)
}

fn complaint(block: &Block) -> Vec<String> {
    let Some(kind) = value(block, "Feedback-Type") else { return Vec::new() };
    rows(block, format!("Feedback report: {kind}"), &COMPLAINT, "")
}

/// The title and the fields that say more than it does. A field may be repeated.
fn rows(block: &Block, title: String, rows: &[Row], known: &str) -> Vec<String> {
    let mut lines = vec![title];
    for (field, name) in rows {
        let values = block.iter().filter(|(key, _)| key.eq_ignore_ascii_case(field));
        let values = values
            .map(|(_, value)| untyped(field, value))
            .filter(|value| !value.is_empty() && *value != known);
        lines.extend(values.take(MOST).map(|value| format!("{name}: {value}")));
    }
    lines
}

fn value(block: &Block, field: &str) -> Option<String> {
    let (_, value) = block.iter().find(|(key, _)| key.eq_ignore_ascii_case(field))?;
    Some(untyped(field, value).to_owned())
}

/// `rfc822; bob@example.org` without the type of the value.
fn untyped<'t>(field: &str, value: &'t str) -> &'t str {
    let is_typed =
        ["Recipient", "MTA", "Diagnostic-Code", "MDN-Gateway"].iter().any(|end| field.ends_with(end));
    let (kind, rest) = value.split_once(';').unwrap_or(("", value));
    let is_type = !kind.is_empty() && kind.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_typed && is_type { rest.trim() } else { value.trim() }
}
