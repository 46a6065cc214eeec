//! The alternative texts of images.

use super::Removed;
use crate::characters::line;

/// The longest alternative texts of images that follow each other, in characters: they could hide instructions.
const MAX_ALT: usize = 120;

/// The alternative texts since the last text or block.
#[derive(Default)]
pub(super) struct Alternatives {
    shown: usize,
}

impl Alternatives {
    pub(super) fn reset(&mut self) {
        self.shown = 0;
    }

    /// How an alternative text is shown, unless it means nothing: a file name, a single character, a placeholder.
    pub(super) fn text(&mut self, alt: &str, removed: &mut Removed) -> Option<String> {
        let (alt, scrubbed) = line(alt);
        removed.characters(scrubbed);
        let is_file = alt.rsplit_once('.').is_some_and(|(_, ending)| {
            matches!(
                ending.to_ascii_lowercase().as_str(),
                "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "bmp"
            )
        });
        let is_stub = matches!(
            alt.to_ascii_lowercase().as_str(),
            "image" | "img" | "picture" | "photo" | "spacer" | "logo"
        );
        if is_file || is_stub || alt.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
            return None;
        }
        let left = MAX_ALT.saturating_sub(self.shown);
        let short: String = alt.chars().take(left).collect();
        self.shown += short.chars().count();
        let is_cut = short.len() < alt.len();
        removed.hidden += usize::from(is_cut);
        let short = short.trim_end();
        (!short.is_empty()).then(|| format!("[image: {short}{}]", if is_cut { "…" } else { "" }))
    }
}
