"""Runs mcs-gmail: one process per call, parameters on stdin, nothing secret on the command line.

It knows the exit codes and the shape of errors, and neither the model nor the screen.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from .problem import CONFIGURATION, TEMPORARY, Problem
from .settings import BINARY_VARIABLE

NAME = "mcs-gmail.exe" if os.name == "nt" else "mcs-gmail"
# A run ends by itself. This is for one that does not.
LIMIT = 900.0
# Time to end after a signal, in seconds.
GRACE = 2.0


def find_binary(option: str | None, environ: Mapping[str, str]) -> Path:
    """The program: named, beside this Python's scripts, or in PATH."""
    for named, source in ((option, "--binary"), (environ.get(BINARY_VARIABLE), BINARY_VARIABLE)):
        if named:
            found = shutil.which(Path(named).expanduser().absolute())
            if found:
                return Path(found)
            raise Problem(f"{named} is not a program", f"Correct {source}.", CONFIGURATION)
    beside = (sysconfig.get_path("scripts"), Path(sys.executable).parent, Path(sys.argv[0]).absolute().parent)
    for directory in beside:
        candidate = Path(directory) / NAME
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which("mcs-gmail", path=environ.get("PATH"))
    if found:
        return Path(found)
    raise Problem(
        "mcs-gmail is not installed",
        f"Run pip install mcs-gmail or cargo install mcs-gmail, or name it with --binary or {BINARY_VARIABLE}.",
        CONFIGURATION,
    )


@dataclass(frozen=True)
class Result:
    """How a run ended. ``error`` is the document of its last line on stderr, or empty."""

    code: int
    text: str
    document: Any
    error: dict[str, Any] = field(default_factory=dict)
    # What the program says beside the result.
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(self.error.get("code", ""))


class Program:
    """mcs-gmail with the options of this session."""

    def __init__(
        self,
        binary: Path,
        environment: Mapping[str, str],
        options: Sequence[str] = (),
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.binary = binary
        self.environment = dict(environment)
        self.options = list(options)
        self.on_line = on_line

    def call(self, tool: str, parameters: Mapping[str, Any]) -> Result:
        return self.run(["exec", tool, "-"], json.dumps(parameters))

    def document(self, arguments: Sequence[str]) -> Any:
        """What a command prints that needs neither a sign-in nor the network."""
        result = self.run(arguments, "", quiet=True)
        if result.code != 0 or result.document is None:
            raise failure(result, self.binary)
        return result.document

    def run(self, arguments: Sequence[str], stdin: str = "", *, quiet: bool = False) -> Result:
        """Runs to the end. An interrupt ends the process, waits for it, and is raised again."""
        on_line = None if quiet else self.on_line
        try:
            process = subprocess.Popen(
                [str(self.binary), *self.options, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                # Ctrl-C at the terminal is for this program, which then ends the process; and nothing but this
                # program asks the person.
                start_new_session=True,
            )
        except OSError as error:
            hint = f"Correct --binary or {BINARY_VARIABLE}."
            raise Problem(f"cannot start {self.binary}: {error.strerror}", hint, CONFIGURATION) from error
        out, err = Collector(process.stdout), Collector(process.stderr, on_line)
        feeder = threading.Thread(target=feed, args=(process.stdin, stdin), daemon=True)
        feeder.start()
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired as error:
            end(process)
            raise Problem(f"mcs-gmail did not end within {LIMIT:.0f} s", "Ask again.", TEMPORARY) from error
        except BaseException:
            end(process)
            raise
        return result(process.returncode, out.text(), err.text())


class Collector:
    """Reads a stream to its end beside the main thread, which waits for the process and can be interrupted."""

    def __init__(self, stream: IO[bytes] | None, on_line: Callable[[str], None] | None = None) -> None:
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self.read, args=(stream, on_line), daemon=True)
        self.thread.start()

    def read(self, stream: IO[bytes] | None, on_line: Callable[[str], None] | None) -> None:
        for raw in stream or ():
            line = raw.decode("utf-8", "replace")
            self.lines.append(line)
            if on_line and not is_error(line):
                on_line(line.rstrip("\r\n"))

    def text(self) -> str:
        self.thread.join(GRACE)
        return "".join(self.lines)


def feed(stream: IO[bytes] | None, text: str) -> None:
    """A process that ends without reading is no failure of ours."""
    with contextlib.suppress(OSError):
        if stream:
            stream.write(text.encode())
            stream.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process with its children, and reaps it."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(process.pid, number)
            else:
                process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(GRACE)
            return


def result(code: int, text: str, messages: str) -> Result:
    document = None
    with contextlib.suppress(ValueError):
        document = json.loads(text) if text.strip() else None
    lines = [line for line in messages.splitlines() if line.strip()]
    error: dict[str, Any] = {}
    if lines and is_error(lines[-1]):
        error = json.loads(lines[-1])["error"]
    elif code and not document:
        error = {"code": "failed", "message": lines[-1] if lines else f"mcs-gmail ended with {code}"}
    return Result(code, text, document, error, [note for line in lines if (note := note_of(line))])


def note_of(line: str) -> dict[str, Any]:
    """The document of a note or a warning; empty if the line is none."""
    if line.startswith(('{"note":', '{"warning":')):
        with contextlib.suppress(ValueError):
            document: dict[str, Any] = json.loads(line)
            return document
    return {}


def is_error(line: str) -> bool:
    if not line.startswith('{"error":'):
        return False
    with contextlib.suppress(ValueError):
        return isinstance(json.loads(line).get("error"), dict)
    return False


def failure(result: Result, binary: Path) -> Problem:
    """An error of the program, for the person. A fault of the set-up names the command that finds it."""
    message = str(result.error.get("message") or f"mcs-gmail ended with exit code {result.code}")
    said = result.error.get("said")
    if said:
        message = f"{message} ({said})"
    hint = str(result.error.get("hint") or "")
    if result.code == CONFIGURATION:
        hint = f"{hint} Run mcs-gmail doctor to check the whole set-up.".strip()
        if shutil.which("mcs-gmail") is None:
            # The command that can be typed here.
            hint = re.sub(r"\bmcs-gmail (?=[a-z])", lambda _: f"{shlex.quote(str(binary))} ", hint)
    return Problem(message, hint, result.code if result.code > 0 else 1)
