"""Runs the skill in the real Claude Code: what it asks the person, and what it does not.

The model is a script on the loopback, and the world is the embedded sandbox. The client reaches both through the
sandbox's proxy or directly, and the sandbox complains about every other host.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from client import Home, Session, client_in
from model import Json, Model, call, say
from terminal import Terminal
from world import BROKER, GMAIL, ROOT, World, bundle, challenge, plain_environment

SKILL = call("Skill", skill="mcs-gmail")
# The levels of access that need no question, and the tool that does: it reads files.
UNASKED = ("read", "organise")
ASKED = ("import_messages", "delete_folder")


class Machine:
    """A directory for all homes of a run, and the world whose mailbox they share."""

    def __init__(self, program: Path, binary: Path, sandbox: Path, world: World, directory: Path) -> None:
        self.program, self.binary, self.sandbox, self.world, self.directory = program, binary, sandbox, world, directory
        self.transcript: list[str] = []

    def home(self, name: str, **variables: str) -> Home:
        environment = {**plain_environment(self.directory), **self.world.env, **variables}
        # The proxy of the client's own sandbox obeys it, too.
        environment["NO_PROXY"] = "localhost,127.0.0.1"
        return Home(self.program, self.directory / name, environment)

    def signed_in_home(self, name: str) -> Home:
        """A home that uses the sign-in of the first story."""
        return self.home(name, MCS_CACHE_DIR=str(self.cache))

    @property
    def cache(self) -> Path:
        return self.directory / "home of Ada/.mcs/cache"

    def ask(self, *arguments: str) -> Any:
        """Runs the program itself, beside the client."""
        environment = {**plain_environment(self.directory), **self.world.env, "MCS_CACHE_DIR": str(self.cache)}
        done = subprocess.run([self.binary, *arguments], env=environment, capture_output=True, text=True, timeout=40)
        assert done.returncode == 0, f"{arguments}: {done}"
        return json.loads(done.stdout)

    def sent(self, subject: str) -> int:
        return len(self.ask("search", f"in:sent subject:{subject}"))


def bash(command: str) -> Json:
    return call("Bash", command=command, description="Run mcs-gmail")


def a_sign_in_takes_three_turns_and_a_send_is_asked(machine: Machine) -> None:
    home = machine.home("home of Ada")
    launcher = f'"{bundle(home.skill, machine.binary)}"'
    newest = bash(f"""{launcher} exec list_messages '{{"limit":5}}'""")
    with Model() as model:
        session = Session(home, model)
        machine.transcript = session.transcript
        session.allows = lambda question: question == "Skill"

        results = session.turn("Show me my last 5 emails.", SKILL, newest, say("Please open the first link."))
        first = challenge(results[-1].text)
        assert (first["step"], session.heard()) == ("sign_in", ["Skill"]), session.transcript
        machine.world.approve(first["url"])
        results = session.turn("I have signed in.", SKILL, newest, say("Please open the second link."))
        second = challenge(results[-1].text)
        assert (second["step"], session.heard()) == ("connect_account", ["Skill"]), session.transcript
        machine.world.approve(second["url"])

        # The permission ended with the turn. That is why the skill is loaded again in each turn.
        results = session.turn("Done.", newest, say("You did not allow it."))
        assert results[-1].failed and session.heard() == [newest["input"]["command"]], session.transcript
        results = session.turn("Go on.", SKILL, newest, say("Here they are."))
        rows = json.loads(results[-1].text)
        assert (len(rows), session.heard()) == (5, ["Skill"]), session.transcript

        letter = bash(f"""{launcher} exec fetch_message '{{"uid":"{rows[0]["uid"]}"}}'""")
        results = session.turn("Open the first one.", SKILL, letter, say("It is from Mary."))
        assert "usual place" in results[-1].text and session.heard() == ["Skill"], session.transcript

        answer = '{"to":"mary@somerville.example","subject":"Thursday","body":"Dear Mary,\\nI shall be there.\\nAda"}'
        send = bash(f"{launcher} exec send_message '{answer}'")
        results = session.turn("Say that I come.", SKILL, send, say("Not sent."))
        assert session.heard() == ["Skill", send["input"]["command"]], session.transcript
        assert results[-1].failed and machine.sent("Thursday") == 0, session.transcript
        session.allows = lambda question: True
        results = session.turn("Please send it.", SKILL, send, say("Sent."))
        assert session.heard() == ["Skill", send["input"]["command"]], session.transcript
        assert not results[-1].failed and machine.sent("Thursday") == 1, session.transcript
        session.close()
        assert not model.others, model.others


def a_sign_in_is_waited_for_in_one_turn(machine: Machine) -> None:
    """In a world of its own, in which the person has not connected an account yet."""
    with World(machine.sandbox) as world, Model() as model:
        machine = Machine(machine.program, machine.binary, machine.sandbox, world, machine.directory)
        home = machine.home("waiting")
        launcher = f'"{bundle(home.skill, machine.binary)}"'
        newest, wait = bash(f"{launcher} exec list_messages '{{}}'"), bash(f"{launcher} auth wait --wait 30")
        session = Session(home, model)
        session.allows = lambda question: question == "Skill"
        links: list[str] = []

        def open_link(result: str) -> None:
            if '"auth_required":true' in result:
                links.append(challenge(result)["url"])
                world.approve(links[-1])

        session.sees = open_link
        results = session.turn("Show me my emails.", SKILL, newest, wait, wait, newest, say("Here they are."))
        assert len(set(links)) == len(links) == 2 and session.heard() == ["Skill"], session.transcript
        assert not results[-2].failed and len(json.loads(results[-1].text)) > 5, session.transcript
        session.close()


def commands(launcher: str, blank: bool) -> tuple[list[str], list[str]]:
    """Commands that run without a question, and commands that do not."""
    quoted = f'"{launcher}"'
    runs = [
        f"{quoted} list --limit 1",
        f"sh {quoted} exec list_messages '{{\"limit\":1}}'",
        f"{quoted} exec list_messages",
        f"""{quoted} exec search_messages '{{"criteria":"from:\\"alice b\\" {{is:unread is:starred}}","limit":1}}'""",
        f"{quoted} list --limit 1 | head -3",
        f"{quoted} list --limit 1 2>/dev/null",
        f"{quoted} list --limit 1 && {quoted} whoami",
        f"{quoted} list --limit 1\n{quoted} whoami",
        f"timeout 30 {quoted} list --limit 1",
        f"{quoted} search 'subject:don'\\''t' --limit 1",
        f"{quoted} auth wait --wait 1",
        f"{quoted} doctor",
        f"{quoted} help send",
    ]
    asks = [
        f"""{quoted} exec send_message '{{"to":"bob@example.org","subject":"x","body":"y"}}'""",
        f"{quoted} send --to bob@example.org --subject x --body y",
        f"{quoted} send --to bob@example.org --subject x --body-file - <<'EOF'\nHello Bob,\n\nyes.\nEOF",
        f"""{quoted} exec reply_message '{{"uid":"1","body":"y"}}'""",
        f"{quoted} forward 1 --to bob@example.org",
        f"{quoted} draft create --to bob@example.org --subject x --body y",
        f"{quoted} --config /tmp/other.toml list",
        f"sh {quoted} send --to bob@example.org --subject x --body y",
        f"{quoted} list; {quoted} send --to bob@example.org --subject x --body y",
        f"{quoted} list > rows.json",
        f'{quoted} search "$(cat notes)"',
    ]
    unquoted = [f"{launcher} list --limit 1", f"sh {launcher} exec get_profile"]
    several_lines = f"""{quoted} exec list_messages '{{\n  "limit": 1\n}}'"""
    if blank:
        # An unquoted path with a blank is another command. An argument of several lines matches no rule then.
        return runs, [*asks, several_lines]
    return [*runs, *unquoted, several_lines], asks


def only_reading_and_organising_is_not_asked(machine: Machine) -> None:
    for name in ["plain", "with a blank"]:
        home = machine.signed_in_home(name)
        home.settings({"permissions": {"allow": ["Skill(mcs-gmail)"]}})
        launcher = str(bundle(home.skill, machine.binary))
        runs, asks = commands(launcher, blank=" " in name)
        page = call("Read", file_path=str(home.skill / "references/tools.md"))
        results, denied = home.print_mode([SKILL, *map(bash, [*runs, *asks]), page])
        assert denied == asks, (set(denied) ^ set(asks), results)
        failed = [(command, result) for command, result in zip(runs, results[1:]) if result.failed]
        assert not failed, failed
        assert "list_messages" in results[-1].text, results[-1]
        assert machine.sent("x") == 0


def every_tool_is_asked_by_its_level(machine: Machine) -> None:
    home = machine.signed_in_home("tools")
    home.settings({"permissions": {"allow": ["Skill(mcs-gmail)"]}})
    launcher = f'"{bundle(home.skill, machine.binary)}"'
    tools = machine.ask("schema")["tools"]
    assert len(tools) > 30, tools
    expected, steps = [], []
    for tool in tools:
        free = tool["level"] in UNASKED and tool["name"] not in ASKED
        # Without parameters, whatever needs some is refused before it changes anything.
        command = f"{launcher} exec {tool['name']} '{{}}'"
        steps.append(bash(command))
        if not free:
            expected.append(command)
    _, denied = home.print_mode([SKILL, *steps])
    assert denied == expected, set(denied) ^ set(expected)


def settings_alone_do_the_same(machine: Machine) -> None:
    """Clients in which the permissions of a skill have no effect need the lines in settings.json."""
    for name in ["settings", "settings with a blank"]:
        home = machine.signed_in_home(name)
        launcher = install(machine, home)
        text = (home.skill / "SKILL.md").read_text()
        (home.skill / "SKILL.md").write_text(re.sub(r"(?ms)^allowed-tools:.*?(?=^\S)", "", text))
        quoted = f'"{launcher}"'
        runs = [f"{quoted} list --limit 1", f"""{quoted} exec list_messages '{{"limit":1}}'"""]
        asks = [f"{quoted} send --to bob@example.org --subject x --body y"]
        page = call("Read", file_path=str(home.skill / "references/tools.md"))
        results, denied = home.print_mode([SKILL, *map(bash, [*runs, *asks]), page])
        assert denied == asks, (denied, results)
        assert "list_messages" in results[-1].text, results[-1]


def install(machine: Machine, home: Home) -> str:
    """`skill install --apply`, as a person would run it. Returns the launcher."""
    command = [machine.binary, "skill", "install", "--apply"]
    environment = {**plain_environment(home.directory), **machine.world.settings(), "HOME": str(home.directory)}
    done = subprocess.run(command, cwd=home.work, env=environment, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, done
    return str(home.skill / "scripts/mcs-gmail")


def the_sandbox_of_the_client_needs_two_settings(machine: Machine) -> None:
    """In a world of its own, in which the person has not connected an account yet."""
    with World(machine.sandbox) as world:
        sign_in_inside_the_sandbox(Machine(machine.program, machine.binary, machine.sandbox, world, machine.directory))


def sign_in_inside_the_sandbox(machine: Machine) -> None:
    both = {
        "enabled": True,
        "filesystem": {"allowWrite": ["~/.mcs/cache"]},
        "network": {"allowedDomains": [BROKER, GMAIL]},
    }
    permissions = {"allow": ["Skill(mcs-gmail)"]}
    home = machine.home("sandboxed")
    home.settings({"permissions": permissions, "sandbox": both})
    # What does not exist cannot be allowed.
    (home.directory / ".mcs/cache").mkdir(parents=True)
    newest = bash(f'"{bundle(home.skill, machine.binary)}" list --limit 1')
    with Model() as model:
        session = Session(home, model)
        for step in ["sign_in", "connect_account"]:
            results = session.turn("Show me my newest email.", SKILL, newest, say("Please open the link."))
            link = challenge(results[-1].text)
            assert link["step"] == step, session.transcript
            machine.world.approve(link["url"])
        results = session.turn("Done.", SKILL, newest, say("Here it is."))
        assert len(json.loads(results[-1].text)) == 1 and session.heard() == [], session.transcript
        session.close()

    for left_out, names in [("filesystem", "allowWrite"), ("network", "allowedDomains")]:
        home = machine.home(f"no-{left_out}")
        (home.directory / ".mcs/cache").mkdir(parents=True)
        home.settings({"permissions": permissions, "sandbox": {**both, left_out: {}}})
        newest = bash(f'"{bundle(home.skill, machine.binary)}" list --limit 1')
        with Model() as model:
            session = Session(home, model)
            results = session.turn("Show me my newest email.", SKILL, newest, say("It does not work."))
            assert results[-1].failed and names in results[-1].text, session.transcript
            session.close()


def on_a_terminal_a_send_is_asked(machine: Machine) -> None:
    """There the client judges by itself what has no rule ("auto mode"): a rule in settings.json makes it ask."""
    home = machine.signed_in_home("terminal")
    launcher = f'"{install(machine, home)}"'
    newest = f"{launcher} list --limit 1"
    sends = [
        f"{launcher} send --to bob@example.org --subject terminal --body y",
        f"""sh {launcher} exec send_message '{{"to":"bob@example.org","subject":"terminal","body":"y"}}'""",
    ]
    for number, send in enumerate(sends):
        with Model() as model:
            model.script(SKILL, bash(newest), bash(send))
            terminal = Terminal(home, model)
            try:
                assert terminal.wait_for("auto mode on", "manual mode on") == "auto mode on"
                terminal.say("Show my newest mail and answer it")
                terminal.wait_for("Do you want to proceed?")
                # What was listed was not asked, and nothing is sent yet.
                assert "bob@example.org" in terminal.text() and not model.steps, terminal.text()
                assert machine.sent("terminal") == number
                model.script(say("It is done."))
                terminal.press("1")
                terminal.wait_until(lambda: not model.steps, "the turn ends")
                assert machine.sent("terminal") == number + 1
            finally:
                terminal.close()


def the_plugin_is_installed_from_a_clone(machine: Machine) -> None:
    clone = machine.directory / "clone"
    clone.mkdir()
    # What git would give: the tracked files and those that are about to be.
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in [["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "All"]]:
        subprocess.run([*git, *arguments], check=True, env=plain_environment(machine.directory))

    home = machine.signed_in_home("plugin")
    home.run("plugin", "validate", "--strict", str(clone))
    home.run("plugin", "validate", "--profile", "directory", str(clone))
    home.run("plugin", "marketplace", "add", str(clone))
    home.run("plugin", "install", "mcs-gmail@mcs-gmail")
    [plugin] = [p for p in json.loads(home.run("plugin", "list", "--json")) if p["id"] == "mcs-gmail@mcs-gmail"]
    version = re.search(r'(?m)^version = "(.*)"', (ROOT / "Cargo.toml").read_text())
    assert plugin["enabled"] and version and plugin["version"] == version[1], plugin
    assert "Skills (1)  mcs-gmail" in home.run("plugin", "details", "mcs-gmail@mcs-gmail")

    load = call("Skill", skill="mcs-gmail:mcs-gmail")
    for installed in [False, True]:
        if installed:
            programs = home.directory / "bin"
            programs.mkdir()
            shutil.copy(machine.binary, programs / "mcs-gmail")
            home.environment["PATH"] = f"{programs}:{home.environment['PATH']}"
        with Model() as model:
            session = Session(home, model)
            session.allows = lambda question: question == "Skill"
            session.turn("Load the skill.", load, say("Loaded."))
            told = json.dumps(model.requests[-1]["messages"])
            place = re.search(r"Base directory for this skill: (.*?)\\n", told)
            assert place and Path(place[1]).is_relative_to(machine.directory), told
            launcher = f'"{place[1]}/scripts/mcs-gmail"'
            assert json.dumps(launcher)[1:-1] in told, told
            session.heard()
            newest = bash(f"{launcher} list --limit 1")
            send = bash(f"{launcher} send --to bob@example.org --subject x --body y")
            page = call("Read", file_path=f"{place[1]}/references/tools.md")
            results = session.turn("Show my newest mail.", load, newest, send, page, say("Done."))
            assert session.heard() == ["Skill", send["input"]["command"]], session.transcript
            if installed:
                assert len(json.loads(results[1].text)) == 1, results
            else:
                assert results[1].failed and "pip install mcs-gmail" in results[1].text, results
            assert "list_messages" in results[3].text, results[3]
            session.close()


STORIES: list[Callable[[Machine], None]] = [
    a_sign_in_takes_three_turns_and_a_send_is_asked,
    a_sign_in_is_waited_for_in_one_turn,
    only_reading_and_organising_is_not_asked,
    every_tool_is_asked_by_its_level,
    settings_alone_do_the_same,
    the_sandbox_of_the_client_needs_two_settings,
    on_a_terminal_a_send_is_asked,
    the_plugin_is_installed_from_a_clone,
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", type=Path, help="mcs-gmail")
    parser.add_argument("sandbox", type=Path, help="the example `sandbox`")
    parser.add_argument("--client", type=Path, required=True, help="directory into which npm installed the client")
    parser.add_argument("--transcript", type=Path, help="write the conversation of the sign-in to this file")
    parser.add_argument("--only", default="", help="run the first story and those with this text in their names")
    options = parser.parse_args()
    program, binary, sandbox = client_in(options.client), options.binary.resolve(), options.sandbox.resolve()
    directory = tempfile.mkdtemp(prefix="claude-")
    try:
        with World(sandbox) as world:
            machine = Machine(program, binary, sandbox, world, Path(directory).resolve())
            first, *others = STORIES
            tell(first, machine)
            if options.transcript:
                text = "\n".join(machine.transcript).replace(directory, "")
                assert not any(secret in text for secret in world.secrets()), "the transcript has a secret"
                options.transcript.parent.mkdir(parents=True, exist_ok=True)
                options.transcript.write_text(text.lstrip() + "\n")
            with ThreadPoolExecutor(3) as pool:
                told = [pool.submit(tell, story, machine) for story in others if options.only in story.__name__]
            for story in told:
                story.result()
    finally:
        # What the client still writes in the background is of no interest.
        shutil.rmtree(directory, ignore_errors=True)


def tell(story: Callable[[Machine], None], machine: Machine) -> None:
    start = time.monotonic()
    story(machine)
    print(f"ok {story.__name__.replace('_', ' ')} ({time.monotonic() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
