//! What a camera sees of a terminal: half blocks and colours become pixels, in a dark or a light theme, and a QR code
//! among them is decoded by another program's reader, which does not read inverted codes.

use unicode_width::UnicodeWidthChar;

/// The text without its styles. Any other control sequence stays.
pub fn plain(screen: &str) -> String {
    let mut rest = screen;
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
        let is_style = after[end..].starts_with('m');
        if !is_style {
            text.push_str("\u{1b}[");
        }
        rest = if is_style { &after[end + 1..] } else { after };
    }
    text + rest
}

/// The columns that a terminal needs for a text without control sequences.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Foreground and background of a terminal, as brightness.
pub const DARK: Theme = Theme { text: 220, ground: 30 };
pub const LIGHT: Theme = Theme { text: 40, ground: 250 };

#[derive(Clone, Copy)]
pub struct Theme {
    text: u8,
    ground: u8,
}

/// Pixels along one side of a module.
const SCALE: usize = 4;

/// The text of the QR code on a terminal with this theme.
pub fn decode_qr(output: &str, theme: Theme) -> Option<String> {
    let rows: Vec<Vec<u8>> = output.lines().flat_map(|line| pixels(line, theme)).collect();
    let width = rows.iter().map(Vec::len).max()?;
    let pixel = |x: usize, y: usize| *rows[y / SCALE].get(x / SCALE).unwrap_or(&theme.ground);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width * SCALE, rows.len() * SCALE, pixel);
    image.detect_grids().iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
}

/// The upper and the lower half of a line. Letters are left out, and so are all control sequences but colours.
fn pixels(line: &str, theme: Theme) -> [Vec<u8>; 2] {
    let mut now = theme;
    let mut halves = [Vec::new(), Vec::new()];
    let mut rest = line.trim_end_matches('\r');
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if let Some(sequence) = rest.strip_prefix('[').filter(|_| c == '\u{1b}') {
            let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
            if sequence[end..].starts_with('m') {
                now = colors(&sequence[..end], now, theme);
            }
            rest = &sequence[end + 1..];
            continue;
        }
        let (upper, lower) = match c {
            '█' => (now.text, now.text),
            '▀' => (now.text, now.ground),
            '▄' => (now.ground, now.text),
            _ => (now.ground, now.ground),
        };
        halves[0].push(upper);
        halves[1].push(lower);
    }
    halves
}

/// SGR: reset, and text and ground among the 256 colours, of which black and white are known here.
fn colors(parameters: &str, now: Theme, theme: Theme) -> Theme {
    let brightness = |color: &str| match color {
        "16" => 0,
        "231" => 255,
        other => panic!("colour {other}"),
    };
    match parameters.split(';').collect::<Vec<_>>()[..] {
        ["38", "5", text, "48", "5", ground] => Theme { text: brightness(text), ground: brightness(ground) },
        [""] | ["0"] => theme,
        _ => now,
    }
}
