"""Asks the person before mail leaves, before many messages change, and before what cannot be undone.

The parameters with which mcs-gmail is told of an agreement are set here and nowhere else.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .calls import Caller
from .letter import Letter, read
from .problem import INCOMPLETE
from .program import Result
from .screen import Screen
from .tools import UNASKED, Tool, values

Arguments = dict[str, Any]


@dataclass
class Verdict:
    """The arguments with what the person agreed to, or what the model is told instead of a result."""

    arguments: Arguments | None = None
    told: Arguments = field(default_factory=dict)
    # A result that already says everything, such as the error of a preview.
    result: Result | None = None


class Guard:
    """Keeps what was agreed to in this session."""

    def __init__(self, caller: Caller, screen: Screen) -> None:
        self.caller = caller
        self.screen = screen
        # The keys of sends whose outcome is unknown, by what was to be sent.
        self.keys: dict[str, str] = {}
        self.changed = 0
        # The address of the account, once it is known.
        self.account = ""
        # Whether something was not done because nobody could be asked.
        self.held_back = False

    def begin_question(self) -> None:
        self.changed = 0

    def permission(self, tool: Tool, arguments: Arguments) -> Verdict:
        if not all(map(is_image, values(arguments, "inline"))):
            return NO_IMAGE
        if tool.name == "unsubscribe" and arguments.get("dry_run") is not True:
            return self.leave(tool, arguments)
        if tool.sends(arguments):
            return self.send(tool, arguments)
        if tool.is_final():
            what = WORDS.get(tool.name, tool.name).format(flat(arguments.get("name") or arguments.get("draft_id")))
            question = f"{what}? This cannot be undone."
            return self.asked(question, {**arguments, "yes": True}, arguments)
        if tool.is_bulk() and arguments.get("dry_run") is not True:
            return self.change(tool, arguments)
        if tool.writes_files(arguments):
            return self.asked("Save to this computer?", arguments, arguments)
        if tool.name == "import_messages":
            return self.asked("Put the messages of this file into the mailbox?", arguments, arguments)
        files = paths(arguments)
        if files:
            use = "Show these files to the model?" if arguments.get("dry_run") else "Put these files into the draft?"
            return self.asked(use, arguments, {"files": files})
        return Verdict(arguments)

    # Sending.

    def send(self, tool: Tool, arguments: Arguments) -> Verdict:
        if not tool.has("dry_run"):
            return self.send_draft(tool, arguments)
        seen = self.confirmed_call(tool, {**arguments, "dry_run": True})
        if seen.result is None or seen.arguments is None:
            return seen
        document = seen.result.document
        if seen.result.code != 0 or not isinstance(document, dict):
            return Verdict(result=seen.result)
        arguments = {name: value for name, value in seen.arguments.items() if name != "dry_run"}
        raw = str(document.get("raw") or "").encode("utf-8", "surrogateescape")
        letter = letter_of(raw, document.get("recipients"))
        if letter is None:
            return UNREADABLE
        if any(not kind.startswith("image/") for kind in letter.shown_by_html) and values(arguments, "inline"):
            return NO_IMAGE
        refusal = self.read_and_declined(tool, "About to be sent", letter, arguments)
        return refusal or Verdict(self.with_key(tool, arguments))

    def leave(self, tool: Tool, arguments: Arguments) -> Verdict:
        """Leaves mailing lists after the person has seen where a mail or a request goes. That is what is then done."""
        planned = self.caller.call(tool.name, {**arguments, "dry_run": True})
        document = planned.document if isinstance(planned.document, dict) else {}
        lists = [one for one in document.get("unsubscribed") or [] if isinstance(one, dict)]
        if planned.code != 0 or not lists:
            return Verdict(result=planned)
        seen = {f"{n}. {one.get('from', '')}": one.get("to") or one.get("url") for n, one in enumerate(lists, 1)}
        chosen = {name: value for name, value in arguments.items() if name not in ("query", "limit")}
        chosen["uid"] = [uid for one in lists for uid in one.get("uids") or []]
        return self.asked("Leave these mailing lists?", {**chosen, "yes": True}, seen)

    def send_draft(self, tool: Tool, arguments: Arguments) -> Verdict:
        """What is sent is what was read: the draft is compared right before."""
        draft = self.draft(arguments)
        if isinstance(draft, Verdict):
            return draft
        letter = letter_of(draft[1])
        if letter is None:
            return UNREADABLE
        refusal = self.read_and_declined(tool, "About to be sent: a draft", letter, arguments)
        if refusal:
            return refusal
        again = self.draft(arguments)
        if isinstance(again, Verdict):
            return again
        if again != draft:
            self.screen.problem("not sent: the draft was changed while you read it")
            message = "the draft was changed while the user read it: nothing was sent; the user must read it again"
            return Verdict(told={"status": "changed", "message": message})
        return Verdict(arguments)

    def draft(self, arguments: Arguments) -> tuple[str, bytes] | Verdict:
        """The draft as it is: the id of its message, which changes with it, and the message."""
        found = self.caller.call("fetch_draft", {"draft_id": arguments.get("draft_id", "")})
        if found.code != 0 or not isinstance(found.document, dict):
            return Verdict(result=found)
        uid = str(found.document.get("uid") or "")
        whole = self.caller.call("fetch_message", {"uid": uid, "body": "raw"})
        if whole.code != 0 or not isinstance(whole.document, dict):
            return Verdict(result=whole)
        if whole.document.get("truncated"):
            return UNREADABLE
        encoded = whole.document.get("body_base64")
        raw = base64.b64decode(encoded) if encoded else str(whole.document.get("body") or "").encode()
        return uid, raw

    def read_and_declined(self, tool: Tool, title: str, letter: Letter, arguments: Arguments) -> Verdict | None:
        """Shows the mail and asks; nothing if the person agrees."""
        head = [("Account", self.address()), *letter.rows]
        head += [("File", name) for name in letter.files]
        head += [("Read from this computer", path) for path in paths(arguments)]
        rest = self.screen.preview(title, head, letter.body, self.warning(tool, arguments))
        if not self.screen.has_person:
            return self.nobody("nothing was sent")
        if self.screen.agrees("Send it?", rest):
            return None
        self.screen.note("Not sent.")
        message = "the user read it and declined: nothing was sent; ask what to change, do not send again unasked"
        return Verdict(told={"status": "declined", "message": message})

    def address(self) -> str:
        if not self.account:
            profile = self.caller.call("get_profile", {})
            if isinstance(profile.document, dict):
                self.account = str(profile.document.get("email") or "")
        return self.account or "not known"

    def with_key(self, tool: Tool, arguments: Arguments) -> Arguments:
        if not tool.has("idempotency_key"):
            return arguments
        key = self.keys.setdefault(print_of(tool, arguments), f"chat-{secrets.token_hex(12)}")
        return {**arguments, "idempotency_key": key}

    def settle(self, tool: Tool, arguments: Mapping[str, Any], result: Result) -> None:
        """Notes how a call ended that was permitted. The key of a send stays until it is known."""
        if is_unknown(result):
            return
        self.keys.pop(print_of(tool, arguments), None)

    def warning(self, tool: Tool, arguments: Arguments) -> str:
        if print_of(tool, arguments) in self.keys:
            return "It is not known whether this mail was sent before. It is sent at most once."
        if self.keys:
            return "It is not known whether an earlier mail of this session was sent. This one is another mail."
        return ""

    # Everything else.

    def change(self, tool: Tool, arguments: Arguments) -> Verdict:
        """Changes of messages. mcs-gmail says which, and whether a query needs an agreement; they are counted here."""
        looked = self.caller.call(tool.name, {**arguments, "dry_run": True})
        if looked.code != 0 or not isinstance(looked.document, dict):
            return Verdict(result=looked)
        needed = bool(looked.document.get("needs_yes"))
        threads = looked.document.get("thread_ids")
        listed = threads if isinstance(threads, list) else looked.document.get("uids") or []
        count, unit = count_of(arguments, looked.document, len(listed)), "messages"
        if isinstance(threads, list):
            unit = "conversations"
            if not needed and 0 < count <= UNASKED:
                whole = self.caller.call("fetch_thread", {"thread_id": threads, "body": "none"})
                if whole.code != 0:
                    return Verdict(result=whole)
                count, unit = messages_in(whole.document), "messages in whole conversations"
        if not needed and self.changed + count <= UNASKED:
            self.changed += count
            return Verdict(arguments)
        agreed = {**arguments, "yes": True} if needed else arguments
        before = f" after {self.changed} others" if self.changed else ""
        query = f" that match {' '.join(str(arguments['query']).split())}" if arguments.get("query") else ""
        question = f"{WORDS.get(tool.name, 'Change {}').format(f'{count} {unit}{query}')}{before}?"
        shown = {name: value for name, value in arguments.items() if name != "query"}
        verdict = self.asked(question, agreed, shown)
        if verdict.arguments:
            self.changed = 0
        return verdict

    def asked(self, question: str, arguments: Arguments, about: Arguments | None = None) -> Verdict:
        """Asks, after a list of all that the call names."""
        if about:
            self.screen.details([(name, flat(value)) for name, value in about.items()])
        if not self.screen.has_person:
            self.screen.note(question)
            return self.nobody("nothing was done")
        if self.screen.agrees(question):
            return Verdict(arguments)
        self.screen.note("Not done.")
        return Verdict(told={"status": "declined", "message": "the user declined: nothing was done"})

    def nobody(self, what: str) -> Verdict:
        self.held_back = True
        self.screen.problem(
            f"{what}: stdin is not a terminal, so nobody can be asked", "Run mcs-gmail-chat at a terminal."
        )
        return Verdict(told={"status": "not_done", "message": f"{what}: nobody can be asked in this run; do not retry"})

    def confirmed_call(self, tool: Tool, arguments: Arguments) -> Verdict:
        """Makes a call. If mcs-gmail wants it confirmed first, the person is asked, and it is made once more."""
        for _ in range(3):
            result = self.caller.call(tool.name, arguments)
            if result.kind != "unconfirmed":
                return Verdict(arguments, result=result)
            addresses = result.error.get("reply_goes_to")
            name = "confirm_reply_to" if addresses else "anyway"
            if not tool.has(name) or arguments.get(name):
                return Verdict(arguments, result=result)
            message = str(result.error.get("message", "this must be confirmed"))
            if addresses:
                message = f"The sender wants the reply at other addresses than the mail came from: {flat(addresses)}"
            verdict = self.asked(f"{message}. Go on?", {**arguments, name: True})
            if verdict.arguments is None:
                return verdict
            arguments = verdict.arguments
        return Verdict(arguments, result=result)


# What a tool does, in the words of a question.
WORDS = {
    "move_message": "Move {}",
    "set_flags": "Set the flags of {}",
    "label_message": "Change the labels of {}",
    "archive_message": "Archive {}",
    "trash_message": "Move {} to the trash",
    "untrash_message": "Take {} out of the trash",
    "mark_read": "Mark as read {}",
    "mark_unread": "Mark as unread {}",
    "star_message": "Star {}",
    "unstar_message": "Remove the star of {}",
    "spam_message": "Move to spam {}",
    "unspam_message": "Take out of spam {}",
    "delete_folder": "Delete the folder {}",
    "delete_draft": "Delete the draft {}",
}
NO_IMAGE = Verdict(told={"error": "inline is for images only; give other files to attach"})
UNREADABLE = Verdict(told={"error": "nothing was sent: the whole message cannot be shown to the user"})


def is_unknown(result: Result) -> bool:
    return result.code == INCOMPLETE and result.kind == "unknown"


def print_of(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """What a send is, whatever was agreed to about it."""
    kept = {name: value for name, value in arguments.items() if tool.has(name)}
    for name in ("idempotency_key", "confirm_reply_to", "anyway", "dry_run"):
        kept.pop(name, None)
    return f"{tool.name} {json.dumps(kept, sort_keys=True)}"


def flat(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str("" if value is None else value)


def letter_of(raw: bytes, recipients: Any = None) -> Letter | None:
    """The mail to be read by the person; nothing if it cannot be shown as a whole."""
    try:
        return read(raw, recipients) if raw.strip() else None
    except Exception:
        return None


def count_of(arguments: Mapping[str, Any], document: Mapping[str, Any], listed: int) -> int:
    """How many are changed. A list can be cut; a limit that is not surely a number counts for nothing here."""
    matched = max(int(document.get("matched") or 0), listed)
    try:
        limit = int(str(arguments.get("limit")))
    except ValueError:
        return matched
    return min(matched, limit) if limit > 0 else matched


def messages_in(document: Any) -> int:
    threads = document if isinstance(document, list) else [document]
    return sum(len(thread.get("messages") or ()) for thread in threads if isinstance(thread, dict))


def paths(arguments: Mapping[str, Any]) -> list[str]:
    """The files of this computer that the call reads, in full."""
    named = [*values(arguments, "attach"), *(item.partition("=")[2] for item in values(arguments, "inline"))]
    return [os.path.realpath(name) for name in named]


def is_image(inline: str) -> bool:
    """Whether CID=PATH names an image."""
    return (mimetypes.guess_type(os.path.basename(inline))[0] or "").startswith("image/")
