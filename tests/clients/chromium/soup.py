"""Random tag soups: misnested tables, formatting, lists, foreign content, hidden elements. The same for a seed."""

import random

BLOCKS = ["div", "p", "h1", "h3", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "center", "pre", "section", "article"]
INLINE = ["b", "i", "a", "font", "span", "nobr", "u", "em", "strong", "code", "big", "small", "s", "tt", "mark"]
TABLES = ["table", "tbody", "thead", "tr", "td", "th", "caption", "colgroup", "col", "tfoot"]
OTHERS = ["select", "option", "optgroup", "template", "svg", "math", "mi", "mtext", "foreignObject", "desc", "title", "button",
          "form", "marquee", "object", "applet", "details", "summary", "dialog", "textarea", "noscript", "ruby", "rt", "rp",
          "video", "canvas", "iframe", "noembed", "xmp", "address", "fieldset", "legend", "label", "body", "html", "head",
          "frameset", "hr", "br", "img", "input", "style", "script", "annotation-xml", "malignmark", "image", "bogus", "o:p"]
HIDING = [' style="display:none"', " hidden", ' class="gone"', ' style="visibility:hidden"', ' style="font-size:0"',
          ' style="opacity:0"', " id=away", ' style="display:block"', ' style="visibility:visible"', ' style="font-size:14px"']
SHEET = "<style>.gone{display:none}#away{visibility:hidden}td>b{display:none}p+p i{display:none}</style>"
PIECES = ["<!-- {w} -->", "<!--{w}", "-->", "<![CDATA[{w}]]>", "<!{w}>", "<?{w}>", "</>", "<!-->", "<p/>", "<svg/>", "</p>", "</br>",
          "</body>", "</html>", "</table>", "<a title='>'>", "<", "&lt;", "<!doctype html>"]


def soup(number):
    """One soup and the words in it."""
    chance = random.Random(number * 7919 + 11)
    parts, opened, words = [], [], []

    def word():
        words.append(f"word{number:04}x{len(words):02}")
        return words[-1]

    parts.append(chance.choice(["", "", "<!doctype html>"]) + SHEET + word() + " ")
    for _ in range(chance.randint(8, 40)):
        kind = chance.random()
        if kind < 0.4:
            names = chance.choices([BLOCKS, INLINE, TABLES, OTHERS], [3, 3, 3, 2])[0]
            name = chance.choice(names)
            parts.append(f"<{name}{chance.choice(HIDING) if chance.random() < 0.25 else ''}>")
            opened.append(name)
        elif kind < 0.62 and opened:
            near = chance.randint(max(0, len(opened) - 4), len(opened) - 1)
            parts.append(f"</{opened.pop(near)}>")
        elif kind < 0.68:
            parts.append(chance.choice(PIECES).format(w=word()))
        else:
            parts.append(f" {word()} ")
    return "".join(parts), words
