"""A session from its settings to its last question: one that was given, or one after the other at a prompt."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from . import __version__
from .agent import Agent
from .calls import Caller
from .confirm import Guard
from .model import Model
from .problem import REFUSED, USAGE, Problem
from .program import Program, find_binary
from .screen import Screen, read_line
from .settings import EnvFile, choose_model, program_environment, read_env_file
from .sign_in import SignIn
from .tools import Toolbox

# Seconds for a sign-in if a person is there.
PATIENCE = 900
HELP = """\
/new      forget this conversation
/help     this list
/quit     leave, as Ctrl-D does
Ctrl-C stops an answer or a call; at the prompt, twice leaves."""


def run(options: argparse.Namespace, screen: Screen) -> int:
    question = question_of(options)
    file = read_env_file(options.env_file, os.environ)
    if file:
        tell_of(file, screen)
    name = choose_model(options.model, os.environ)
    program = Program(
        find_binary(options.binary, os.environ),
        program_environment(os.environ, auth0_linkauth=options.auth0_linkauth),
        program_options(options),
        screen.debug,
    )
    toolbox = Toolbox.of(program)
    model = Model(name, os.environ, screen.debug)
    model.start_loading()
    patience = options.wait if options.wait is not None else (PATIENCE if screen.has_person else 0)
    caller = Caller(program, SignIn(program, screen, patience), screen, toolbox.repeatable())
    guard = Guard(caller, screen)
    agent = Agent(model, toolbox, caller, guard, screen, options.context)
    if question is not None:
        agent.ask(question)
        return REFUSED if guard.held_back else 0
    screen.note(
        f"mcs-gmail-chat {__version__}, model {name}, mcs-gmail {toolbox.version}, access {toolbox.access}\n"
        "Ask about your mail. /help lists commands, Ctrl-D leaves."
    )
    return prompt(agent, screen)


def question_of(options: argparse.Namespace) -> str | None:
    """The question of a run that answers only one; nothing for the prompt."""
    words = " ".join(options.question).strip()
    if options.question and not words:
        raise Problem("the question is empty", 'Give it in quotes: mcs-gmail-chat "Show me my last 5 emails"', USAGE)
    if words:
        return words
    if sys.stdin.isatty():
        return None
    text = sys.stdin.read().strip()
    if not text:
        raise Problem("there is no question on stdin", "Give a question as an argument or on stdin.", USAGE)
    return text


def program_options(options: argparse.Namespace) -> list[str]:
    """The options that mcs-gmail gets with every call."""
    chosen = []
    if options.access:
        chosen += ["--access", options.access]
    if options.account:
        chosen += ["--account", options.account]
    if options.debug_http:
        chosen.append("--debug=http")
    elif options.debug:
        chosen.append("--debug")
    return chosen


def tell_of(file: EnvFile, screen: Screen) -> None:
    """A file that nobody named can decide to whom mail goes: say what was taken from it."""
    if file.taken:
        screen.note(f"{file.path}: {', '.join(file.taken)}")
    for name, why in file.left.items():
        screen.note(f"{file.path}: {name} is not used: {why}")


def prompt(agent: Agent, screen: Screen) -> int:
    """Questions one after the other, until Ctrl-D or a second Ctrl-C."""
    history = remembered()
    stopped = False
    try:
        while True:
            try:
                line = ask_line(screen).strip()
            except EOFError:
                screen.say("")
                return 0
            except KeyboardInterrupt:
                screen.say("")
                if stopped:
                    return 0
                stopped = True
                screen.note("Ctrl-C again or Ctrl-D leaves.")
                continue
            stopped = False
            if line in ("/quit", "/exit", "exit", "quit"):
                return 0
            if line == "/new":
                agent.new_conversation()
                screen.note("A new conversation.")
            elif line.startswith("/"):
                screen.note(HELP)
            elif line:
                answer(agent, screen, line)
    finally:
        keep(history)


def answer(agent: Agent, screen: Screen, question: str) -> None:
    """One question at the prompt, to which every failure leads back."""
    try:
        agent.ask(question)
    except KeyboardInterrupt:
        screen.say("")
        screen.note("Stopped.")
    except Problem as problem:
        screen.problem(problem.message, problem.hint)


def ask_line(screen: Screen) -> str:
    screen.err.print()
    if sys.stdout.isatty():
        return input(
            "\001\033[1;36m\002> \001\033[0m\002" if screen.out.color_system and not screen.out.no_color else "> "
        )
    # input() would write the prompt among the answers.
    screen.err.print("> ", end="")
    line = read_line()
    if not line:
        raise EOFError
    return line


def remembered() -> Path | None:
    """Loads the questions of earlier sessions for the arrow keys."""
    try:
        import readline
    except ImportError:
        return None
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = state / "mcs-gmail-chat" / "history"
    readline.set_history_length(500)
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    return path


def keep(path: Path | None) -> None:
    """Questions are private: only their owner may read them."""
    if path is None:
        return
    import readline

    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        readline.write_history_file(path)
