"""Runs the skill where agents run commands: in sandbox-runtime, and in a container like those of a cloud session.

Each command is a new process without a network of its own: all it reaches is a proxy, which opens two hosts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from world import BROKER, GMAIL, World, bundle, challenge, packed, plain_environment

THIRD = "third.example"
LETTER = "send --to bob@example.org --subject Lunch --body 'At noon?' --dry-run"


class Done:
    """How a command ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr

    def __repr__(self) -> str:
        return f"{self.code}\n{self.stdout}\n{self.stderr}"

    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.stdout)

    def error(self, code: int) -> Any:
        """The last error document: sandboxes add lines of their own."""
        documents = [line for line in self.stderr.splitlines() if line.startswith('{"error":')]
        assert self.code == code and documents, self
        return json.loads(documents[-1])["error"]


Run = Callable[..., Done]


def two_visits(world: World, run: Run, launcher: str) -> None:
    """From nothing to mail: each command is a new process, and the person opens the links."""
    for step in ["sign_in", "connect_account"]:
        done = run(f"{launcher} list --limit 3")
        assert done.code == 4, done
        link = challenge(done.stdout)
        assert link["step"] == step, done
        world.approve(link["url"])
    rows = run(f"{launcher} list --limit 3").json()
    assert len(rows) == 3, rows
    letter = run(f"{launcher} read {rows[0]['uid']}").json()
    assert letter["subject"] == rows[0]["subject"] and letter["body"], letter
    assert "At noon?" in run(f"{launcher} {LETTER}").stdout
    points = json.loads(run(f"{launcher} doctor").stdout)["points"]
    faults = [point for point in points if point["state"] == "fault"]
    assert not faults, faults


class Place:
    """What a story gets."""

    def __init__(self, runtime: Path, binary: Path, sandbox: Path, directory: Path) -> None:
        self.runtime, self.binary, self.sandbox, self.directory = runtime, binary, sandbox, directory
        directory.mkdir()


def inside_sandbox_runtime(place: Place) -> None:
    home, work = place.directory / "home", place.directory / "work"
    (home / ".mcs").mkdir(parents=True)
    work.mkdir()
    launcher = bundle(place.directory / "my skills/mcs-gmail", place.binary)
    with World(place.sandbox) as world:
        environment = {**plain_environment(home), **world.settings()}
        environment["SSL_CERT_FILE"] = world.env["SSL_CERT_FILE"]
        # The proxy of the runtime goes on through the sandbox's.
        environment["HTTPS_PROXY"] = world.env["HTTPS_PROXY"]

        def run(command: str, writable: list[str] | None = None, **more: str) -> Done:
            settings = {
                "network": {"allowedDomains": [BROKER, GMAIL], "deniedDomains": []},
                "filesystem": {"denyRead": [], "allowWrite": writable or [".", "~/.mcs"], "denyWrite": []},
            }
            path = place.directory / "srt.json"
            path.write_text(json.dumps(settings))
            runtime = ["node", str(place.runtime / "dist/cli.js"), "--settings", str(path), "-c", command]
            return execute(runtime, {**environment, **more}, work)

        quoted = f'"{launcher}"'
        # It is the sandbox that is tested: its credentials are in the URL, and nothing is reached without them.
        login = run("echo $HTTPS_PROXY").stdout
        assert "@localhost:3128" in login, login
        error = run(f"HTTPS_PROXY=http://localhost:3128 https_proxy= {quoted} list").error(10)
        assert (error["code"], error["http_status"]) == ("configuration", 407), error
        assert run(f"https_proxy= HTTPS_PROXY= ALL_PROXY= all_proxy= {quoted} list --timeout 5").code == 8

        two_visits(world, run, quoted)
        assert (home / ".mcs/cache/mcs-gmail.json").stat().st_mode & 0o077 == 0

        error = run(f"{quoted} list", MCS_GMAIL_LINKAUTH_BROKER_URL=f"https://{THIRD}", MCS_CACHE_DIR=str(work)).error(
            6
        )
        assert (error["code"], error["host"]) == ("network_refused", THIRD), error
        assert "sandbox.network.allowedDomains" in error["hint"], error
        # Without a place to write to, the sign-in of before is used, and a new one cannot be kept.
        assert run(f"{quoted} list --limit 1", writable=["."]).code == 0
        error = run(f"{quoted} list", writable=["."], MCS_CACHE_DIR=str(home / "other")).error(10)
        assert "not writable" in error["message"], error


def inside_a_container(place: Place) -> None:
    session = place.directory / "sessions/quiet-fox"
    mounted = session / "mnt/outputs"
    mounted.mkdir(parents=True)
    (session / "mnt/.claude/skills").mkdir(parents=True)
    cache = mounted / ".mcs"
    skill = session / "mnt/.claude/skills/mcs-gmail"
    login = "container_ab-1:eyJ0.p@ss/word"
    with World(place.sandbox, "--proxy-login", login, "--forbid", THIRD) as world:
        values = {name.removeprefix("MCS_GMAIL_").lower(): value for name, value in world.settings().items()}
        write_toml(place.directory / "packed.toml", {**values, "cache_dir": str(cache)})
        write_toml(
            mounted / "third.toml", {**values, "linkauth_broker_url": f"https://{THIRD}", "cache_dir": str(cache)}
        )
        launcher = packed(skill, place.binary, place.directory / "packed.toml")
        assert (skill / "config.toml").exists() and not os.access(launcher, os.X_OK)
        shutil.copy(world.env["SSL_CERT_FILE"], session / "ca.pem")
        user, _, password = login.partition(":")
        encoded = password.replace("@", "%40").replace("/", "%2F")
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(session),
            "HTTPS_PROXY": f"http://{user}:{encoded}@127.0.0.1:15004",
            "NO_PROXY": "localhost,127.0.0.1,169.254.169.254,*.svc.cluster.local,*.local,*.googleapis.com,*.google.com",
            "SSL_CERT_FILE": str(session / "ca.pem"),
            "CLAUDE_CODE_REMOTE": "true",
            "IS_SANDBOX": "yes",
        }
        socket = place.directory / "proxy.sock"
        outside = world.env["HTTPS_PROXY"].removeprefix("http://")
        bridge = subprocess.Popen(["socat", f"UNIX-LISTEN:{socket},fork", f"TCP:{outside}"], start_new_session=True)

        def run(command: str, **more: str) -> Done:
            # No network but the socket of the proxy, and no name server.
            inner = f"socat TCP-LISTEN:15004,bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:{socket} & {command}"
            isolated = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
            files = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
            own = ["--ro-bind", str(place.directory), str(place.directory), "--bind", str(mounted), str(mounted)]
            variables = [word for name, value in {**environment, **more}.items() for word in ("--setenv", name, value)]
            command_line = ["bwrap", *isolated, *files, *own, *variables, "--chdir", str(mounted), "sh", "-c", inner]
            return execute(command_line, plain_environment(session), mounted)

        try:
            while not socket.exists():
                time.sleep(0.01)
            assert "Read-only" in run(f"touch '{session}/x'").stderr and "Read-only" in run(f"touch '{skill}/x'").stderr
            assert run(f"getent hosts {GMAIL}").code != 0
            quoted = f'sh "{launcher}"'
            two_visits(world, run, quoted)
            assert (cache / "mcs-gmail.json").exists()
            error = run(f"{quoted} --config '{mounted}/third.toml' auth login --new").error(6)
            assert (error["code"], error["host"]) == ("network_refused", THIRD), error
            error = run(f"{quoted} list", HTTPS_PROXY="http://127.0.0.1:15004").error(10)
            assert error["http_status"] == 407 and "HTTPS_PROXY" in error["hint"], error
        finally:
            os.killpg(bridge.pid, signal.SIGTERM)
            bridge.wait()


def write_toml(path: Path, values: dict[str, str]) -> None:
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    path.chmod(0o600)


def execute(command: list[str], environment: dict[str, str], work: Path) -> Done:
    none = subprocess.DEVNULL
    return Done(
        subprocess.run(command, env=environment, cwd=work, stdin=none, capture_output=True, text=True, timeout=60)
    )


STORIES = [inside_sandbox_runtime, inside_a_container]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", type=Path, help="mcs-gmail")
    parser.add_argument("sandbox", type=Path, help="the example `sandbox`")
    parser.add_argument("--runtime", type=Path, required=True, help="the package of sandbox-runtime")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="srt-") as directory:
        for story in STORIES:
            start = time.monotonic()
            place = Path(directory).resolve() / story.__name__
            story(Place(options.runtime, options.binary.resolve(), options.sandbox.resolve(), place))
            print(f"ok {story.__name__.replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
