"""The only writer: answers go to stdout, everything else to stderr. It knows whether a person is there.

Nothing that a model or a mail wrote reaches the terminal with control characters in it.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from markdown_it import MarkdownIt
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.status import Status
from rich.text import Text

from .settings import redacted

LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")
IN_LIST = re.compile(rf"{LIST_ITEM.pattern}|\s")
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
# Characters that turn the direction of a text, and with it what a person reads.
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Lines of a terminal in which a QR code leaves room for the link.
LINES_FOR_CODE = 30
# Lines of a preview that are shown without asking for more.
PREVIEW_LINES = 60


def harmless(text: str) -> str:
    """The text without control characters, which a terminal would obey, and without turns."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(c for c in text if c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in TURNS))


# Characters of other categories that show nothing.
BLANKS = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
UNSEEN = {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text with a mark at the place of characters that cannot be seen. Those that only choose or join symbols,
    as in many emoji, change what is seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    parts: list[str] = []
    hidden = 0
    for at, c in enumerate(text):
        if is_unseen(c) and not is_in_symbol(text, at):
            hidden += 1
            continue
        if hidden:
            parts.append(mark_of(hidden))
            hidden = 0
        parts.append(c)
    if hidden:
        parts.append(mark_of(hidden))
    return "".join(parts)


def mark_of(hidden: int) -> str:
    return f"[{hidden} invisible character{'' if hidden == 1 else 's'}]"


def is_unseen(c: str) -> bool:
    if c == "\n":
        return False
    selects = "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"
    return selects or c in BLANKS or unicodedata.category(c) in UNSEEN


def is_in_symbol(text: str, at: int) -> bool:
    before = text[at - 1] if at else ""
    if text[at] == "\ufe0f":
        return is_symbol(before)
    after = text[at + 1 : at + 2]
    return text[at] == "\u200d" and (before == "\ufe0f" or is_symbol(before)) and is_symbol(after)


def is_symbol(c: str) -> bool:
    """A symbol, or the tone of skin after one."""
    return bool(c) and (unicodedata.category(c) == "So" or "\U0001f3fb" <= c <= "\U0001f3ff") and c not in BLANKS


def markdown(text: str) -> Markdown:
    """Markdown in which HTML is text, so that nothing is swallowed, and links show where they lead."""
    rendered = Markdown("", hyperlinks=False)
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    rendered.parsed = parser.parse(text)
    rendered.markup = text
    return rendered


class Screen:
    def __init__(self, environ: Mapping[str, str], *, debugs: bool = False) -> None:
        self.environ = environ
        self.out = Console(highlight=False, soft_wrap=False)
        self.err = Console(stderr=True, highlight=False)
        self.debugs = debugs
        self.status: Status | None = None
        self.has_person = sys.stdin.isatty() and sys.stderr.isatty()

    # What is told beside the answer.

    def say(self, text: str, style: str = "") -> None:
        self.err.print(Text(visible(redacted(text, self.environ)), style=style))

    def note(self, text: str) -> None:
        self.say(text, "dim")

    def good(self, text: str) -> None:
        self.say(text, "green")

    def problem(self, message: str, hint: str = "") -> None:
        line = Text("error: ", style="bold red")
        line.append(visible(redacted(message, self.environ)), style="default")
        self.err.print(line)
        if hint:
            self.say(hint)

    def debug(self, text: str) -> None:
        if self.debugs:
            text = text if text.startswith("debug: ") else f"debug: {text}"
            self.err.print(Text(harmless(redacted(text, self.environ)), style="dim cyan"), soft_wrap=True)

    @contextlib.contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """Shows what is going on while nothing else is printed."""
        if not self.err.is_terminal or self.err.is_dumb_terminal or self.debugs:
            yield
            return
        outer, text = self.status, Text(harmless(doing), style="dim")
        if outer:
            outer.stop()
        self.status = self.err.status(text, spinner="dots")
        self.status.start()
        try:
            yield
        finally:
            self.status.stop()
            self.status = outer
            if outer:
                outer.start()

    def link(self, title: str, url: str, code: str) -> None:
        """A link on a line of its own, unbroken, so that it can be copied."""
        drawn = qr_code(url) if self.err.is_terminal and self.err.height >= LINES_FOR_CODE else []
        lines = [Text()]
        if drawn and len(drawn[0]) <= self.err.width:
            lines += [Text(row, style="#000000 on #ffffff", no_wrap=True, overflow="ignore") for row in drawn]
            lines.append(Text())
        # The link is last, so that it is not scrolled away.
        lines += [
            Text(harmless(f"{title}: open"), style="bold"),
            Text(),
            Text(f"  {harmless(url)}", style="bold cyan", no_wrap=True, overflow="ignore"),
            Text(),
            Text(harmless(f"and check that the page shows the code {code}.")),
            Text(),
        ]
        # At once, so that nothing that moves on the screen comes between.
        self.err.print(Group(*lines), soft_wrap=True)

    # Questions.

    def preview(self, title: str, head: list[tuple[str, str]], body: str, more: str = "") -> list[str]:
        """What is about to happen. Returns the lines that did not fit."""
        lines = visible(body).rstrip().split("\n")
        shown, rest = lines, list[str]()
        if len(lines) > PREVIEW_LINES:
            shown, rest = lines[: PREVIEW_LINES - 10], lines[PREVIEW_LINES - 10 :]
        rows: list[RenderableType] = []
        for name, value in head:
            row = Text(f"{visible(name)}: ", style="bold")
            row.append(visible(value).replace("\n", " "), style="default")
            rows.append(row)
        if body:
            rows += [Text(""), Text("\n".join(shown))]
        if rest:
            rows.append(Text(f"... {len(rest)} more lines (v shows all)", style="yellow"))
        if more:
            rows += [Text(""), Text(harmless(more), style="yellow")]
        self.err.print(Panel(Group(*rows), title=Text(title, style="bold"), title_align="left", border_style="yellow"))
        return rest

    def details(self, rows: list[tuple[str, str]]) -> None:
        """What a question is about, each value in full on lines of its own."""
        for name, value in rows:
            row = Text(f"  {visible(name)}: ", style="bold")
            row.append(visible(value).replace("\n", " "), style="default")
            self.err.print(row, soft_wrap=True)

    def agrees(self, question: str, rest: list[str] | None = None) -> bool:
        """Asks; everything but yes is no. What was typed before the question does not answer it."""
        if not self.has_person:
            return False
        while True:
            discard_typed()
            prompt = Text(f"{visible(question)} [y/N{'/v' if rest else ''}] ", style="bold yellow")
            self.err.print(prompt, end="", soft_wrap=True)
            answer = read_line().strip().lower()
            if rest and answer == "v":
                self.err.print(Text("\n".join(rest)))
                rest = None
                continue
            return answer in ("y", "yes")

    # Answers.

    def answer(self) -> Answer:
        return Rendered(self.out) if self.out.is_terminal and not self.out.is_dumb_terminal else Plain()


class Answer:
    """An answer while it arrives."""

    def feed(self, text: str) -> None:
        raise NotImplementedError

    def end(self) -> None:
        raise NotImplementedError


class Plain(Answer):
    """For a file or a pipe: the Markdown as it is."""

    def __init__(self) -> None:
        self.last = "\n"

    def feed(self, text: str) -> None:
        text = harmless(text)
        if text:
            self.last = text[-1]
            sys.stdout.write(text)
            sys.stdout.flush()

    def end(self) -> None:
        if self.last != "\n":
            sys.stdout.write("\n")
            sys.stdout.flush()
            self.last = "\n"


class Rendered(Answer):
    """For a terminal. Finished blocks are printed for good, and only the last one is drawn again, so that a long
    answer scrolls as any other text does."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.waiting = ""
        self.printed = False
        self.live: Live | None = None

    def feed(self, text: str) -> None:
        self.waiting += harmless(text)
        if not self.waiting.strip():
            return
        at = last_break(self.waiting)
        if at:
            self.stop()
            self.block(self.waiting[:at])
            self.waiting = self.waiting[at:]
        if self.live is None:
            self.live = Live(console=self.console, transient=True, auto_refresh=False, vertical_overflow="crop")
            self.live.start()
        lines = self.waiting.split("\n")
        room = max(3, self.console.height - 4)
        # The end is what a person reads while it grows.
        tail = markdown("\n".join(lines[-room:]))
        self.live.update(Group(Text(""), tail) if self.printed else tail, refresh=True)

    def block(self, text: str) -> None:
        if not text.strip():
            return
        if self.printed:
            self.console.print()
        self.console.print(Padding(markdown(text.strip("\n")), 0))
        self.printed = True

    def stop(self) -> None:
        if self.live:
            self.live.stop()
            self.live = None

    def end(self) -> None:
        self.stop()
        self.block(self.waiting)
        self.waiting = ""


def last_break(text: str) -> int:
    """Where the last finished block ends; 0 if there is none. A list and a block of code are not taken apart."""
    at = len(text)
    while (at := text.rfind("\n\n", 0, at)) > 0:
        before, after = text[:at], text[at:].lstrip("\n")
        following = after[:1]
        if (
            len(FENCE.findall(before)) % 2 == 0
            and following
            and not following.isspace()
            and not (LIST_ITEM.match(after + " ") and IN_LIST.match(before.rsplit("\n\n", 1)[-1]))
        ):
            return len(text) - len(after)
    return 0


def qr_code(url: str) -> list[str]:
    """The lines of a QR code of half blocks, for black on white; none if the text is too long for one."""
    import segno

    try:
        matrix = [list(map(bool, row)) for row in segno.make(url, micro=False, error="l").matrix_iter(border=4)]
    except segno.DataOverflowError:
        return []
    if len(matrix) % 2:
        matrix.append([False] * len(matrix[0]))
    half = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
    return [
        "".join(half[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(matrix[::2], matrix[1::2], strict=True)
    ]


def discard_typed() -> None:
    """Forgets what was typed before a question."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        with contextlib.suppress(Exception):
            import termios

            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def read_line() -> str:
    """One line of the terminal, past every buffer that may hold an earlier one; empty at its end."""
    if os.name != "posix":
        return sys.stdin.readline()
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1024)
        if not piece:
            break
        line += piece
    return line.decode("utf-8", "replace")


def short(arguments: Mapping[str, Any], limit: int = 70) -> str:
    """The parameters of a call in a few words."""
    words = ", ".join(f"{name}: {value}" for name, value in arguments.items() if value not in (None, "", [], False))
    words = " ".join(words.split())
    return words if len(words) <= limit else f"{words[: limit - 1]}…"
