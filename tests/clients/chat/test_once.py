"""One question per run: at a pipe, interrupted, without a configuration, and with every way to be told a setting."""

import os
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path

from model_server import KEY, ModelServer, Step, call, result
from terminal import Terminal
from world import World

CHAT = str(Path(sys.executable).parent / "mcs-gmail-chat")


class Once(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.world = World(os.environ["BINARY"], os.environ["SANDBOX"], approves=True)
        cls.server = ModelServer()
        cls.server.secrets = cls.world.secrets
        cls.environment = {
            **cls.world.environment,
            "OPENAI_API_KEY": KEY,
            "OPENAI_API_BASE": cls.server.base,
            "MODEL": "openai/scripted",
            "MCS_GMAIL_BINARY": cls.world.binary,
        }

    @classmethod
    def tearDownClass(cls) -> None:
        cls.world.stop()
        cls.server.stop()

    def tearDown(self) -> None:
        violations, self.server.violations = self.server.violations, []
        script, self.server.script = self.server.script, []
        self.assertEqual(violations, [])
        self.assertEqual(script, [])

    def chat(self, *arguments: str, stdin: str = "", env: "dict[str, str] | None" = None, **more: object):
        """One run without a terminal. Neither stream ever has a secret."""
        done = subprocess.run(
            [CHAT, *arguments],
            input=stdin,
            env=self.environment if env is None else env,
            cwd=more.get("cwd", self.world.directory),
            capture_output=True,
            text=True,
            timeout=60,
        )
        for secret in [KEY, *self.world.secrets]:
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done

    def without(self, *names: str, **more: str) -> "dict[str, str]":
        return {**{n: v for n, v in self.environment.items() if n not in names}, **more}

    def test_1_a_link_is_told_and_waited_for_only_if_asked(self) -> None:
        """The first run signs nobody in; the sandbox's person approves; the second goes through the rest."""
        self.server.play(call("list_messages", limit=5))
        done = self.chat("Show me my last 5 emails")
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertRegex(done.stderr, r"visit 1 of 2\): open\s+http://\S+/connect/[A-Z0-9]{4}-[A-Z0-9]{4}\s")
        self.assertRegex(done.stderr, r"error: the sign-in is not finished\nOpen the link")

        def answered(request: dict) -> Step:
            rows = result(request)
            return Step("Your mails:\n\n", *[f"* {row['subject']}\n" for row in rows])

        self.server.play(call("list_messages", limit=5), answered)
        done = self.chat("--wait", "30", "--debug", "--auth0-linkauth", "Show me my last 5 emails")
        self.assertEqual(done.returncode, 0, done.stderr)
        # What goes into a file is the Markdown as it is.
        self.assertEqual(len(re.findall(r"^\* ", done.stdout, re.MULTILINE)), 5, done.stdout)
        self.assertIn("Signed in as ada@example.com", done.stderr)
        for part in (
            r"debug: model: openai/scripted: 2 messages",
            r"debug: tool: list_messages .*'limit': 5",
            r"debug: GET http\S+/v1/sessions/",
            r"debug: POST http\S+/v1/proxy.*|debug: POST \S+/oauth/token",
            r"debug: POST https://gmail\.googleapis\.com/batch",
            r"debug: model: \d+ characters, 0 tool calls, stop",
        ):
            self.assertRegex(done.stderr, part)

    def test_2_nothing_is_sent_if_nobody_can_be_asked(self) -> None:
        """In a directory with a file that would have the keys of the environment sent elsewhere."""
        directory = Path(self.world.home.name) / "hostile"
        directory.mkdir()
        elsewhere = "http://127.0.0.1:1"
        lines = f"OPENAI_API_VERSION=2\nOPENAI_BASE_URL={elsewhere}\nLINKAUTH_BROKER_URL={elsewhere}\n"
        (directory / ".env").write_text(lines)

        def told(request: dict) -> Step:
            self.assertEqual(result(request)["status"], "not_done")
            return Step("I could not send it.")

        before = self.world.sent()
        self.server.play(call("send_message", to="bob@example.org", subject="S", body="B", yes=True), told)
        done = self.chat(stdin="Send Bob a mail\n", cwd=directory)
        self.assertEqual((done.returncode, done.stdout), (6, "I could not send it.\n"))
        self.assertRegex(done.stderr, r"To: bob@example\.org")
        self.assertIn("nothing was sent: stdin is not a terminal", done.stderr)
        self.assertEqual(self.world.sent(), before)
        for name in ("OPENAI_API_VERSION", "OPENAI_BASE_URL", "LINKAUTH_BROKER_URL"):
            self.assertIn(f"{name} is not used: the environment has other values", " ".join(done.stderr.split()))

    def test_3_an_interrupt_ends_a_run_with_130(self) -> None:
        self.server.hanging.clear()
        self.server.play(Step("So", hang=True))
        terminal = Terminal([CHAT, "Think"], self.environment, self.world.directory)
        self.addCleanup(terminal.close)
        terminal.expect("So", 40)
        terminal.interrupt()
        self.assertEqual(terminal.end(5), 130)

    def test_4_settings_come_from_a_file_keys_stay_here_and_access_narrows_the_tools(self) -> None:
        """The program is wrapped in one that shows what it gets."""
        directory = Path(self.world.home.name) / "settings"
        directory.mkdir()
        wrapper = directory / "shows-environment"
        wrapper.write_text(f'#!/bin/sh\nenv >>"{directory}/env"\nexec "{self.world.binary}" "$@"\n')
        wrapper.chmod(0o755)
        moved = ("MCS_GMAIL_AUTH0_DOMAIN", "MCS_GMAIL_AUTH0_CLIENT_ID", "MCS_GMAIL_AUTH0_CLIENT_SECRET")
        moved += ("MCS_GMAIL_AUTH0_AUDIENCE", "MCS_GMAIL_LINKAUTH_BROKER_URL", "MCS_GMAIL_LINKAUTH_API_KEY")
        lines = [f"{n.removeprefix('MCS_GMAIL_')}={self.environment[n]}" for n in moved]
        lines += ["MODEL=openai/scripted", f"OPENAI_API_KEY={KEY}", f"OPENAI_API_BASE={self.server.base}"]
        lines += ["UNRELATED=1", "MCS_GMAIL_BINARY=/bin/false", "# comment", "export MCS_GMAIL_SENDER_NAME='Ada L.'"]
        (directory / ".env").write_text("\n".join(lines) + "\n")
        (directory / ".env").chmod(0o600)
        environment = self.without(*moved, "MODEL", "OPENAI_API_KEY", "OPENAI_API_BASE", OTHER_SECRET="other-key-1234")
        environment["MCS_GMAIL_BINARY"] = str(wrapper)

        def narrow(request: dict) -> Step:
            names = {tool["function"]["name"] for tool in request["tools"]}
            self.assertIn("list_messages", names)
            self.assertFalse(names & {"send_message", "reply_message", "archive_message", "create_draft"})
            return call("send_message", to="bob@example.org", subject="S", body="B")

        def refused(request: dict) -> Step:
            self.assertEqual(result(request)["error"], "there is no tool 'send_message'")
            return call("get_profile")

        self.server.play(narrow, refused, lambda request: Step(result(request)["email"]))
        done = self.chat("--access", "read", "Who am I?", env=environment, cwd=directory)
        self.assertEqual((done.returncode, done.stdout), (0, "ada@example.com\n"), done.stderr)
        self.assertRegex(done.stderr, r"\.env: AUTH0_DOMAIN, [^:]*OPENAI_API_KEY")
        given = (directory / "env").read_text()
        self.assertIn("AUTH0_CLIENT_SECRET=", given)
        self.assertIn("MCS_GMAIL_SENDER_NAME=Ada L.", given)
        for name in ("OPENAI", "OTHER_SECRET", "MODEL", "MCS_GMAIL_BINARY", "UNRELATED"):
            self.assertNotIn(name, given)

    def test_6_what_is_wrong_is_named_before_the_model_is_asked(self) -> None:
        for arguments, env, code, said in (
            (["--binary", "/nowhere"], self.environment, 10, "/nowhere is not a program\nCorrect --binary."),
            ([], self.without("MODEL", "OPENAI_API_KEY"), 10, "no model is chosen\nGive --model PROVIDER/NAME"),
            (
                [],
                self.without("OPENAI_API_KEY"),
                10,
                "no key for openai\nSet OPENAI_API_KEY, in the environment or in .env.",
            ),
            (["--model", "foo/bar"], self.environment, 10, "foo is not a provider that litellm knows\nGive --model"),
            (["--env-file", "/nowhere"], self.environment, 10, "cannot read /nowhere: not found"),
            ([], self.without("MCS_GMAIL_BINARY", PATH="/nowhere"), 10, "mcs-gmail is not installed\nRun pip install"),
            (["--account", "x\ny"], self.environment, 10, "error: "),
            ([""], self.environment, 2, "the question is empty"),
        ):
            with self.subTest(said):
                done = self.chat(*(arguments if "" in arguments else [*arguments, "Hi"]), env=env)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(said, " ".join(done.stderr.split(" ")))
        done = self.chat(stdin="")
        self.assertEqual(done.returncode, 2)

    def test_7_a_fault_of_the_configuration_names_doctor(self) -> None:
        names = [name for name in self.environment if name.startswith("MCS_GMAIL_AUTH0") or "LINKAUTH" in name]
        self.server.play(call("get_profile"))
        # No such command is in PATH.
        done = self.chat("Who am I?", env=self.without(*names, PATH="/usr/bin:/bin"))
        self.assertEqual((done.returncode, done.stdout), (10, ""))
        binary = re.escape(self.world.binary)
        told = rf"error: .*auth0_domain.* Run {binary} config init to .* Run {binary} doctor"
        self.assertRegex(" ".join(done.stderr.split()), told)

    def test_9_a_model_that_is_not_there(self) -> None:
        done = self.chat("Hi", env={**self.environment, "OPENAI_API_BASE": "http://127.0.0.1:9/v1"})
        self.assertEqual((done.returncode, done.stdout), (8, ""), done.stderr)
        self.assertIn("the server of openai/scripted cannot be reached", done.stderr)

    def test_10_a_prompt_can_be_left_at_once(self) -> None:
        terminal = Terminal([CHAT], self.environment, self.world.directory)
        self.addCleanup(terminal.close)
        terminal.prompt()
        terminal.type("\x04")
        self.assertEqual(terminal.end(10), 0)
        self.assertNotIn("Traceback", terminal.text)

    def test_the_help_is_fast_and_complete(self) -> None:
        begin = time.monotonic()
        done = self.chat("--help")
        took = time.monotonic() - begin
        print(f"--help: {took * 1000:.0f} ms", file=sys.stderr)
        self.assertLess(took, 1.5)
        for option in ("--model", "--debug", "--auth0-linkauth", "--env-file", "--account", "--access", "--version"):
            self.assertIn(option, done.stdout)
        version = self.chat("--version").stdout
        self.assertRegex(version, r"^mcs-gmail-chat \d+\.\d+\.\d+\n$")
        self.assertEqual(done.stderr, "")
        self.assertLessEqual(max(map(len, self.chat("--help").stdout.splitlines())), 78)


if __name__ == "__main__":
    unittest.main(failfast=True)
