"""One question: the model answers or calls tools, until it only answers.

Whatever happens, the conversation stays one that a provider accepts: each call of a tool has its result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .calls import Caller
from .confirm import Guard, is_unknown
from .fence import Fence, bounded
from .history import History, Message, size
from .model import Model, Streamed
from .problem import CONFIGURATION, FAILED, REFUSED, SIGN_IN, Problem, TooLong
from .program import Result
from .prompt import system_prompt
from .screen import Screen, short
from .tools import OF_FILES, Tool, Toolbox, without_persons

# Rounds of tools for one question.
ROUNDS = 16
# After a send whose outcome is unknown.
LOOK = "Look in Sent. If you ask for the same mail again, it is looked for first and sent at most once."
# Attempts with half of the conversation, if it was too long.
HALVINGS = 3


class Agent:
    def __init__(
        self, model: Model, toolbox: Toolbox, caller: Caller, guard: Guard, screen: Screen, context: int | None
    ) -> None:
        self.model = model
        self.toolbox = toolbox
        self.caller = caller
        self.guard = guard
        self.screen = screen
        self.context = context
        self.fence = Fence()
        self.history: History | None = None

    def new_conversation(self) -> None:
        if self.history:
            self.history.clear()

    def ask(self, question: str) -> None:
        """Answers a question on the screen. A failure takes the question back."""
        history = self.loaded()
        history.begin(question)
        self.guard.begin_question()
        try:
            for _ in range(ROUNDS):
                calls = self.answer(history)
                if not calls:
                    return
                self.perform(history, calls)
        except Problem as problem:
            if problem.code not in (SIGN_IN, CONFIGURATION) and len(history.turns[-1]) > 1:
                history.add({"role": "assistant", "content": "[the answer failed]"})
            else:
                history.forget_question()
            raise
        history.add({"role": "assistant", "content": f"[stopped after {ROUNDS} rounds of tools]"})
        raise Problem(f"stopped after {ROUNDS} rounds of tools", "Ask for less at once, or enter: go on", FAILED)

    def loaded(self) -> History:
        if self.history is None:
            with self.screen.busy("loading"):
                self.model.check()
                limit = self.model.context(self.context)
            room = limit - len(system_prompt(self.fence)) - len(json.dumps(self.toolbox.schemas))
            self.history = History(max(room, 12_000))
        return self.history

    # The model.

    def answer(self, history: History) -> list[dict[str, Any]]:
        """Streams an answer, and returns the calls in it."""
        for attempt in range(HALVINGS + 1):
            messages = [{"role": "system", "content": system_prompt(self.fence)}, *history.messages()]
            streamed = self.model.answer(messages, self.toolbox.schemas)
            try:
                return self.show(history, streamed)
            except TooLong:
                if attempt == HALVINGS:
                    raise
                history.limit = min(history.limit, size(history.messages())) // 2
                self.screen.debug(f"the conversation was too long: {history.limit} characters are left of it")
        raise AssertionError("a loop ends in a return or an error")

    def show(self, history: History, streamed: Streamed) -> list[dict[str, Any]]:
        answer = self.screen.answer()
        texts = streamed.texts()
        try:
            with self.screen.busy("thinking"):
                text = next(texts, None)
            while text is not None:
                answer.feed(text)
                text = next(texts, None)
        except KeyboardInterrupt:
            texts.close()
            history.add({"role": "assistant", "content": f"{streamed.text} [interrupted by the user]".strip()})
            raise
        finally:
            answer.end()
        streamed.report()
        message = with_valid_calls(streamed.message())
        if not message.get("content") and not message.get("tool_calls"):
            history.add({"role": "assistant", "content": "[no answer]"})
            raise Problem("the model answered nothing", "Ask again in other words, or choose another --model.")
        history.add(message)
        if streamed.finish == "length":
            self.screen.note("The answer reached the model's limit and was cut.")
        return list(message.get("tool_calls") or ())

    # The tools.

    def perform(self, history: History, calls: list[dict[str, Any]]) -> None:
        """Runs the calls of one answer, one after the other. Each has a result, whatever ends the others."""
        waiting = list(calls)
        try:
            while waiting:
                content = self.run(waiting[0])
                history.add(reply(waiting.pop(0), content))
        except KeyboardInterrupt:
            self.leave(history, waiting, "[interrupted by the user; for a call that sends, the outcome is unknown]")
            history.add({"role": "assistant", "content": "[interrupted by the user]"})
            raise
        except Problem as problem:
            self.leave(history, waiting, f"[not done: {problem.message}]")
            raise

    def leave(self, history: History, calls: list[dict[str, Any]], why: str) -> None:
        for call in calls:
            history.add(reply(call, why))

    def run(self, call: Mapping[str, Any]) -> str:
        """Runs one call, and returns what the model gets of it."""
        name = str(call["function"].get("name"))
        tool = self.toolbox.tools.get(name)
        if tool is None:
            self.screen.note(f"· {name}: not a tool of this session")
            return self.told({"error": f"there is no tool {name!r}", "tools": sorted(self.toolbox.tools)})
        try:
            given = json.loads(call["function"].get("arguments") or "{}")
        except ValueError as error:
            return self.told({"error": f"the arguments are not valid JSON: {error}"})
        if not isinstance(given, dict):
            return self.told({"error": "the arguments are not a JSON object"})
        arguments, dropped = without_persons(given)
        if dropped:
            self.screen.debug(f"tool: {name}: the model may not set {', '.join(dropped)}")
        files = [name for name in OF_FILES if tool.has(name) and arguments.get(name)]
        if files:
            return self.told({"error": f"{', '.join(files)} cannot be used here: give the text as body or html_body"})
        return self.permitted(tool, arguments)

    def permitted(self, tool: Tool, arguments: dict[str, Any]) -> str:
        verdict = self.guard.permission(tool, arguments)
        if verdict.result is not None:
            return self.result(tool, arguments, verdict.result)
        if verdict.arguments is None:
            return self.told(verdict.told)
        try:
            with self.screen.busy(f"{tool.name} {short(arguments)}"):
                result = self.caller.call(tool.name, verdict.arguments)
        except KeyboardInterrupt:
            if tool.sends(arguments):
                self.screen.problem(
                    "interrupted while sending: it is not known whether the mail was sent",
                    LOOK,
                )
            raise
        if result.kind == "unconfirmed":
            again = self.guard.confirmed_call(tool, verdict.arguments)
            if again.result is None:
                return self.told(again.told)
            result = again.result
        self.guard.settle(tool, verdict.arguments, result)
        return self.result(tool, arguments, result)

    def result(self, tool: Tool, arguments: dict[str, Any], result: Result) -> str:
        """What the model gets: the result within the fence, short enough, with the error beside it."""
        self.screen.note(f"· {tool.name} {short(arguments)} → {summary(result)}".replace("  ", " "))
        notes = [f"exit code {result.code}"] if result.code else []
        if result.code == REFUSED:
            notes.append("refused: tell the user why, and do not try another way")
        if is_unknown(result):
            notes.append("it is not known whether it was sent: tell the user, and do not repeat it unasked")
            self.screen.problem(str(result.error.get("message")), LOOK)
        data, cut = bounded(result.document, result.text)
        if cut:
            notes.append(cut)
        if result.notes:
            shown, _ = bounded({"notes": result.notes}, "")
            data = f"{data}\n{shown}".strip()
        if result.error:
            shown, _ = bounded({"error": result.error}, "")
            data = f"{data}\n{shown}".strip()
        return self.fence.around(data, "; ".join(notes))

    def told(self, document: dict[str, Any]) -> str:
        """What this program says itself. Names and addresses in it may come from mail."""
        return self.fence.around(json.dumps(document, ensure_ascii=False), "from the chat program")


def reply(call: Mapping[str, Any], content: str) -> Message:
    return {"role": "tool", "tool_call_id": call["id"], "content": content}


def with_valid_calls(message: Message) -> Message:
    """Providers refuse a conversation with arguments that are not JSON. The result says what was wrong with them."""
    for call in message.get("tool_calls") or ():
        try:
            json.loads(call["function"].get("arguments") or "{}")
        except ValueError:
            call["function"]["arguments"] = json.dumps({"invalid": call["function"]["arguments"][:500]})
    return message


def summary(result: Result) -> str:
    """A result in a few words."""
    if result.code and result.error:
        return str(result.error.get("message", f"exit code {result.code}"))
    document = result.document
    if isinstance(document, list):
        return f"{len(document)} row{'' if len(document) == 1 else 's'}"
    if isinstance(document, dict):
        if isinstance(document.get("messages"), list):
            return f"{len(document['messages'])} rows"
        for name in ("changed", "modified"):
            if isinstance(document.get(name), int):
                return f"{document[name]} changed"
        if isinstance(document.get("status"), str):
            return str(document["status"])
    return "done"
