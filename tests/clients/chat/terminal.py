"""A program in a pseudo-terminal: what a person sees, and what a person types."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>()][A-B0-2]?|[\x00-\x08\x0e-\x1f]"
)


class Terminal:
    def __init__(self, arguments: "list[str]", environment: "dict[str, str]", directory: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))

        def own() -> None:
            os.setsid()
            # A shell that starts a test in the background has interrupts ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            arguments,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color"},
            cwd=directory,
            preexec_fn=own,
        )
        os.close(slave)
        self.raw = b""
        # Where the next expectation begins.
        self.seen = 0

    @property
    def text(self) -> str:
        return CONTROL.sub("", self.raw.decode("utf-8", "replace")).replace("\r\n", "\n").replace("\r", "\n")

    def read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError:
            return False
        self.raw += piece
        return bool(piece)

    def expect(self, pattern: str, seconds: float = 20) -> "re.Match[str]":
        """Waits for a text after the last one that was expected."""
        end = time.monotonic() + seconds
        while True:
            text = self.text
            match = re.compile(pattern, re.MULTILINE).search(text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if time.monotonic() > end or (self.process.poll() is not None and not self.read(0)):
                raise AssertionError(f"{pattern!r} was not shown within {seconds} s:\n{text[self.seen :]}")
            self.read(0.1)

    def prompt(self, seconds: float = 20) -> None:
        self.expect(r"^> $", seconds)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def enter(self, line: str) -> None:
        self.type(line + "\r")

    def interrupt(self) -> None:
        self.type("\x03")

    def end(self, seconds: float = 15) -> int:
        """Waits for the end of the program."""
        limit = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < limit, f"the program does not end:\n{self.text[-2000:]}"
            self.read(0.1)
        while self.read(0.05):
            pass
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


def children(pid: int) -> "list[str]":
    """The command lines of the children of a process, zombies included."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                stat = (path / "stat").read_text()
                if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
                    found.append((path / "cmdline").read_text().replace("\0", " ") or stat)
            except OSError:
                continue
    return found
