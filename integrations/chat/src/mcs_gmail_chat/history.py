"""The conversation as the model gets it, within a limit: old results go first, then old questions.

A turn is a question with everything that came of it. The calls of an answer and their results always stay together,
since providers refuse one without the other.
"""

from __future__ import annotations

import json
from typing import Any

Message = dict[str, Any]

DROPPED = "[dropped to save space; call the tool again if it is needed]"
# A result of the current question that is not among the newest is shortened to this.
OLD_RESULT = 2_000


def size(messages: list[Message]) -> int:
    return sum(len(json.dumps(message, ensure_ascii=False)) for message in messages)


class History:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.turns: list[list[Message]] = []

    def clear(self) -> None:
        self.turns.clear()

    def begin(self, question: str) -> None:
        self.turns.append([{"role": "user", "content": question}])

    def add(self, message: Message) -> None:
        self.turns[-1].append(message)

    def forget_question(self) -> None:
        self.turns.pop()

    def messages(self) -> list[Message]:
        """What fits. The newest turn is always there; of others at least the question and the answer are tried."""
        for drop in (self.everything, self.without_old_results, self.with_short_results):
            messages = drop()
            if size(messages) <= self.limit:
                return messages
        for first in range(1, len(self.turns)):
            messages = self.with_short_results(first)
            if size(messages) <= self.limit:
                return messages
        return self.with_short_results(len(self.turns) - 1)

    def everything(self) -> list[Message]:
        return [message for turn in self.turns for message in turn]

    def without_old_results(self) -> list[Message]:
        old = [dropped(message) for turn in self.turns[:-1] for message in turn]
        return old + self.turns[-1]

    def with_short_results(self, first: int = 0) -> list[Message]:
        old = [dropped(message) for turn in self.turns[first:-1] for message in turn]
        current = self.turns[-1]
        results = [index for index, message in enumerate(current) if message["role"] == "tool"]
        early = set(results[:-1])
        return old + [shortened(message) if index in early else message for index, message in enumerate(current)]


def dropped(message: Message) -> Message:
    return {**message, "content": DROPPED} if message["role"] == "tool" else message


def shortened(message: Message) -> Message:
    content = message["content"]
    if len(content) <= OLD_RESULT:
        return message
    # The closing line of the fence stays.
    last = content.rstrip().rsplit("\n", 1)[-1]
    return {**message, "content": f"{content[:OLD_RESULT]}\n{last}\n[cut to save space]"}
