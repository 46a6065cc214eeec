"""The embedded sandbox for tests with real clients: its environment, its person, and bundles of the skill."""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BROKER = "broker.sandbox.example"
GMAIL = "gmail.googleapis.com"


class World:
    """Runs `sandbox --serve --person`. Leaving it checks that the program asked for nothing that it should not have."""

    def __init__(self, sandbox: Path, *options: str) -> None:
        command = [str(sandbox), "--serve", "--person", *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.env: dict[str, str] = {}
        while "MCS_CACHE_DIR" not in self.env:
            name, _, value = self.answer().removeprefix("export ").partition("=")
            self.env[name] = "".join(shlex.split(value))
        del self.env["MCS_CACHE_DIR"]

    def answer(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise AssertionError(f"the sandbox ended: {self.process.stderr.read() if self.process.stderr else ''}")
        return line.strip()

    def approve(self, link: str) -> None:
        """The person opens a link, signs in and allows what is asked."""
        assert self.process.stdin
        self.process.stdin.write(f"{link}\n")
        self.process.stdin.flush()
        told = self.answer()
        assert told == "approved", f"{link}: {told}"

    def settings(self) -> dict[str, str]:
        """What the program reads as its configuration, without the network."""
        return {name: value for name, value in self.env.items() if name.startswith("MCS_GMAIL_")}

    def secrets(self) -> list[str]:
        return [value for name, value in self.env.items() if name.endswith(("_SECRET", "_API_KEY"))]

    def __enter__(self) -> World:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _, complaints = self.process.communicate(timeout=30)
        if error is None:
            assert self.process.returncode == 0, f"the sandbox ended with {self.process.returncode}: {complaints}"


def bundle(directory: Path, binary: Path | None) -> Path:
    """Puts the skill at a directory, as its zip has it: with the binary beside the launcher. Returns the launcher."""
    shutil.copytree(ROOT / "skill", directory)
    if binary:
        system = platform.system().lower()
        inside = directory / f"scripts/mcs-gmail-{system}-{platform.machine().replace('arm64', 'aarch64')}"
        shutil.copy(binary, inside)
        inside.chmod(0o755)
    launcher = directory / "scripts/mcs-gmail"
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    return launcher


def packed(directory: Path, binary: Path, config: Path) -> Path:
    """Unpacks the zip of `skill pack` with a configuration, as an upload does: without the executable bits."""
    program, zip_file = directory.parent / "program", directory.parent / "mcs-gmail.zip"
    if binary.stat().st_size < 25_000_000:
        shutil.copy(binary, program)
    else:
        # A build without optimisation is larger than an upload may be: a small program keeps its place in the zip.
        version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
        mark = f'static const char mark[] = "\\0mcs-gmail, version {version}";'
        source = f"{mark}\nint main(void) {{ const char *volatile m = mark; return !m; }}\n"
        subprocess.run(["cc", "-x", "c", "-", "-o", program], input=source, check=True, text=True)
    command = [binary, "skill", "pack", "--with-config", config, "--binary", program, "--out", zip_file]
    done = subprocess.run(command, capture_output=True, env=plain_environment(directory.parent), text=True, timeout=60)
    assert done.returncode == 0, done
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(directory.parent)
    [inside] = (directory / "scripts").glob("mcs-gmail-linux-*")
    shutil.copyfile(binary, inside)
    return directory / "scripts/mcs-gmail"


def challenge(stdout: str) -> Any:
    """The sign-in that a command asks for, from its output or a text that contains it."""
    for line in stdout.splitlines():
        if line.startswith('{"auth_required":true'):
            return json.loads(line)
    raise AssertionError(f"no sign-in is asked for: {stdout}")


def plain_environment(home: Path) -> dict[str, str]:
    """PATH, HOME and the locale, and nothing else of the caller's environment."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "SHELL": "/bin/bash"}
