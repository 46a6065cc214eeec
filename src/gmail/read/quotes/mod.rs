//! Finds the quoted history in the text of a mail, by the marks of common mail programs, and folds it into one line.

#[cfg(test)]
mod tests;

/// A quote of at most this many lines is kept if the sender's own text follows it, which may be an answer to it.
const CONTEXT: usize = 3;

/// The start of an attribution and a word in it, as in `On ... wrote:`. The start is empty for languages in which
/// the word is enough.
const ATTRIBUTIONS: [(&str, &str); 17] = [
    ("On ", "wrote:"),
    ("Am ", "schrieb"),
    ("Le ", "a écrit"),
    ("El ", "escribió"),
    ("Il ", "ha scritto"),
    ("Em ", "escreveu"),
    ("Op ", "schreef"),
    ("Den ", "skrev"),
    ("W dniu ", "pisze"),
    ("W dniu ", "napisał"),
    ("Dne ", "napsal"),
    ("", "написал"),
    ("", "пишет"),
    ("", "のメール"),
    ("", "写道"),
    ("", "כתב"),
    ("", "كتب"),
];

const ORIGINAL: [&str; 6] = [
    "original message",
    "ursprüngliche nachricht",
    "message d'origine",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
];

const FORWARDED: [&str; 6] = [
    "forwarded message",
    "weitergeleitete nachricht",
    "message transféré",
    "mensaje reenviado",
    "messaggio inoltrato",
    "doorgestuurd bericht",
];

const FROM: [&str; 9] = ["From:", "Von:", "De:", "De :", "Da:", "Van:", "От:", "差出人:", "发件人:"];
const SENT: [&str; 14] = [
    "Sent:",
    "Date:",
    "Gesendet:",
    "Datum:",
    "Envoyé:",
    "Envoyé :",
    "Enviado:",
    "Enviado el:",
    "Fecha:",
    "Inviato:",
    "Verzonden:",
    "Отправлено:",
    "送信日時:",
    "发送时间:",
];

/// The lines `from..to`, which are quoted history.
struct Span {
    from: usize,
    to: usize,
}

/// Replaces each block of quoted history by `[quoted text: N lines]` and returns the total number of folded lines.
/// Text between quotes is kept. A mail that consists of quotes only is returned unchanged.
pub(crate) fn fold_quotes(text: &str) -> (String, usize) {
    let lines: Vec<&str> = text.lines().collect();
    let spans = spans(&lines);
    let mut out = String::with_capacity(text.len());
    let (mut next, mut folded, mut own) = (0, 0, false);
    for span in spans {
        own |= push_lines(&mut out, &lines[next..span.from]);
        let count = span.to - span.from;
        folded += count;
        out.push_str(&format!("[quoted text: {count} {}]\n", if count == 1 { "line" } else { "lines" }));
        next = span.to;
    }
    own |= push_lines(&mut out, &lines[next..]);
    if folded == 0 || !own {
        return (text.to_owned(), 0);
    }
    out.truncate(out.trim_end().len());
    (out, folded)
}

/// Appends the lines; returns whether any of them is not blank.
fn push_lines(out: &mut String, lines: &[&str]) -> bool {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    lines.iter().any(|line| !line.trim().is_empty())
}

fn spans(lines: &[&str]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    while at < lines.len() && !is_forward(lines[at]) {
        let rest = &lines[at..];
        let len = if is_quoted(rest[0]) {
            quoted(rest)
        } else if starts_history(rest) {
            rest.len()
        } else {
            attributed(rest).unwrap_or(0)
        };
        let to = at + len;
        let is_context = len <= CONTEXT && has_own_text(&lines[to..]);
        if len > 0 && !is_context {
            spans.push(Span { from: at, to });
        }
        at = to.max(at + 1);
    }
    spans
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// The number of lines in a block of `>` lines, including blank lines inside it.
fn quoted(lines: &[&str]) -> usize {
    let mut len = 0;
    for (at, line) in lines.iter().enumerate() {
        if is_quoted(line) {
            len = at + 1;
        } else if !line.trim().is_empty() {
            break;
        }
    }
    len
}

/// The number of lines of an attribution (one to three lines) together with the quote that it introduces.
fn attributed(lines: &[&str]) -> Option<usize> {
    let height = (1..=3.min(lines.len())).find(|&height| is_attribution(&lines[..height]))?;
    let blank = lines[height..].iter().take(2).take_while(|line| line.trim().is_empty()).count();
    let body = &lines[height + blank..];
    if body.first().is_some_and(|line| is_quoted(line)) {
        return Some(height + blank + quoted(body));
    }
    // Without quote marks, only a line with a time or an address is certain to be an attribution.
    lines[..height].iter().any(|line| line.contains('@') || has_clock(line)).then_some(lines.len())
}

fn is_attribution(lines: &[&str]) -> bool {
    if lines.iter().any(|line| line.trim().is_empty() || line.len() > 300) {
        return false;
    }
    let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    text.ends_with([':', '：'])
        && ATTRIBUTIONS.iter().any(|(start, verb)| text.starts_with(start) && text.contains(verb))
}

fn has_clock(line: &str) -> bool {
    line.as_bytes().windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit())
}

/// Whether the rest of the text is an older mail: it starts with a separator or with Outlook's header block.
fn starts_history(lines: &[&str]) -> bool {
    let line = lines[0].trim();
    let is_line = line.len() >= 10 && line.chars().all(|c| matches!(c, '_' | '-'));
    let separates = line.starts_with("--") && contains_any(line, &ORIGINAL);
    separates || is_header(if is_line { &lines[1..] } else { lines })
}

fn is_header(lines: &[&str]) -> bool {
    if lines.first().is_none_or(|line| line.trim().is_empty()) {
        return false;
    }
    let mut block =
        lines.iter().map(|line| line.trim().trim_start_matches('*')).filter(|line| !line.is_empty());
    let begins =
        |line: &str, names: &[&str]| names.iter().any(|name| line.replace('*', "").starts_with(name));
    block.next().is_some_and(|line| begins(line, &FROM)) && block.take(2).any(|line| begins(line, &SENT))
}

fn is_forward(line: &str) -> bool {
    line.trim_start().starts_with("--") && contains_any(line, &FORWARDED)
}

fn contains_any(line: &str, words: &[&str]) -> bool {
    let line = line.to_lowercase();
    words.iter().any(|word| line.contains(word))
}

/// Whether the next line that is not blank is the sender's own text, not more history.
fn has_own_text(lines: &[&str]) -> bool {
    lines.iter().position(|line| !line.trim().is_empty()).is_some_and(|at| {
        let rest = &lines[at..];
        !is_quoted(rest[0]) && !starts_history(rest) && attributed(rest).is_none()
    })
}
