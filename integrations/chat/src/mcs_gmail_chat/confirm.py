"""Asks the person before mail leaves, before many messages change, and before what cannot be undone.

The parameters with which mcs-gmail is told of an agreement are set here and nowhere else.
"""

from __future__ import annotations

import email
import email.policy
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from .calls import Caller
from .problem import INCOMPLETE
from .program import Result
from .screen import Screen, short
from .tools import UNASKED, Tool, ids

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
        # Whether something was not done because nobody could be asked.
        self.held_back = False

    def begin_question(self) -> None:
        self.changed = 0

    def permission(self, tool: Tool, arguments: Arguments) -> Verdict:
        if tool.sends(arguments):
            return self.send(tool, arguments)
        if tool.is_final():
            question = f"{tool.name} {short(arguments)}: this cannot be undone. Do it?"
            return self.asked(question, {**arguments, "yes": True})
        if tool.is_bulk() and arguments.get("dry_run") is not True:
            return self.change(tool, arguments)
        if tool.writes_files(arguments):
            where = arguments.get("out_dir") or arguments.get("out")
            return self.asked(f"Save to {where} on this computer?", arguments)
        if tool.name == "import_messages":
            return self.asked(f"Put the messages of {arguments.get('file')} into the mailbox?", arguments)
        return Verdict(arguments)

    # Sending.

    def send(self, tool: Tool, arguments: Arguments) -> Verdict:
        if tool.has("dry_run"):
            seen = self.confirmed_call(tool, {**arguments, "dry_run": True})
            if seen.result is None or seen.arguments is None:
                return seen
            result = seen.result
            if result.code != 0 or not isinstance(result.document, dict):
                return Verdict(result=result)
            arguments = {name: value for name, value in seen.arguments.items() if name != "dry_run"}
            rest = self.show_message(tool, arguments, result.document)
        else:
            result = self.caller.call("fetch_draft", {"draft_id": arguments.get("draft_id", "")})
            if result.code != 0 or not isinstance(result.document, dict):
                return Verdict(result=result)
            rest = self.show_draft(tool, result.document)
        if not self.screen.has_person:
            return self.nobody("nothing was sent")
        if not self.screen.agrees("Send it?", rest):
            self.screen.note("Not sent.")
            message = "the user read it and declined: nothing was sent; ask what to change, do not send again unasked"
            return Verdict(told={"status": "declined", "message": message})
        return Verdict(self.with_key(tool, arguments))

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

    def show_message(self, tool: Tool, arguments: Arguments, document: Arguments) -> list[str]:
        raw = str(document.get("raw", ""))
        message = email.message_from_bytes(raw.encode("utf-8", "surrogateescape"), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        head = [(name, joined(document, name)) for name in ("to", "cc", "bcc") if joined(document, name)]
        head = [(name.capitalize(), value) for name, value in head]
        for name in ("From", "Reply-To", "Subject"):
            if message[name] is not None:
                head.append((name, str(message[name])))
        files = [f"{part.get_filename() or 'without a name'} ({size_of(part)})" for part in message.iter_attachments()]
        if files:
            head.append(("Files", ", ".join(files)))
        body = text_of(message, with_html=any(arguments.get(n) for n in ("html_body", "html_file", "raw")))
        return self.screen.preview("About to be sent", head, body, self.warning(tool, arguments))

    def show_draft(self, tool: Tool, document: Arguments) -> list[str]:
        head = [
            (name.capitalize().replace("_t", "-T"), flat(document[name]))
            for name in ("from", "to", "cc", "bcc", "reply_to", "subject")
            if document.get(name)
        ]
        files = [str(item.get("name") or item.get("filename")) for item in document.get("attachments") or ()]
        if files:
            head.append(("Files", ", ".join(files)))
        return self.screen.preview("About to be sent: a draft", head, str(document.get("body") or ""), "")

    def warning(self, tool: Tool, arguments: Arguments) -> str:
        if print_of(tool, arguments) in self.keys:
            return "It is not known whether this mail was sent before. It is sent at most once."
        if self.keys:
            return "It is not known whether an earlier mail of this session was sent. This one is another mail."
        return ""

    # Everything else.

    def change(self, tool: Tool, arguments: Arguments) -> Verdict:
        """Changes of messages. mcs-gmail says whether a query needs an agreement; lists of ids are counted here."""
        count = ids(arguments)
        needed = False
        if arguments.get("query"):
            looked = self.caller.call(tool.name, {**arguments, "dry_run": True})
            if looked.code != 0 or not isinstance(looked.document, dict):
                return Verdict(result=looked)
            count = int(looked.document.get("matched") or 0)
            limit = arguments.get("limit")
            count = min(count, limit) if isinstance(limit, int) and limit > 0 else count
            needed = bool(looked.document.get("needs_yes"))
        if not needed and self.changed + count <= UNASKED:
            self.changed += count
            return Verdict(arguments)
        agreed = {**arguments, "yes": True} if needed else arguments
        unit = "conversations" if arguments.get("thread") is True else "messages"
        before = f" after {self.changed} others" if self.changed else ""
        verdict = self.asked(f"{tool.name} {short(arguments)}: change {count} {unit}{before}?", agreed)
        if verdict.arguments:
            self.changed = 0
        return verdict

    def asked(self, question: str, arguments: Arguments) -> Verdict:
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


def is_unknown(result: Result) -> bool:
    return result.code == INCOMPLETE and result.kind == "unknown"


def print_of(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """What a send is, whatever was agreed to about it."""
    kept = {name: value for name, value in arguments.items() if tool.has(name)}
    for name in ("idempotency_key", "confirm_reply_to", "anyway", "dry_run"):
        kept.pop(name, None)
    return f"{tool.name} {json.dumps(kept, sort_keys=True)}"


def joined(document: Mapping[str, Any], name: str) -> str:
    recipients = document.get("recipients")
    return flat(recipients.get(name)) if isinstance(recipients, dict) else ""


def flat(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value or "")


def size_of(part: Any) -> str:
    content = part.get_payload(decode=True) or b""
    return f"{len(content)} bytes" if len(content) < 10_000 else f"{len(content) // 1000} kB"


def text_of(message: EmailMessage, *, with_html: bool) -> str:
    """The text that goes out. HTML that was given is shown as its source: nothing in it is hidden then."""
    plain = message.get_body(("plain",))
    html = message.get_body(("html",))
    texts = [str(plain.get_content())] if plain is not None else []
    if html is not None and (with_html or not texts):
        texts.append(f"HTML:\n{html.get_content()}")
    return "\n\n".join(text.rstrip() for text in texts)
