"""Calls of tools that go on through a sign-in and through one short failure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .problem import CONFIGURATION, INTERRUPTED, RATE_LIMITED, SIGN_IN, TEMPORARY, NotSignedIn
from .program import Program, Result, failure
from .screen import Screen
from .sign_in import SignIn

# Two visits, and once more for a sign-in that is refused at the end.
SIGN_INS = 3
# The longest pause before a second attempt, in seconds.
PATIENCE = 30.0


class Caller:
    """``repeatable`` are the tools of which a second call does no harm."""

    def __init__(self, program: Program, sign_in: SignIn, screen: Screen, repeatable: frozenset[str]) -> None:
        self.program = program
        self.repeatable = repeatable
        self.sign_in = sign_in
        self.screen = screen

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Result:
        """Runs a tool. A call that sends has the same key each time, so that a second attempt sends nothing twice."""
        tried_again = False
        for _ in range(SIGN_INS + 1):
            result = self.timed(tool, arguments)
            if result.code == SIGN_IN:
                self.sign_in.complete(result)
                continue
            if result.code == CONFIGURATION:
                raise failure(result, self.program.binary)
            pause = retry_after(result)
            if pause is None or tried_again or not (tool in self.repeatable or "idempotency_key" in arguments):
                return result
            tried_again = True
            self.screen.note(f"{result.error.get('message', 'a temporary failure')}; trying again in {pause:.0f} s")
            time.sleep(pause)
        raise NotSignedIn(
            "mcs-gmail requires a sign-in again and again", "Run mcs-gmail doctor to check the whole set-up."
        )

    def timed(self, tool: str, arguments: Mapping[str, Any]) -> Result:
        self.screen.debug(f"tool: {tool} {arguments}")
        begin = time.monotonic()
        result = self.program.call(tool, arguments)
        took = time.monotonic() - begin
        kind = f" {result.kind}" if result.kind else ""
        self.screen.debug(f"tool: {tool}: exit {result.code}{kind}, {len(result.text)} characters ({took:.2f} s)")
        if result.code in (INTERRUPTED, 143) or result.code < 0:
            raise KeyboardInterrupt
        return result


def retry_after(result: Result) -> float | None:
    """The pause before a second attempt; nothing if there is to be none."""
    if result.code not in (RATE_LIMITED, TEMPORARY):
        return None
    try:
        pause = float(result.error.get("retry_after") or 2)
    except (TypeError, ValueError):
        pause = 2.0
    return pause if pause <= PATIENCE else None
