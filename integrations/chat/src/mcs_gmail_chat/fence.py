"""Puts what comes out of the mailbox between boundaries that no mail can know, and keeps it short."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

# In characters. A token of English has about four.
RESULT_LIMIT = 24_000
TEXT_LIMIT = 6_000


class Fence:
    """The boundary of one run of this program."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(16)
        # A mail that somehow learned the mark cannot write it either, in no spelling.
        spaced = r"[\W_]*".join(self.mark)
        self.any_mark = re.compile(spaced, re.IGNORECASE)

    @property
    def opening(self) -> str:
        return f"<mail-data {self.mark}>"

    @property
    def closing(self) -> str:
        return f"</mail-data {self.mark}>"

    def around(self, data: str, note: str = "") -> str:
        """The data in the fence. The note is this program's own and stands outside."""
        inside = self.any_mark.sub("[mark removed]", data)
        fenced = f"{self.opening}\n{inside}\n{self.closing}"
        return f"{note}\n{fenced}" if note else fenced


def bounded(document: Any, text: str, limit: int = RESULT_LIMIT) -> tuple[str, str]:
    """A result that fits, and a note that says what is missing."""
    whole = compact(document) if document is not None else text.strip()
    if len(whole) <= limit:
        return whole, ""
    if isinstance(document, list):
        return fewer_rows(document, limit)
    if isinstance(document, dict):
        shorter = with_short_texts(document, TEXT_LIMIT)
        for name, rows in shorter.items():
            if isinstance(rows, list) and len(compact(rows)) > limit // 2:
                kept, _ = rows_that_fit(rows, limit // 2)
                note = f"[cut: {name} shows {len(kept)} of {len(rows)}; ask for less, or for the next page]"
                return compact({**shorter, name: kept})[: 2 * limit], note
        if len(compact(shorter)) <= limit:
            return compact(shorter), f"[cut: each text shows at most {TEXT_LIMIT} characters]"
    return whole[:limit], f"[cut: {limit} of {len(whole)} characters; ask for less, for example with max_body]"


def fewer_rows(rows: list[Any], limit: int) -> tuple[str, str]:
    kept, was_cut = rows_that_fit(rows, limit)
    if not kept:
        kept = [with_short_texts(rows[0], TEXT_LIMIT)]
    note = f"[cut: {len(kept)} of {len(rows)} rows; ask for less, or for the next page]"
    return compact(kept)[: 2 * limit], note if was_cut else ""


def rows_that_fit(rows: list[Any], limit: int) -> tuple[list[Any], bool]:
    kept: list[Any] = []
    size = 2
    for row in rows:
        size += len(compact(row)) + 1
        if size > limit:
            return kept, True
        kept.append(row)
    return kept, False


def with_short_texts(value: Any, limit: int) -> Any:
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]} [cut: {len(value) - limit} more characters]"
    if isinstance(value, list):
        return [with_short_texts(item, limit) for item in value]
    if isinstance(value, dict):
        return {name: with_short_texts(item, limit) for name, item in value.items()}
    return value


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
