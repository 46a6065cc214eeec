//! `format=flowed` (RFC 3676): joins lines that a mail program broke, within the same quote depth.

/// `del_sp`: the space before a soft break was added with the break and is removed, as for languages without spaces.
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

/// The quote depth, and the line without quote marks and the stuffed space.
fn unquoted(line: &str) -> (usize, &str) {
    let text = line.trim_start_matches('>');
    (line.len() - text.len(), text.strip_prefix(' ').unwrap_or(text))
}
