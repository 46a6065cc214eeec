"""Shows the link of a required sign-in to the person, and waits until both visits are done.

The model has no part in it: the call that needed the sign-in is made again afterwards.
"""

from __future__ import annotations

import time
from typing import Any

from .problem import CONFIGURATION, SIGN_IN, TEMPORARY, NotSignedIn
from .program import Program, Result, failure
from .screen import Screen

# Seconds that one process waits. An interrupt ends it at once.
STRETCH = 60
VISITS = {
    "sign_in": "Sign in (visit 1 of 2)",
    "connect_account": "Allow Gmail (visit 2 of 2)",
}


class SignIn:
    def __init__(self, program: Program, screen: Screen, patience: float) -> None:
        self.program = program
        self.screen = screen
        self.patience = patience
        self.shown = ""

    def complete(self, result: Result) -> None:
        """Returns when the mailbox can be used. A new link is shown as soon as there is one."""
        end = time.monotonic() + self.patience
        failures = 0
        while True:
            challenge: dict[str, Any] = result.document if isinstance(result.document, dict) else {}
            if not challenge.get("url"):
                raise failure(result, self.program.binary)
            self.show(challenge)
            left = end - time.monotonic()
            if left <= 0:
                raise NotSignedIn("the sign-in is not finished", "Open the link, and then ask again.")
            with self.screen.busy("waiting for the sign-in in the browser (Ctrl-C: stop waiting)"):
                waited = self.program.run(["auth", "wait", "--wait", str(int(min(STRETCH, left)) or 1)])
            if waited.code == 0:
                address = (waited.document or {}).get("account", "")
                self.screen.good(f"Signed in as {address}" if address else "Signed in")
                return
            if waited.code == SIGN_IN:
                result, failures = waited, 0
            elif waited.code == TEMPORARY and failures < 5:
                failures += 1
                self.screen.note(f"{waited.error.get('message', 'a temporary failure')}; still waiting")
                time.sleep(2)
            elif waited.code == CONFIGURATION:
                raise failure(waited, self.program.binary)
            else:
                problem = failure(waited, self.program.binary)
                raise NotSignedIn(f"the sign-in failed: {problem.message}", problem.hint)

    def show(self, challenge: dict[str, Any]) -> None:
        if challenge["url"] == self.shown:
            return
        self.shown = challenge["url"]
        title = VISITS.get(str(challenge.get("step")), "Sign in and allow Gmail")
        account = f" for {challenge['account']}" if challenge.get("account") else ""
        self.screen.link(f"{title}{account}", str(challenge["url"]), str(challenge.get("code", "")))
