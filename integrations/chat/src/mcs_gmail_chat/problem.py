"""How a run can fail. Exit codes are those of mcs-gmail."""

from __future__ import annotations

FAILED = 1
USAGE = 2
SIGN_IN = 4
REFUSED = 6
RATE_LIMITED = 7
TEMPORARY = 8
INCOMPLETE = 9
CONFIGURATION = 10
INTERRUPTED = 130


class Problem(Exception):
    """One sentence that says what failed, one that says what to do, and the exit code of a run that ends with it."""

    def __init__(self, message: str, hint: str = "", code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


class TooLong(Problem):
    """The model refuses the conversation because of its length."""


class NotSignedIn(Problem):
    """The sign-in was not finished."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, SIGN_IN)
