//! The colours of labels. Gmail takes only those of its palette, one for the background and one for the text
//! (<https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.labels#color>).

use serde_json::{Value, json};

#[rustfmt::skip]
const PALETTE: [u32; 113] = [
    0x000000, 0x434343, 0x666666, 0x999999, 0xcccccc, 0xefefef, 0xf3f3f3, 0xffffff, 0xfb4c2f, 0xffad47, 0xfad165,
    0x16a766, 0x43d692, 0x4a86e8, 0xa479e2, 0xf691b3, 0xf6c5be, 0xffe6c7, 0xfef1d1, 0xb9e4d0, 0xc6f3de, 0xc9daf8,
    0xe4d7f5, 0xfcdee8, 0xefa093, 0xffd6a2, 0xfce8b3, 0x89d3b2, 0xa0eac9, 0xa4c2f4, 0xd0bcf1, 0xfbc8d9, 0xe66550,
    0xffbc6b, 0xfcda83, 0x44b984, 0x68dfa9, 0x6d9eeb, 0xb694e8, 0xf7a7c0, 0xcc3a21, 0xeaa041, 0xf2c960, 0x149e60,
    0x3dc789, 0x3c78d8, 0x8e63ce, 0xe07798, 0xac2b16, 0xcf8933, 0xd5ae49, 0x0b804b, 0x2a9c68, 0x285bac, 0x653e9b,
    0xb65775, 0x822111, 0xa46a21, 0xaa8831, 0x076239, 0x1a764d, 0x1c4587, 0x41236d, 0x83334c, 0x464646, 0xe7e7e7,
    0x0d3472, 0xb6cff5, 0x0d3b44, 0x98d7e4, 0x3d188e, 0xe3d7ff, 0x711a36, 0xfbd3e0, 0x8a1c0a, 0xf2b2a8, 0x7a2e0b,
    0xffc8af, 0x7a4706, 0xffdeb5, 0x594c05, 0xfbe983, 0x684e07, 0xfdedc1, 0x0b4f30, 0xb3efd3, 0x04502e, 0xa2dcc1,
    0xc2c2c2, 0x4986e7, 0x2da2bb, 0xb99aff, 0x994a64, 0xf691b2, 0xff7537, 0xffad46, 0x662e37, 0xebdbde, 0xcca6ac,
    0x094228, 0x42d692, 0x16a765, 0x757575, 0x1e53b8, 0x007286, 0x7858c3, 0xc2185b, 0xd93025, 0x54240e, 0x633e04,
    0x521d28, 0x202124, 0x083018,
];

/// Words for some of them.
const NAMES: [(&str, u32); 13] = [
    ("red", 0xfb4c2f),
    ("orange", 0xffad47),
    ("yellow", 0xfad165),
    ("green", 0x16a766),
    ("teal", 0x2da2bb),
    ("blue", 0x4a86e8),
    ("purple", 0xa479e2),
    ("pink", 0xf691b3),
    ("brown", 0x7a4706),
    ("grey", 0x999999),
    ("gray", 0x999999),
    ("black", 0x000000),
    ("white", 0xffffff),
];

const BLACK: u32 = 0x000000;
const WHITE: u32 = 0xffffff;

/// The colour of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelColor {
    background: u32,
    text: u32,
}

impl LabelColor {
    /// Reads `red`, `#fb4c2f`, or one for the background and one for the text: `#fb4c2f/white`. The error says which
    /// colours are near.
    pub(crate) fn parse(given: &str) -> Result<LabelColor, String> {
        let (background, text) = match given.split_once('/') {
            Some((background, text)) => (color(background)?, Some(color(text)?)),
            None => (color(given)?, None),
        };
        Ok(LabelColor { background, text: text.unwrap_or_else(|| readable_on(background)) })
    }

    pub(super) fn json(self) -> Value {
        json!({"backgroundColor": written(self.background), "textColor": written(self.text)})
    }
}

fn color(given: &str) -> Result<u32, String> {
    let given = given.trim().to_lowercase();
    if let Some((_, color)) = NAMES.iter().find(|(name, _)| *name == given) {
        return Ok(*color);
    }
    let digits = given.strip_prefix('#').unwrap_or(&given);
    let is_hex = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let Some(color) = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex) else {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).filter(|name| *name != "gray").collect();
        return Err(format!(
            "\"{given}\" is no colour: use one of {}, or one of Gmail's as #16a766",
            names.join(", ")
        ));
    };
    if PALETTE.contains(&color) {
        return Ok(color);
    }
    let mut near = PALETTE;
    near.sort_by_key(|known| distance(*known, color));
    let near: Vec<String> = near[..3].iter().map(|near| written(*near)).collect();
    Err(format!("Gmail has no {}: the nearest are {}", written(color), near.join(", ")))
}

fn written(color: u32) -> String {
    format!("#{color:06x}")
}

fn parts(color: u32) -> [i64; 3] {
    [16, 8, 0].map(|shift| i64::from(color >> shift & 0xff))
}

fn distance(a: u32, b: u32) -> i64 {
    parts(a).iter().zip(parts(b)).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Black or white, whichever is told apart better from the background.
fn readable_on(background: u32) -> u32 {
    let [red, green, blue] = parts(background);
    // Relative luminance, in thousandths of 255.
    if 299 * red + 587 * green + 114 * blue > 150_000 { BLACK } else { WHITE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_named_or_one_of_the_palette() {
        let json = |given: &str| LabelColor::parse(given).unwrap().json();
        assert_eq!(json("Red"), json!({"backgroundColor": "#fb4c2f", "textColor": "#ffffff"}));
        assert_eq!(json("yellow"), json!({"backgroundColor": "#fad165", "textColor": "#000000"}));
        assert_eq!(json("#16A766/#fef1d1"), json!({"backgroundColor": "#16a766", "textColor": "#fef1d1"}));
        assert!(NAMES.iter().all(|(_, color)| PALETTE.contains(color)));
    }

    #[test]
    fn another_colour_is_refused_with_those_that_are_near() {
        let wrong = |given: &str| LabelColor::parse(given).unwrap_err();
        assert!(wrong("#fb4c30").contains("#fb4c2f"), "{}", wrong("#fb4c30"));
        assert!(wrong("crimson").contains("red, orange"), "{}", wrong("crimson"));
        for given in ["", "#12", "red/", "#fb4c2f/#fb4c2e", "#+b4c2f"] {
            wrong(given);
        }
    }
}
