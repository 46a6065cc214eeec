"""Claude Code as a user has it, in a home directory of its own, against a scripted model."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model import Json, Model, say

# Seconds without a line from the client after which a turn has failed.
PATIENCE = 60
# No traffic but to the model: no telemetry, no updates, no reports of errors.
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
}


class Home:
    """A home directory with a working directory, and the program of the client."""

    def __init__(self, program: Path, directory: Path, environment: dict[str, str]) -> None:
        self.program, self.directory = program, directory
        self.work = directory / "work"
        self.work.mkdir(parents=True)
        self.environment = {**environment, **QUIET, "HOME": str(directory), "TMPDIR": str(directory / "tmp")}
        (directory / "tmp").mkdir()
        (directory / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))

    @property
    def skill(self) -> Path:
        return self.directory / ".claude/skills/mcs-gmail"

    def settings(self, settings: Json) -> None:
        path = self.directory / ".claude/settings.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(settings))

    def environment_for(self, model: Model) -> dict[str, str]:
        return {**self.environment, "ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": "sk-ant-none"}

    def run(self, *arguments: str) -> str:
        """Runs a command of the client that needs no model. Returns what it prints."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"claude {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def print_mode(self, steps: list[Json]) -> tuple[list[Result], list[str]]:
        """One turn with `-p`: the results of the model's calls, and the commands for which nobody could be asked."""
        with Model() as model:
            model.script(*steps, say("Done."))
            done = subprocess.run(
                [self.program, "-p", "Look at my mail", "--output-format", "json"],
                cwd=self.work,
                env=self.environment_for(model),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE * 2,
            )
            assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
            answer = json.loads(done.stdout)
            denied = [denial["tool_input"].get("command", "") for denial in answer["permission_denials"]]
            return [Result(*result) for result in model.results()], denied


class Result:
    """What the client told the model about a call."""

    def __init__(self, text: str, failed: bool) -> None:
        self.text, self.failed = text, failed

    def __repr__(self) -> str:
        return f"{'failed' if self.failed else 'done'}: {self.text}"


class Session:
    """A conversation of several turns. What would be a prompt on a terminal goes to the person, as in an IDE."""

    def __init__(self, home: Home, model: Model) -> None:
        self.model = model
        self.asked: list[str] = []
        self.allows: Callable[[str], bool] = lambda question: False
        # What the person does when a call has ended, while the model goes on.
        self.sees: Callable[[str], None] = lambda result: None
        self.transcript: list[str] = []
        self.process = subprocess.Popen(
            [
                *(home.program, "-p", "--verbose", "--permission-prompt-tool", "stdio"),
                *("--input-format", "stream-json", "--output-format", "stream-json"),
            ],
            cwd=home.work,
            env=home.environment_for(model),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def send(self, document: Json) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(document) + "\n")
        self.process.stdin.flush()

    def turn(self, text: str, *steps: Json) -> list[Result]:
        """The person says something, and the model goes through the steps. Returns the results of the calls."""
        self.transcript.append(f"\n> {text}")
        before = len(self.model.results())
        self.model.script(*steps)
        self.send({"type": "user", "message": {"role": "user", "content": text}})
        while True:
            line = self.lines.get(timeout=PATIENCE)
            assert line is not None, f"the client ended: {self.transcript[-3:]}"
            document = json.loads(line) if line.startswith("{") else {"type": line}
            self.note(document)
            if document["type"] == "control_request":
                self.decide(document)
            elif document["type"] == "result":
                assert not document["is_error"], document
                assert not self.model.steps, f"the client did not ask for {self.model.steps}"
                return [Result(*result) for result in self.model.results()[before:]]

    def decide(self, document: Json) -> None:
        request = document["request"]
        assert request["subtype"] == "can_use_tool", request
        arguments: Json = request["input"]
        question = arguments["command"] if request["tool_name"] == "Bash" else request["tool_name"]
        self.asked.append(question)
        allowed = self.allows(question)
        self.transcript.append(f"  [asked] {question} -> {'allowed' if allowed else 'denied'}")
        answer: Json = {"behavior": "allow", "updatedInput": arguments}
        if not allowed:
            answer = {"behavior": "deny", "message": "The user said no."}
        response = {"subtype": "success", "request_id": document["request_id"], "response": answer}
        self.send({"type": "control_response", "response": response})

    def heard(self) -> list[str]:
        """The questions since the last call."""
        asked, self.asked = self.asked, []
        return asked

    def note(self, document: Json) -> None:
        told = document["type"] in ("assistant", "user")
        content: Any = document["message"]["content"] if told else []
        for block in content if isinstance(content, list) else []:
            if block["type"] == "text" and document["type"] == "user":
                self.transcript.append(f"  {block['text'].splitlines()[0]} [...]")
            elif block["type"] == "text":
                self.transcript.append(block["text"])
            elif block["type"] == "tool_use":
                given = block["input"].get("command") or json.dumps(block["input"])
                self.transcript.append(f"  {block['name']}: {given}")
            elif block["type"] == "tool_result":
                text = block["content"] if isinstance(block["content"], str) else json.dumps(block["content"])
                self.transcript.append(f"  = {text[:800]}")
                self.sees(text)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)


def client_in(directory: Path) -> Path:
    """The program in a directory into which npm has installed it."""
    found = [
        path
        for path in directory.glob("node_modules/@anthropic-ai/claude-code*/**/claude*")
        if path.is_file() and os.access(path, os.X_OK) and path.stat().st_size > 50_000_000
    ]
    assert found, f"no program of Claude Code in {directory}"
    return found[0]
