"""The sandbox, and an installed mcs-gmail in it: the main job, from nothing to mail."""

import json
import re
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Optional

SIGN_IN = 4


class World:
    """Broker, Auth0 and Gmail on loopback. They approve every sign-in."""

    def __init__(self, sandbox: Path, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.count = 0
        self.variables: dict[str, str] = {}

    def __enter__(self) -> "World":
        self.start()
        return self

    def start(self) -> None:
        command = [str(self.sandbox), "--serve", "--auto-approve"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.variables = {}
        for line in self.process.stdout:
            found = re.fullmatch(r"export ([A-Za-z_0-9]+)='?(.*?)'?\n", line)
            assert found, line
            self.variables[found[1]] = found[2]
            if found[1] == "MCS_CACHE_DIR":
                return
        raise AssertionError("the sandbox did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The variables of a new user: nothing is kept from another."""
        self.count += 1
        home = self.directory / f"home-{self.count}"
        home.mkdir()
        path = "/usr/local/bin:/usr/bin:/bin"
        return {**self.variables, "HOME": str(home), "MCS_CACHE_DIR": str(home / "cache"), "PATH": path}

    def check_program(self, command: list[str], variables: Optional[dict[str, str]] = None) -> None:
        """Signs in by two visits, and lists five messages over TLS."""
        # In a new world, the person has not allowed access to Gmail yet.
        self.stop()
        self.start()
        environment = {**self.environment(), **(variables or {})}
        version = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, timeout=120)
        assert version.returncode == 0 and re.fullmatch(r"mcs-gmail \d+\.\d+\.\d+\n", version.stdout), version
        links = set()
        for _ in range(20):
            call = [*command, "exec", "list_messages", '{"limit":5}']
            done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=120)
            if done.returncode != SIGN_IN:
                break
            links.add(json.loads(done.stdout)["url"])
            time.sleep(0.5)
        assert done.returncode == 0, done
        assert len(links) == 2, links
        assert len(json.loads(done.stdout)) == 5, done.stdout
