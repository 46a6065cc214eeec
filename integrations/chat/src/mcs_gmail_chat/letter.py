"""A mail before it leaves, with all of its texts and files. It knows neither mcs-gmail nor the screen.

Where HTML has anything that is not seen when it is read, its source is shown, too.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

RECIPIENTS = ("To", "Cc", "Bcc")
FIRST = (*RECIPIENTS, "From", "Sender", "Reply-To", "Subject")
# Headers that say how a message is built and what it answers. Each is shown if it is not of the usual form.
BUILT = {
    "mime-version": re.compile(r"1\.0"),
    "content-type": re.compile(r"[\w.+-]+/[\w.+-]+(;.*)?", re.DOTALL),
    "content-transfer-encoding": re.compile(r"7bit|8bit|binary|base64|quoted-printable", re.IGNORECASE),
    "date": re.compile(r"[\w,:+ ()-]{1,50}"),
    "message-id": re.compile(r"<[^<>\s]+>"),
    "in-reply-to": re.compile(r"<[^<>\s]+>"),
    "references": re.compile(r"<[^<>\s]+>(\s*<[^<>\s]+>)*"),
    "x-mcs-gmail-id": re.compile(r"[0-9a-f]{32}"),
}
# An address alone in angle brackets.
BARE = re.compile(r"(^|, )<([^<>,\s]+)>")


@dataclass
class Letter:
    rows: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    # Types of what HTML shows by its Content-ID.
    shown_by_html: list[str] = field(default_factory=list)
    body: str = ""


def read(raw: bytes, recipients: Mapping[str, Any] | None = None) -> Letter:
    """``recipients`` are those of the envelope, which need not stand in a header."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    letter = Letter()
    letter.rows = rows_of(message, recipients or {})
    texts: list[tuple[str, str]] = []
    for part in parts(message):
        if part.get_content_maintype() == "multipart":
            alone = None if part.is_multipart() else str(part.get_payload())
            for outside in (part.preamble, alone, part.epilogue):
                if outside and outside.strip():
                    texts.append(("Outside the parts", outside))
        elif is_text(part):
            texts.append((part.get_content_type(), str(part.get_content())))
        else:
            letter.files.append(named(part))
            if part["content-id"]:
                letter.shown_by_html.append(part.get_content_type())
    if any(part.defects for part in parts(message)):
        letter.rows.append(("Caution", "the message is not well-formed, and programs may show it differently"))
    letter.body = "\n\n".join(sections(texts))
    return letter


def rows_of(message: EmailMessage, recipients: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, header in message.items():
        value = str(header)
        built = BUILT.get(name.lower())
        if built and built.fullmatch(value.strip()):
            continue
        title = next((known for known in FIRST if known.lower() == name.lower()), name)
        rows.append((title, BARE.sub(r"\1\2", value) if title in RECIPIENTS else value))
    written = " ".join(value for title, value in rows if title in RECIPIENTS).lower()
    for title in RECIPIENTS:
        more = [str(address) for address in recipients.get(title.lower()) or ()]
        missing = [address for address in more if address.lower() not in written]
        if missing:
            rows.append((title, ", ".join(missing)))
    order = {title: at for at, title in enumerate(FIRST)}
    return sorted(rows, key=lambda row: order.get(row[0], len(order)))


def parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """All parts. A message within the message is one file."""
    yield message
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.iter_parts():
            if isinstance(part, EmailMessage):
                yield from parts(part)


def is_text(part: EmailMessage) -> bool:
    return part.get_content_maintype() == "text" and not part.is_attachment() and not part.get_filename()


def named(part: EmailMessage) -> str:
    place = "" if part.is_attachment() else ", not as an attachment"
    return f"{part.get_filename() or 'without a name'} ({part.get_content_type()}, {size_of(part)}{place})"


def size_of(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    size = len(content if isinstance(content, bytes) else part.as_bytes())
    return f"{size} bytes" if size < 10_000 else f"{size // 1000} kB"


def sections(texts: list[tuple[str, str]]) -> list[str]:
    """Plain text first, then what HTML shows if it says something else, then the sources."""
    plain = [text.rstrip() for kind, text in texts if kind == "text/plain"]
    others = [f"{kind}:\n{text.rstrip()}" for kind, text in texts if kind not in ("text/plain", "text/html")]
    shown, sources = [], []
    for kind, source in texts:
        if kind != "text/html":
            continue
        text, has_more = seen(source)
        if words(text) not in [words(other) for other in plain]:
            shown.append(f"HTML, as it is read:\n{text}")
        if has_more:
            sources.append(f"HTML, its source, which has more than is read:\n{source.rstrip()}")
    return [*plain, *shown, *others, *sources]


def words(text: str) -> list[str]:
    """The words without the marks of quoted lines."""
    return re.sub(r"^[> ]+", "", text, flags=re.MULTILINE).split()


# HTML.

INLINE = {"a", "b", "big", "code", "em", "font", "i", "img", "s", "small", "span", "strong", "sub", "sup", "tt", "u"}
CELLS = {"td", "th"}
BLOCKS = {
    "address", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "html", "li", "ol", "p", "pre", "table", "tbody", "thead", "tr", "ul",
}  # fmt: skip
# What may stand in an attribute without hiding anything: what mcs-gmail and Gmail write around quoted mail.
PLAIN_ATTRIBUTES = {
    "dir": {"ltr", "rtl", "auto"},
    "class": {"gmail_quote", "gmail_attr", "gmail_default", "gmail_quote gmail_quote_container"},
    "style": {
        "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex",
        "margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex",
        "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex",
    },
}
# Everything but whole tags with a name: comments, declarations, tags that do not end.
UNUSUAL = re.compile(r"<(?!/?[A-Za-z][^<>]*>)|</(?![A-Za-z0-9]+\s*>)")


def seen(source: str) -> tuple[str, bool]:
    """What a reader sees of HTML, and whether there is more in it."""
    reader = Reader()
    reader.feed(source)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.texts).split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text, reader.has_more or bool(UNUSUAL.search(source))


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.has_more = False
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.texts.append("\n")
        elif tag in CELLS:
            self.texts.append(" ")
        elif tag not in INLINE:
            self.has_more = True
        for name, value in attrs:
            if (tag, name) == ("a", "href"):
                self.links.append((value or "", len(self.texts)))
            elif tag == "img" and name in ("src", "alt"):
                self.texts.append(f" [image: {value or ''}] ")
            elif (value or "") not in PLAIN_ATTRIBUTES.get(name, ()):
                self.has_more = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.links:
            self.end_link()
        elif tag in BLOCKS:
            self.texts.append("\n")

    def handle_data(self, data: str) -> None:
        self.texts.append(data.replace("\n", " "))

    def end_link(self) -> None:
        address, begin = self.links.pop()
        if "".join(self.texts[begin:]).strip() != address:
            self.texts.append(f" <{address}>")

    def close(self) -> None:
        super().close()
        while self.links:
            self.end_link()
