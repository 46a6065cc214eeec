"""The tools of mcs-gmail as the model sees them, and what a call of one means for the person.

Everything here is derived from ``mcs-gmail tools --as openai`` and ``mcs-gmail schema``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .program import Program

# What only the person may say. The model neither sees these parameters nor sets them.
OF_THE_PERSON = ("yes", "confirm_reply_to", "anyway", "idempotency_key")
# What reads a file of this computer whose content nobody would see before it is used.
OF_FILES = ("body_file", "html_file", "raw")
# What needs a shell.
ON_THE_LINE = re.compile(r"\s*On the command line, [^.]*\.")
# The number of messages that may be changed without a question, as in mcs-gmail.
UNASKED = 25


@dataclass(frozen=True)
class Tool:
    name: str
    level: str
    parameters: frozenset[str]
    annotations: Mapping[str, Any]

    def has(self, parameter: str) -> bool:
        return parameter in self.parameters

    def sends(self, arguments: Mapping[str, Any]) -> bool:
        """Whether the call makes mail leave the mailbox."""
        if self.level != "send" and not self.has("or_draft"):
            return False
        return not (is_on(arguments, "draft") or is_on(arguments, "dry_run"))

    def is_bulk(self) -> bool:
        """Whether one call can change many messages."""
        return self.has("query") and self.has("yes") and self.has("dry_run")

    def is_final(self) -> bool:
        """Whether the call cannot be undone and changes nothing but what it names."""
        return self.has("yes") and not self.has("dry_run")

    def writes_files(self, arguments: Mapping[str, Any]) -> bool:
        return bool(arguments.get("out_dir") or arguments.get("out"))


@dataclass(frozen=True)
class Toolbox:
    """What the access level of this session allows."""

    tools: Mapping[str, Tool]
    schemas: list[dict[str, Any]]
    version: str
    access: str

    @classmethod
    def of(cls, program: Program) -> Toolbox:
        contract = program.document(["schema"])
        known = {row["name"]: row for row in contract["tools"]}
        offered: list[dict[str, Any]] = program.document(["tools", "--as", "openai"])
        # There is no question for a change of settings, so it is left to the command line.
        schemas = [schema for schema in offered if known[schema["function"]["name"]]["level"] != "settings"]
        tools = {}
        for schema in schemas:
            function = schema["function"]
            row = known[function["name"]]
            tools[function["name"]] = Tool(
                name=function["name"],
                level=row["level"],
                parameters=frozenset(function["parameters"]["properties"]),
                annotations=row["annotations"],
            )
        return cls(tools, [for_model(s) for s in schemas], contract["version"], contract["policy"]["access"])

    def repeatable(self) -> frozenset[str]:
        """The tools of which a second call changes nothing more."""
        hints = ("readOnlyHint", "idempotentHint")
        return frozenset(name for name, tool in self.tools.items() if any(tool.annotations.get(hint) for hint in hints))


def for_model(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without what is the person's, without files that are texts, and without hints for a shell."""
    shown = copy.deepcopy(schema)
    function = shown["function"]
    parameters = function["parameters"]
    for name in OF_THE_PERSON + OF_FILES:
        parameters["properties"].pop(name, None)
    parameters["required"] = [name for name in parameters.get("required", ()) if name not in OF_THE_PERSON]
    for member in parameters["properties"].values():
        if "description" in member:
            member["description"] = ON_THE_LINE.sub("", member["description"])
    # The example of a deletion confirms it.
    function["description"] = re.sub(r',? ?"yes": true', "", function["description"])
    return shown


def without_persons(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The arguments without what only the person may say, and the names of what was dropped."""
    dropped = [name for name in arguments if name in OF_THE_PERSON]
    return {name: value for name, value in arguments.items() if name not in OF_THE_PERSON}, dropped


def is_on(arguments: Mapping[str, Any], name: str) -> bool:
    """As mcs-gmail reads a flag: models write true, "true" and 1. What is not surely on counts as off, so that a
    question is asked rather than not."""
    value = arguments.get(name)
    return value is True


def values(arguments: Mapping[str, Any], name: str) -> list[str]:
    """A parameter that may be given once or several times."""
    value = arguments.get(name)
    return [str(item) for item in value if item] if isinstance(value, list) else [str(value)] if value else []
