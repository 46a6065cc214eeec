//! CSS colours, as far as needed to decide whether text is visible on its background.

/// Channels from 0 to 255, opacity from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rgba {
    rgb: [f32; 3],
    alpha: f32,
}

/// Text that differs from its background by no more than this in any channel is invisible: `#eeeeee` on white is.
const NOTICEABLE: f32 = 18.0;

impl Rgba {
    pub(super) const BLACK: Rgba = Rgba::opaque(0x000000);
    pub(super) const WHITE: Rgba = Rgba::opaque(0xffffff);
    /// The default colour of links in browsers.
    pub(super) const LINK: Rgba = Rgba::opaque(0x0000ee);

    const fn opaque(hex: u32) -> Rgba {
        let [_, r, g, b] = hex.to_be_bytes();
        Rgba { rgb: [r as f32, g as f32, b as f32], alpha: 1.0 }
    }

    /// A CSS colour in lower case; `None` if it is invalid or not supported.
    pub(super) fn parse(text: &str) -> Option<Rgba> {
        let text = text.trim();
        match text.split_once('(') {
            _ if text.starts_with('#') => hex(&text[1..]),
            Some(("rgb" | "rgba", rest)) => rgb(rest),
            Some(("hsl" | "hsla", rest)) => hsl(rest),
            Some(_) => None,
            None => named(text),
        }
    }

    /// The colour of a legacy attribute (`bgcolor`, `<font color>`), where the `#` may be missing.
    pub(super) fn attribute(text: &str) -> Option<Rgba> {
        let text = text.trim().to_ascii_lowercase();
        Rgba::parse(&text).or_else(|| hex(&text))
    }

    /// This colour painted over `ground`.
    pub(super) fn over(self, ground: Rgba) -> Rgba {
        let mix = |i: usize| self.rgb[i] * self.alpha + ground.rgb[i] * (1.0 - self.alpha);
        Rgba { rgb: [mix(0), mix(1), mix(2)], alpha: 1.0 }
    }

    /// Whether text of this colour is invisible on `ground`.
    pub(super) fn is_lost_on(self, ground: Rgba) -> bool {
        let seen = self.over(ground);
        seen.rgb.iter().zip(ground.rgb).all(|(a, b)| (a - b).abs() <= NOTICEABLE)
    }

    pub(super) fn is_transparent(self) -> bool {
        self.alpha <= 0.05
    }

    pub(super) fn is_opaque(self) -> bool {
        self.alpha >= 0.95
    }
}

fn hex(digits: &str) -> Option<Rgba> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let wide = |shift: u32| ((value >> shift) & 0xf) * 0x11;
    let (rgb, alpha) = match digits.len() {
        3 => (wide(8) << 16 | wide(4) << 8 | wide(0), 0xff),
        4 => (wide(12) << 16 | wide(8) << 8 | wide(4), wide(0)),
        6 => (value, 0xff),
        8 => (value >> 8, value & 0xff),
        _ => return None,
    };
    Some(Rgba { alpha: alpha as f32 / 255.0, ..Rgba::opaque(rgb) })
}

/// The three numbers of `rgb(...)` or `hsl(...)` in either notation, each with whether it is a percentage, and the
/// opacity.
fn numbers(arguments: &str) -> Option<([(f32, bool); 3], f32)> {
    let arguments = arguments.split(')').next()?;
    let mut parts = arguments.split([',', '/', ' ']).filter(|part| !part.is_empty()).map(|part| {
        let number = part.trim_end_matches("deg");
        let percent = number.ends_with('%');
        number.trim_end_matches('%').parse::<f32>().ok().filter(|n| n.is_finite()).map(|n| (n, percent))
    });
    let channels = [parts.next()??, parts.next()??, parts.next()??];
    let alpha = match parts.next() {
        Some(alpha) => alpha.map(|(n, percent)| if percent { n / 100.0 } else { n })?,
        None => 1.0,
    };
    Some((channels, alpha.clamp(0.0, 1.0)))
}

fn rgb(arguments: &str) -> Option<Rgba> {
    let (channels, alpha) = numbers(arguments)?;
    let rgb = channels.map(|(n, percent)| if percent { n * 2.55 } else { n }.clamp(0.0, 255.0));
    Some(Rgba { rgb, alpha })
}

fn hsl(arguments: &str) -> Option<Rgba> {
    let ([(hue, _), (saturation, _), (lightness, _)], alpha) = numbers(arguments)?;
    let (saturation, lightness) = ((saturation / 100.0).clamp(0.0, 1.0), (lightness / 100.0).clamp(0.0, 1.0));
    let reach = saturation * lightness.min(1.0 - lightness);
    let channel = |offset: f32| {
        let k = (offset + hue / 30.0).rem_euclid(12.0);
        255.0 * (lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0))
    };
    Some(Rgba { rgb: [channel(0.0), channel(8.0), channel(4.0)], alpha })
}

fn named(name: &str) -> Option<Rgba> {
    if name == "transparent" {
        return Some(Rgba { alpha: 0.0, ..Rgba::BLACK });
    }
    let at = NAMES.binary_search_by_key(&name, |&(known, _)| known).ok()?;
    Some(Rgba::opaque(NAMES[at].1))
}

/// The named colours of CSS Color 4, in alphabetical order.
#[rustfmt::skip]
const NAMES: &[(&str, u32)] = &[
    ("aliceblue", 0xf0f8ff), ("antiquewhite", 0xfaebd7), ("aqua", 0x00ffff), ("aquamarine", 0x7fffd4),
    ("azure", 0xf0ffff), ("beige", 0xf5f5dc), ("bisque", 0xffe4c4), ("black", 0x000000),
    ("blanchedalmond", 0xffebcd), ("blue", 0x0000ff), ("blueviolet", 0x8a2be2), ("brown", 0xa52a2a),
    ("burlywood", 0xdeb887), ("cadetblue", 0x5f9ea0), ("chartreuse", 0x7fff00), ("chocolate", 0xd2691e),
    ("coral", 0xff7f50), ("cornflowerblue", 0x6495ed), ("cornsilk", 0xfff8dc), ("crimson", 0xdc143c),
    ("cyan", 0x00ffff), ("darkblue", 0x00008b), ("darkcyan", 0x008b8b), ("darkgoldenrod", 0xb8860b),
    ("darkgray", 0xa9a9a9), ("darkgreen", 0x006400), ("darkgrey", 0xa9a9a9), ("darkkhaki", 0xbdb76b),
    ("darkmagenta", 0x8b008b), ("darkolivegreen", 0x556b2f), ("darkorange", 0xff8c00),
    ("darkorchid", 0x9932cc), ("darkred", 0x8b0000), ("darksalmon", 0xe9967a), ("darkseagreen", 0x8fbc8f),
    ("darkslateblue", 0x483d8b), ("darkslategray", 0x2f4f4f), ("darkslategrey", 0x2f4f4f),
    ("darkturquoise", 0x00ced1), ("darkviolet", 0x9400d3), ("deeppink", 0xff1493), ("deepskyblue", 0x00bfff),
    ("dimgray", 0x696969), ("dimgrey", 0x696969), ("dodgerblue", 0x1e90ff), ("firebrick", 0xb22222),
    ("floralwhite", 0xfffaf0), ("forestgreen", 0x228b22), ("fuchsia", 0xff00ff), ("gainsboro", 0xdcdcdc),
    ("ghostwhite", 0xf8f8ff), ("gold", 0xffd700), ("goldenrod", 0xdaa520), ("gray", 0x808080),
    ("green", 0x008000), ("greenyellow", 0xadff2f), ("grey", 0x808080), ("honeydew", 0xf0fff0),
    ("hotpink", 0xff69b4), ("indianred", 0xcd5c5c), ("indigo", 0x4b0082), ("ivory", 0xfffff0),
    ("khaki", 0xf0e68c), ("lavender", 0xe6e6fa), ("lavenderblush", 0xfff0f5), ("lawngreen", 0x7cfc00),
    ("lemonchiffon", 0xfffacd), ("lightblue", 0xadd8e6), ("lightcoral", 0xf08080), ("lightcyan", 0xe0ffff),
    ("lightgoldenrodyellow", 0xfafad2), ("lightgray", 0xd3d3d3), ("lightgreen", 0x90ee90),
    ("lightgrey", 0xd3d3d3), ("lightpink", 0xffb6c1), ("lightsalmon", 0xffa07a), ("lightseagreen", 0x20b2aa),
    ("lightskyblue", 0x87cefa), ("lightslategray", 0x778899), ("lightslategrey", 0x778899),
    ("lightsteelblue", 0xb0c4de), ("lightyellow", 0xffffe0), ("lime", 0x00ff00), ("limegreen", 0x32cd32),
    ("linen", 0xfaf0e6), ("magenta", 0xff00ff), ("maroon", 0x800000), ("mediumaquamarine", 0x66cdaa),
    ("mediumblue", 0x0000cd), ("mediumorchid", 0xba55d3), ("mediumpurple", 0x9370db),
    ("mediumseagreen", 0x3cb371), ("mediumslateblue", 0x7b68ee), ("mediumspringgreen", 0x00fa9a),
    ("mediumturquoise", 0x48d1cc), ("mediumvioletred", 0xc71585), ("midnightblue", 0x191970),
    ("mintcream", 0xf5fffa), ("mistyrose", 0xffe4e1), ("moccasin", 0xffe4b5), ("navajowhite", 0xffdead),
    ("navy", 0x000080), ("oldlace", 0xfdf5e6), ("olive", 0x808000), ("olivedrab", 0x6b8e23),
    ("orange", 0xffa500), ("orangered", 0xff4500), ("orchid", 0xda70d6), ("palegoldenrod", 0xeee8aa),
    ("palegreen", 0x98fb98), ("paleturquoise", 0xafeeee), ("palevioletred", 0xdb7093),
    ("papayawhip", 0xffefd5), ("peachpuff", 0xffdab9), ("peru", 0xcd853f), ("pink", 0xffc0cb),
    ("plum", 0xdda0dd), ("powderblue", 0xb0e0e6), ("purple", 0x800080), ("rebeccapurple", 0x663399),
    ("red", 0xff0000), ("rosybrown", 0xbc8f8f), ("royalblue", 0x4169e1), ("saddlebrown", 0x8b4513),
    ("salmon", 0xfa8072), ("sandybrown", 0xf4a460), ("seagreen", 0x2e8b57), ("seashell", 0xfff5ee),
    ("sienna", 0xa0522d), ("silver", 0xc0c0c0), ("skyblue", 0x87ceeb), ("slateblue", 0x6a5acd),
    ("slategray", 0x708090), ("slategrey", 0x708090), ("snow", 0xfffafa), ("springgreen", 0x00ff7f),
    ("steelblue", 0x4682b4), ("tan", 0xd2b48c), ("teal", 0x008080), ("thistle", 0xd8bfd8),
    ("tomato", 0xff6347), ("turquoise", 0x40e0d0), ("violet", 0xee82ee), ("wheat", 0xf5deb3),
    ("white", 0xffffff), ("whitesmoke", 0xf5f5f5), ("yellow", 0xffff00), ("yellowgreen", 0x9acd32),
];
