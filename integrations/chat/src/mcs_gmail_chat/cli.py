"""The command line and the exit code. Nothing large is imported before the arguments are understood."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Sequence

from . import __version__
from .problem import FAILED, INTERRUPTED, Problem

DESCRIPTION = "Chat with your Gmail mailbox at the terminal, with the model of your choice."
EPILOG = """\
The model is named as litellm names it, such as openai/gpt-5.4-mini. The key of its provider is a variable, such as
OPENAI_API_KEY. Values come from the environment, and then from --env-file or .env in the working directory. No mail
is sent before you have seen it and said yes.

examples:
  mcs-gmail-chat
  mcs-gmail-chat "Show me my last 5 emails"
  mcs-gmail-chat --access read "Did Amazon write this week?"
  echo "Summarise what came in today" | mcs-gmail-chat > today.md

exit codes: 0 done, 1 failed, 2 usage, 4 a person must sign in, 6 not done because nobody could be asked,
7 rate limited, 8 temporary, 10 configuration, 130 interrupted
"""


def wrapped(text: str, width: int) -> str:
    """Each paragraph for the width; one with indented lines stays as it is."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(part if "\n  " in part else textwrap.fill(part, width) for part in paragraphs)


def parser() -> argparse.ArgumentParser:
    width = min(shutil.get_terminal_size((80, 24)).columns - 2, 118) if sys.stdout.isatty() else 78
    p = argparse.ArgumentParser(
        "mcs-gmail-chat",
        description=wrapped(DESCRIPTION, width),
        epilog=wrapped(EPILOG, width),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width),
        allow_abbrev=False,
    )
    p.add_argument("question", nargs="*", help="one question; without it, a prompt, or stdin if it is no terminal")
    p.add_argument("--model", metavar="PROVIDER/NAME", help="the model (default: MODEL, LITELLM_MODEL, or by the key)")
    p.add_argument("--account", metavar="ACCOUNT", help="the account to use, as in mcs-gmail")
    p.add_argument(
        "--access", choices=("read", "organise", "draft", "send"), help="the most that may be done in this session"
    )
    p.add_argument(
        "--auth0-linkauth",
        action="store_true",
        help="credentials by Auth0 and a LinkAuth broker: the default of mcs-gmail, said explicitly",
    )
    p.add_argument("--env-file", metavar="FILE", help="file with NAME=VALUE lines (default: .env, if there is one)")
    p.add_argument(
        "--binary", metavar="FILE", help="the program mcs-gmail (default: MCS_GMAIL_BINARY, or as installed)"
    )
    p.add_argument(
        "--wait", type=int, metavar="SECONDS", help="time to sign in (default: 900 at a terminal, 0 elsewhere)"
    )
    p.add_argument("--context", type=int, metavar="TOKENS", help="length of the model's context (default: as known)")
    p.add_argument("--debug", action="store_true", help="show the whole chain: model, tools, sign-in, requests")
    p.add_argument("--debug=http", dest="debug_http", action="store_true", help="the same with headers and bodies")
    p.add_argument("--version", action="version", version=f"mcs-gmail-chat {__version__}")
    return p


def entry() -> None:
    """Runs, and ends at once: to take litellm apart in good order would last for seconds."""
    try:
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            pass
        except OSError:
            code = code or FAILED
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    # argparse takes what follows = for a value of --debug.
    end = words.index("--") if "--" in words else len(words)
    http = "--debug=http" in words[:end]
    options = parser().parse_args([w for w in words[:end] if w != "--debug=http"] + words[end:])
    options.debug_http = http
    signal.signal(signal.SIGTERM, stop)
    try:
        from .screen import Screen
        from .session import run
    except KeyboardInterrupt:
        return INTERRUPTED
    screen = Screen(os.environ, debugs=options.debug or http)
    try:
        return run(options, screen)
    except Problem as problem:
        screen.problem(problem.message, problem.hint)
        return problem.code
    except KeyboardInterrupt:
        screen.note("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads the answer any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def stop(_number: int, _frame: object) -> None:
    """As an interrupt, this ends a running call on its way out."""
    raise SystemExit(143)
