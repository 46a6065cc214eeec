//! A link as a QR code of half blocks, two modules in one character.
//!
//! With colours it is black on white whatever the theme of the terminal. Without them nothing is known about the
//! theme; light modules are then drawn in the colour of the text, which is right on a dark background. It knows
//! neither the terminal nor what the link is for.

use qrcode::QrCode;

/// The empty margin, in modules (ISO/IEC 18004, 9.1).
const QUIET_ZONE: usize = 4;
/// Black on white of the 256 colours: themes change the first 16 of them, but not these.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const RESET: &str = "\u{1b}[0m";

pub(super) struct Drawing {
    /// Without the last line break.
    pub(super) lines: String,
    /// In columns.
    pub(super) width: usize,
}

/// The QR code of a text; `None` if the text is too long for one.
pub(super) fn drawing(text: &str, color: bool) -> Option<Drawing> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let width = code.width();
    let modules = code.to_colors();
    let is_dark = |row: usize, column: usize| {
        let inside = QUIET_ZONE..QUIET_ZONE + width;
        inside.contains(&row)
            && inside.contains(&column)
            && modules[(row - QUIET_ZONE) * width + column - QUIET_ZONE] == qrcode::Color::Dark
    };
    let side = width + 2 * QUIET_ZONE;
    // The text draws the dark modules on white, and the light ones otherwise.
    let half_block = |row, column| match (is_dark(row, column) == color, is_dark(row + 1, column) == color) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let line = |row| {
        let blocks: String = (0..side).map(|column| half_block(row, column)).collect();
        if color { format!("{BLACK_ON_WHITE}{blocks}{RESET}") } else { blocks }
    };
    let lines = (0..side).step_by(2).map(line).collect::<Vec<_>>().join("\n");
    Some(Drawing { lines, width: side })
}
