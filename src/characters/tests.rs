//! What nobody sees is removed and counted, and what people write stays.

use super::*;

#[test]
fn characters_that_carry_hidden_data_are_removed_and_counted() {
    for hidden in [
        "\u{e0068}\u{e0069}",
        "\u{fe01}\u{fe02}",
        "\u{e0100}\u{e0155}",
        "\u{200b}\u{2060}",
        "\u{200c}\u{200d}",
        "\u{200e}\u{200f}",
        "\u{202e}\u{2066}",
        "\u{115f}\u{3164}",
        "\u{1b}\u{9b}",
        "\u{2061}\u{feff}",
        "\u{fe0f}\u{fe0e}",
        "\u{180b}\u{180e}",
        "\u{1d173}\u{1bca0}",
    ] {
        let (text, removed) = scrub(&format!("In{hidden}voice")).into_owned();
        assert_eq!((text.as_str(), removed.invisible + removed.bidi), ("Invoice", 2), "{hidden:?}");
    }
}

#[test]
fn an_emoji_carries_at_most_one_variation_selector() {
    let (text, removed) = scrub("😀\u{fe0f}\u{fe0e}\u{fe0f}\u{e0141}!").into_owned();
    assert_eq!((text.as_str(), removed.invisible), ("😀\u{fe0f}!", 3));
}

#[test]
fn what_shapes_letters_and_emoji_is_kept() {
    for text in [
        "نامه\u{200c}ها",
        "क्\u{200d}ष",
        "👩\u{200d}💻 ❤\u{fe0f} 1\u{fe0f}\u{20e3} ©\u{fe0f}",
        "葛\u{e0100}城",
        "אבג\u{200f} (42\u{200e}).",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "ᠠ\u{180b}",
    ] {
        assert_eq!(scrub(text).into_owned(), (text.to_owned(), Scrubbed::default()));
    }
}

#[test]
fn a_line_has_no_line_breaks_and_single_spaces() {
    assert_eq!(clean_line(" a\r\n\tb\u{2028}c\u{85}d\u{202e} e "), "a b c d e");
}

trait IntoOwned {
    fn into_owned(self) -> (String, Scrubbed);
}

impl IntoOwned for (std::borrow::Cow<'_, str>, Scrubbed) {
    fn into_owned(self) -> (String, Scrubbed) {
        (self.0.into_owned(), self.1)
    }
}

proptest::proptest! {
    #[test]
    fn a_clean_line_stays_as_it_is(text in "[ -~\\t\u{7f}\u{200b}]{0,6}") {
        proptest::prop_assert_eq!(is_clean_line(&text), line(&text) == (text.clone(), Scrubbed::default()));
    }
}
