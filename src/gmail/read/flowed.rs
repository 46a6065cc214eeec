//! `format=flowed` (RFC 3676): lines that a mail program broke are joined again, quote depths kept.

/// `del_sp`: the blank before a soft break was put there with the break, as in languages without blanks.
pub(super) fn join(text: &str, del_sp: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let (depth, line) = unquoted(line);
        let signature = line == "-- ";
        if open.is_some_and(|before| before != depth || signature) {
            joined.push('\n');
            open = None;
        }
        if open.is_none() && depth > 0 {
            joined.extend(std::iter::repeat_n('>', depth));
            joined.push(' ');
        }
        let soft = line.ends_with(' ') && !signature;
        joined.push_str(if soft && del_sp { &line[..line.len() - 1] } else { line });
        open = soft.then_some(depth);
        if !soft {
            joined.push('\n');
        }
    }
    joined
}

/// The quote depth, and the line without its marks and the blank it was stuffed with.
fn unquoted(line: &str) -> (usize, &str) {
    let text = line.trim_start_matches('>');
    (line.len() - text.len(), text.strip_prefix(' ').unwrap_or(text))
}
