"""Runs mcs-gmail and others in the sandbox, one after the other in turn, and prints what each operation costs.

The round trips are those of the proxy: TCP, CONNECT, TLS and each request. What Gmail itself takes is not modelled.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))
from world import World, challenge, plain_environment  # noqa: E402

HERE = Path(__file__).resolve().parent
ROUND_TRIPS = (0, 50)
# A run that takes longer has failed.
TIMEOUT = 120
OPERATIONS = (
    "start",
    "list 5",
    "list 20",
    "list 100",
    "list 100, 10 parts at once",
    "list 500",
    "read",
    "read of 10",
    "send",
    "reply",
    "forward 5 MB",
    "archive of 1,000",
    "cold call",
)
NO_LIMIT = 100_000


@dataclass
class Mailbox:
    """The messages that the operations are about."""

    ids: list[str]
    big: str

    def words(self, text: str) -> list[str]:
        """The words of a command, in which ID, IDS and BIG stand for messages."""
        given = {"ID": self.ids[:1], "IDS": self.ids[:10], "BIG": [self.big]}
        return [value for word in text.split() for value in given.get(word, [word])]


@dataclass
class Program:
    """A program with its command for each operation that it has."""

    name: str
    start: list[str]
    env: dict[str, str]
    commands: dict[str, str]
    # A command that has one argument more for each message, or other arguments than words.
    special: dict[str, list[str]] = field(default_factory=dict)

    def command(self, operation: str, mailbox: Mailbox) -> list[str] | None:
        if operation in self.special:
            return [*self.start, *self.special[operation]]
        if operation not in self.commands:
            return None
        return [*self.start, *mailbox.words(self.commands[operation])]


@dataclass
class Measured:
    """What the runs of one program and one operation came to."""

    walls: dict[int, list[float]] = field(default_factory=lambda: {trip: [] for trip in ROUND_TRIPS})
    cpu: list[float] = field(default_factory=list)
    memory: int | None = None
    costs: tuple[str, ...] = ()
    instructions: str = "-"


def run(command: list[str], env: dict[str, str], expected: int) -> tuple[float, float]:
    """Wall and CPU seconds. Fails if the program does."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=env["HOME"])
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expected or wall > TIMEOUT:
            err.seek(0)
            raise RuntimeError(f"{process.returncode}: {err.read()[-300:].decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime


def peak_memory(command: list[str], env: dict[str, str]) -> int | None:
    """The peak of memory in kB, as far as it is seen: what the kernel reports at the end counts this interpreter, too."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=env, stdin=quiet, stdout=quiet, stderr=quiet, cwd=env["HOME"])
    status, peak = Path(f"/proc/{process.pid}/status"), None
    while process.poll() is None:
        try:
            if seen := re.search(r"VmHWM:\s+(\d+) kB", status.read_text()):
                peak = int(seen[1])
        except OSError:
            break
    process.wait()
    return peak


def instructions(command: list[str], env: dict[str, str]) -> str:
    """Millions of instructions in user space, as perf or callgrind counts them."""
    for tool, pattern in (
        (["perf", "stat", "-x,", "-e", "instructions:u"], r"^(\d+),"),
        (["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], r"Collected : (\d+)"),
    ):
        if not shutil.which(tool[0]):
            continue
        try:
            done = subprocess.run([*tool, *command], env=env, capture_output=True, text=True, timeout=600, check=False)
        except subprocess.TimeoutExpired:
            continue
        if counted := re.search(pattern, done.stderr, re.MULTILINE):
            return f"{int(counted[1]) / 1e6:.1f} M"
    return "-"


class Comparison:
    """All programs, in one sandbox."""

    def __init__(self, world: World, home: Path, release: Path, python: Path) -> None:
        self.world, self.home = world, home
        self.token = world.answer().removeprefix("ACCESS_TOKEN=")
        self.env = plain_environment(home)
        self.env |= {name: world.env[name] for name in ("HTTPS_PROXY", "SSL_CERT_FILE")}
        self.own = str((release / "mcs-gmail").resolve())
        self.sign_in()
        self.mailbox = self.fill()
        self.programs = [self.ours(), self.minimal(release), self.curl(), self.skill(python), self.gws(), self.himalaya()]
        self.programs = [program for program in self.programs if self.is_there(program)]

    def tell(self, line: str) -> str:
        assert self.world.process.stdin
        self.world.process.stdin.write(f"{line}\n")
        self.world.process.stdin.flush()
        return self.world.answer()

    def mine(self, *arguments: str) -> str:
        command = [self.own, *arguments]
        done = subprocess.run(command, env=self.env | self.world.settings(), capture_output=True, text=True, check=False)
        if done.returncode == 4:
            self.world.approve(challenge(done.stdout)["url"])
            return self.mine(*arguments)
        assert done.returncode == 0, done
        return done.stdout

    def sign_in(self) -> None:
        self.mine("list", "--limit", "1")

    def fill(self) -> Mailbox:
        self.tell("bulk 1200")
        big = self.home / "big.bin"
        big.write_bytes(os.urandom(5_000_000))
        words = ["send", "--to", "bob@example.org", "--subject", "Big", "--body", "x", "--attach", str(big)]
        sent = json.loads(self.mine(*words))
        rows = json.loads(self.mine("list", "--limit", "10"))
        return Mailbox([row["uid"] for row in rows], sent["id"])

    def ours(self) -> Program:
        commands = {
            "start": "--version",
            "read": "read ID",
            "read of 10": "read IDS",
            "send": "send --to bob@example.org --subject s --body x",
            "reply": "reply ID --body x",
            "forward 5 MB": "forward BIG --to bob@example.org --body x",
            "archive of 1,000": "archive --query from:bulk.example --limit 1000 --yes",
            "cold call": "list --limit 20",
        }
        commands |= {name: f"list --limit {name.split()[1].rstrip(',')}" for name in OPERATIONS if name.startswith("list")}
        return Program("mcs-gmail", [self.own], self.world.settings(), commands)

    def minimal(self, release: Path) -> Program:
        commands = {name: name.split()[1].rstrip(",") for name in OPERATIONS if name.startswith("list") and "parts" not in name}
        env = {"ACCESS_TOKEN": self.token}
        return Program("two requests with ureq", [str((release / "examples/minimal").resolve())], env, commands | {"start": "--version"})

    def curl(self) -> Program:
        """What is done in one request."""
        base = "https://gmail.googleapis.com/gmail/v1/users/me"
        call = ["--fail", "--silent", "--show-error", "--cacert", self.env["SSL_CERT_FILE"]]
        call += ["--header", f"Authorization: Bearer {self.token}"]
        message = "To: bob@example.org\r\nSubject: s\r\n\r\nx\r\n"
        upload = "https://gmail.googleapis.com/upload/gmail/v1/users/me/messages/send?uploadType=media"
        special = {
            "start": ["--version"],
            "read": [*call, f"{base}/messages/{self.mailbox.ids[0]}?format=full"],
            "send": [*call, "--header", "Content-Type: message/rfc822", "--data-binary", message, upload],
        }
        return Program("curl", ["curl"], {}, {}, special)

    def skill(self, python: Path) -> Program:
        def one(tool: str, **arguments: object) -> list[str]:
            return [tool, json.dumps(arguments)]

        special = {
            "start": [],
            "read": one("fetch_message", uid=self.mailbox.ids[0]),
            "read of 10": ["fetch_message", *(json.dumps({"uid": uid}) for uid in self.mailbox.ids)],
            "send": one("send_message", to="bob@example.org", subject="s", body="x"),
            "cold call": one("list_messages", limit=20),
        }
        special |= {f"list {count}": one("list_messages", limit=count) for count in (5, 20, 100, 500)}
        env = {"REQUESTS_CA_BUNDLE": self.env["SSL_CERT_FILE"], "ACCESS_TOKEN": self.token} | self.world.settings()
        return Program("Python skill", [str(python), str(HERE / "compare_skill.py")], env, {}, special)

    def gws(self) -> Program:
        commands = {
            "start": "--version",
            "read": "gmail +read --id ID",
            "send": "gmail +send --to bob@example.org --subject s --body x",
            "reply": "gmail +reply --message-id ID --body x",
            "forward 5 MB": "gmail +forward --message-id BIG --to bob@example.org --body x",
        }
        commands |= {f"list {count}": f"gmail +triage --max {count} --query in:inbox" for count in (5, 20, 100, 500)}
        return Program("gws", ["gws"], {"GOOGLE_WORKSPACE_CLI_TOKEN": self.token}, commands)

    def himalaya(self) -> Program:
        config = self.home / "himalaya.toml"
        config.write_text(
            f'[accounts.ada]\ndefault = true\nemail = "ada@example.com"\n'
            f'proxy.url = "{self.env["HTTPS_PROXY"]}"\ngmail.tls.cert = "{self.env["SSL_CERT_FILE"]}"\n'
            f'gmail.auth.token.raw = "{self.token}"\nmailbox.alias.inbox = "INBOX"\n'
        )
        commands = {
            "start": "--version",
            "read": "message read ID",
            "send": "message compose --to bob@example.org --subject s --body x --send",
            "reply": "message reply ID --body x --send",
            "forward 5 MB": "message forward BIG --to bob@example.org --body x --send",
        }
        commands |= {f"list {count}": f"envelope list --page-size {count} --json" for count in (5, 20, 100, 500)}
        return Program("himalaya", ["himalaya"], {"HIMALAYA_CONFIG": str(config)}, commands)

    def is_there(self, program: Program) -> bool:
        there = shutil.which(program.start[0]) is not None
        if not there:
            print(f"compare: {program.name} is skipped: it is not installed", file=sys.stderr)
        return there

    def prepared(self, program: Program, operation: str) -> tuple[dict[str, str], int]:
        """What a run needs: its environment and its exit status. The sandbox is made ready."""
        env = self.env | program.env
        self.tell(f"parts {10 if 'parts' in operation else NO_LIMIT}")
        if operation == "archive of 1,000":
            self.tell("bulk 1000")
        if operation != "cold call":
            return env, 0
        home = Path(tempfile.mkdtemp(dir=self.home))
        return {name: value for name, value in env.items() if name != "ACCESS_TOKEN"} | {"HOME": str(home)}, 4

    def once(self, program: Program, operation: str, command: list[str], trip: int, into: Measured | None) -> None:
        env, expected = self.prepared(program, operation)
        self.tell("costs")
        self.tell(f"latency {trip}")
        wall, cpu = run(command, env, expected)
        self.tell("latency 0")
        costs = self.tell("costs").split()
        if into:
            into.walls[trip].append(wall)
            into.cpu.append(cpu)
            into.costs = tuple(costs)

    def measure(self, operation: str, runs: int, count: bool) -> list[tuple[str, Measured]]:
        able: list[tuple[Program, list[str], Measured]] = []
        for program in self.programs:
            command = program.command(operation, self.mailbox)
            if command is None:
                continue
            try:
                self.once(program, operation, command, 0, None)
                able.append((program, command, Measured()))
            except RuntimeError as problem:
                print(f"compare: {program.name} cannot do {operation}: {problem}", file=sys.stderr)
        for trip in ROUND_TRIPS if operation != "start" else ROUND_TRIPS[:1]:
            for _ in range(runs):
                for program, command, measured in able:
                    self.once(program, operation, command, trip, measured)
        for program, command, measured in able:
            self.tell("latency 20")
            env, _ = self.prepared(program, operation)
            measured.memory = max(filter(None, (peak_memory(command, env) for _ in range(3))), default=None)
            self.tell("latency 0")
            if count:
                env, _ = self.prepared(program, operation)
                measured.instructions = instructions(command, env)
        return [(program.name, measured) for program, _, measured in able]


def row(operation: str, name: str, measured: Measured) -> str:
    def wall(trip: int) -> str:
        times = [1000 * seconds for seconds in measured.walls[trip]]
        return f"{min(times):.1f} / {statistics.median(times):.1f}" if times else "-"

    connections, requests, units = measured.costs
    cells = [operation, name, wall(0), wall(50), f"{1000 * statistics.median(measured.cpu):.1f}", measured.instructions]
    cells += [f"{measured.memory / 1000:.1f}" if measured.memory else "-", requests, connections, units]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", type=Path, required=True, help="where cargo puts what it builds")
    parser.add_argument("--python", type=Path, required=True, help="the interpreter with the packages of the Python skill")
    parser.add_argument("--runs", type=int, default=21, help="runs of each program, operation and round trip")
    parser.add_argument("--only", default="", help="only operations that contain this text")
    parser.add_argument("--no-instructions", action="store_true", help="do not count instructions")
    options = parser.parse_args()
    head = ["operation", "program", "wall at 0 ms, min / median (ms)", "wall at 50 ms, min / median (ms)", "CPU (ms)"]
    head += ["instructions", "RSS (MB)", "requests", "connections", "units"]
    sandbox = (options.release / "examples/sandbox").resolve()
    with tempfile.TemporaryDirectory() as home:
        world = World(sandbox, "--google-token", "--discovery")
        comparison = Comparison(world, Path(home), options.release, options.python)
        print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}", flush=True)
        for operation in OPERATIONS:
            if options.only in operation:
                for name, measured in comparison.measure(operation, options.runs, not options.no_instructions):
                    print(row(operation, name, measured), flush=True)
        # Other programs may have asked for hosts that the sandbox does not have.
        world.process.communicate(timeout=30)


main()
