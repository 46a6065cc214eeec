"""Claude Code on a terminal: what it shows, and the keys of the person."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable

from client import Home
from model import Model

PATIENCE = 60
# Colours and movements of the cursor.
ESCAPES = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-Z\\-_0-9=>])")


class Terminal:
    """A terminal of 200 columns with the client in it, in a directory that the person trusts."""

    def __init__(self, home: Home, model: Model) -> None:
        environment = {**home.environment_for(model), "TERM": "xterm-256color"}
        key = environment["ANTHROPIC_API_KEY"]
        state = {
            "hasCompletedOnboarding": True,
            "customApiKeyResponses": {"approved": [key[-20:]], "rejected": []},
            "projects": {str(home.work): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}},
        }
        (home.directory / ".claude.json").write_text(json.dumps(state))
        self.shown = b""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(home.work)
            os.execve(home.program, [str(home.program)], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def text(self) -> str:
        """Everything that was shown since the last keys, without the spaces by which the client places it."""
        return re.sub(r"\s+", "", ESCAPES.sub(b"", self.shown).decode("utf-8", "replace"))

    def wait_for(self, *texts: str) -> str:
        """Waits until one of these texts is shown, and says which."""
        found: list[str] = []

        def shown() -> bool:
            found.extend(text for text in texts if re.sub(r"\s+", "", text) in self.text())
            return bool(found)

        self.wait_until(shown, f"one of {texts} is shown")
        return found[0]

    def wait_until(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if done():
                return
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.terminal, 65536)
                except OSError:
                    break
        raise AssertionError(f"not seen that {what}: {self.text()[-3000:]}")

    def press(self, keys: str) -> None:
        self.shown = b""
        os.write(self.terminal, keys.encode())

    def say(self, text: str) -> None:
        self.press(text)
        self.wait_for(text)
        self.press("\r")

    def close(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)
