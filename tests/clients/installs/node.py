"""The npm packages, by npx and npm, and the launcher's answers when something is missing."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from registry import registry
from world import World

# Run before the launcher: makes it believe that it is on another system.
ELSEWHERE = "Object.defineProperty(process, 'platform', {value: 'sunos'});"
MUSL = "process.report.getReport = () => ({header: {}});"


def npm_variables(world: World, base: str) -> dict[str, str]:
    node = Path(subprocess.check_output(["node", "-p", "process.execPath"], text=True).strip()).parent
    npm = Path(subprocess.check_output(["sh", "-c", "command -v npm"], text=True).strip()).parent
    return {
        "PATH": f"{node}:{npm}:/usr/local/bin:/usr/bin:/bin",
        "npm_config_registry": base,
        "npm_config_cache": str(world.directory / "npm-cache"),
        "npm_config_update_notifier": "false",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
    }


def check_npx(packages: Path, world: World) -> str:
    with registry(packages) as base:
        # npm reads HTTPS_PROXY too, but the registry is reached without it.
        world.check_program(["npx", "--yes", "mcs-gmail"], npm_variables(world, base))
    return "npx mcs-gmail: installs from a registry on loopback, signs in and lists"


def check_launcher(packages: Path, world: World) -> str:
    with registry(packages) as base:
        variables = {**world.environment(), **npm_variables(world, base)}
        whole, bare = world.directory / "whole", world.directory / "bare"
        npm("install", whole, variables)
        npm("install", bare, variables, "--omit=optional")
    installed = {path.name for path in (whole / "node_modules").iterdir() if path.name.startswith("mcs-gmail")}
    assert installed == {"mcs-gmail", f"mcs-gmail-linux-{machine()}"}, installed
    launcher = whole / "node_modules/.bin/mcs-gmail"

    passed = subprocess.run([launcher, "exec", "tomorrow", "-"], env=variables, input=b"{}", capture_output=True)
    assert passed.returncode == 2 and b'"exit":2' in passed.stderr and passed.stdout == b"", passed
    tools = subprocess.run([launcher, "tools", "--as", "json"], env=variables, capture_output=True)
    assert tools.returncode == 0 and len(json.loads(tools.stdout)) > 20 and tools.stderr == b"", tools
    check_signals(launcher, variables)

    error = refusal([bare / "node_modules/.bin/mcs-gmail", "list"], variables)
    assert "is not installed" in error["message"] and "--include=optional" in error["hint"], error
    node = ["node", "--require", script(world, MUSL), str(launcher)]
    error = refusal(node, variables)
    assert "another C library" in error["message"] and "cargo install mcs-gmail --locked" in error["hint"], error
    error = refusal(["node", "--require", script(world, ELSEWHERE), str(launcher)], variables)
    assert "there is no binary for sunos-" in error["message"], error
    program = whole / f"node_modules/mcs-gmail-linux-{machine()}/bin/mcs-gmail"
    program.chmod(0o644)
    error = refusal([launcher], variables)
    assert "cannot be started" in error["message"], error
    return "the npm launcher: streams, exit codes and signals pass; without its platform's package it names the fix"


def machine() -> str:
    return {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]


def npm(verb: str, directory: Path, variables: dict[str, str], *options: str) -> None:
    directory.mkdir()
    subprocess.run(["npm", verb, "--silent", "--prefix", directory, *options, "mcs-gmail"], env=variables, check=True)


def script(world: World, text: str) -> str:
    file = world.directory / "before.js"
    file.write_text(text)
    return str(file)


def refusal(command: list, variables: dict[str, str]) -> dict[str, str]:
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 10 and done.stdout == "", done
    return json.loads(done.stderr)["error"]


def check_signals(launcher: Path, variables: dict[str, str]) -> None:
    """A signal to the launcher ends the program, and the launcher by the same signal. No process stays behind."""
    for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        started = subprocess.Popen(
            [launcher, "exec", "list_messages", "-"], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        child = wait_for_child(started.pid)
        started.send_signal(sent)
        assert started.wait(timeout=20) == -sent, (sent, started.returncode)
        assert not Path(f"/proc/{child}").exists(), f"the program goes on after {sent}"


def wait_for_child(pid: int) -> int:
    for _ in range(200):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        # Before it becomes the program, it is a copy of node.
        if children and os.readlink(f"/proc/{children[0]}/exe").endswith("/bin/mcs-gmail"):
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("the launcher started no program")
