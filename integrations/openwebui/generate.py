#!/usr/bin/env python3
"""Writes the generated parts of mcs_gmail.py from the tool table of a binary, or compares them with --check.

The table decides names, types, choices, required parameters and texts. What Open WebUI needs otherwise is said here.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / "mcs_gmail.py"

# The server replaces these words everywhere in the file, also in texts.
REPLACED = ("from utils", "from apps", "from main", "from config")
# Files of the server: a model never names them.
FILES_OF_SERVER = ("body_file", "html_file", "raw", "out", "out_dir")
# A person decides about these, in a dialog, or the host sets them.
HOST_SETS = ("yes", "confirm_reply_to", "idempotency_key")
# A keyword of Python.
RENAMED = {"from": "sender"}
# An empty text means something: no subject, no text, the first page.
EMPTY_MEANS_SOMETHING = ("subject", "body", "page_token")
# What the server gives to each method, and hides from the model.
SERVER = (
    "__user__: Optional[dict] = None, __metadata__: Optional[dict] = None, __event_emitter__: Any = None, "
    "__event_call__: Any = None, __files__: Optional[list] = None"
)
IDS = ("uid", "thread_id", "part")

TEXTS = {
    "attach": "Name of a file that the user has added to this chat; several are allowed.",
    "inline": (
        "CID=NAME: image that the user has added to this chat, which the HTML shows as "
        '<img src="cid:CID">; several are allowed.'
    ),
    "file": (
        "Name of a file that the user has added to this chat, with one message (RFC 5322) or with several in the mbox "
        "format."
    ),
}
ADDED = {
    "save_attachments": {
        "save": {
            "type": "boolean",
            "description": "Give the attachments to the user as files of this chat; without it, they are only listed.",
        }
    },
}
# A sentence of the table that is not true here, and the one that is.
SENTENCES = {
    "export_messages": [
        (
            re.compile(r"^.*?(?= Use it)", re.DOTALL),
            "Give whole messages to the user as files of this chat, byte for byte (.eml, or one mailbox file with "
            "mbox).",
        )
    ],
    "save_attachments": [
        (
            re.compile(r"^.*?(?= Use it)", re.DOTALL),
            "List the attachments of a message, with their texts if text is set, or give them to the user as files of "
            "this chat if save is set.",
        )
    ],
}
ASKS = {
    "send_message": "The user is asked before it is sent.",
    "send_html_message": "The user is asked before it is sent.",
    "reply_message": "The user is asked before it is sent.",
    "forward_message": "The user is asked before it is sent.",
    "send_draft": "The user is asked before it is sent.",
    "unsubscribe": "The user is asked before anything is sent or requested.",
    "delete_draft": "The user is asked before it is deleted.",
    "delete_folder": "The user is asked before it is deleted.",
}


def table(binary: str) -> tuple[str, list[dict]]:
    def output(*arguments: str) -> str:
        return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True, encoding="utf-8").stdout

    return output("--version").split()[-1], json.loads(output("tools", "--as", "json"))


def parameters_of(tool: dict) -> dict[str, dict]:
    """The parameters that this host offers, by the names that it gives them."""
    properties = tool["parameters"]["properties"]
    kept = {n: p for n, p in properties.items() if n not in FILES_OF_SERVER and n not in HOST_SETS}
    kept = {RENAMED.get(name, name): parameter for name, parameter in kept.items()}
    return {**kept, **ADDED.get(tool["name"], {})}


def required_of(tool: dict) -> list[str]:
    required = [RENAMED.get(name, name) for name in tool["parameters"]["required"] if name not in HOST_SETS]
    # Without a file of the server, there is no other way to name them.
    return required or [name for name in ("to", "subject") if tool["name"] == "send_message"]


def text_of(name: str, parameter: dict) -> str:
    text = TEXTS.get(name, parameter["description"])
    text = re.sub(r" ?On the command line, [^.]*\.", "", text).replace("`", "").strip()
    default = parameter.get("default")
    if default not in (None, False):
        text += f" Default: {default}."
    return text


def description_of(tool: dict) -> str:
    text, _, example = tool["description"].partition(" Example: ")
    text = re.sub(r" ?On the command line, [^.]*\.", "", text)
    for pattern, sentence in SENTENCES.get(tool["name"], []):
        text, count = pattern.subn(lambda _, sentence=sentence: sentence, text, count=1)
        if not count:
            raise SystemExit(f"{tool['name']}: the text of the table has changed; correct SENTENCES in {__file__}")
    if asks := ASKS.get(tool["name"]):
        text += f" {asks}"
    if example:
        shown = {RENAMED.get(name, name): value for name, value in json.loads(example).items()}
        shown = {name: value for name, value in shown.items() if name in parameters_of(tool)}
        text += f" Example: {json.dumps(shown, ensure_ascii=False)}"
    return text


def kind_of(name: str, parameter: dict) -> str:
    if "anyOf" in parameter:
        return "list of ids" if name in IDS else "list"
    if "enum" in parameter:
        return "word"
    if parameter["type"] == "string":
        return "empty" if name in EMPTY_MEANS_SOMETHING else "text"
    return {"integer": "int", "boolean": "bool"}[parameter["type"]]


def hint_of(parameter: dict) -> str:
    if "anyOf" in parameter:
        return "Union[str, list[str]]"
    if "enum" in parameter:
        return f"Literal[{', '.join(json.dumps(word) for word in parameter['enum'])}]"
    return {"integer": "int", "boolean": "bool", "string": "str"}[parameter["type"]]


def docstring(lines: list[str]) -> list[str]:
    for line in lines:
        if "\n" in line or '"""' in line:
            raise SystemExit(f"a text does not fit into a docstring: {line}")
    return [line.replace("\\", "\\\\") for line in lines]


def method(tool: dict) -> str:
    parameters, required = parameters_of(tool), required_of(tool)
    order = sorted(parameters, key=lambda name: name not in required)
    signature = [f"{name}: {hint_of(parameters[name])}" for name in order if name in required]
    signature += [f"{name}: Optional[{hint_of(parameters[name])}] = None" for name in order if name not in required]
    signature.append(SERVER)
    texts = [f":param {name}: {text_of(name, parameters[name])}" for name in order]
    lines = [
        f"    async def {tool['name']}(",
        "        self,",
        *[f"        {one}," for one in signature],
        "    ) -> str:",
    ]
    first, *rest = docstring([description_of(tool), *([""] if texts else []), *texts])
    lines += [f'        """{first}' + ("" if rest else '"""')]
    lines += [f"        {line}" if line else "" for line in rest] + (['        """'] if rest else [])
    return "\n".join(["    @tool", *lines])


def tables(version: str, tools: list[dict]) -> str:
    lines = [
        f'REQUIREMENT = "mcs-gmail=={version}"',
        f"FILES_OF_SERVER = {json.dumps(FILES_OF_SERVER)}".replace("[", "(").replace("]", ")"),
    ]
    lines += ["# Access level and parameters of each tool.", "TOOLS = {"]
    for tool in tools:
        kinds = {name: kind_of(name, parameter) for name, parameter in parameters_of(tool).items()}
        lines.append(f'    "{tool["name"]}": ("{tool["access"]}", {json.dumps(kinds)}),')
    return "\n".join([*lines, "}"])


def between(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"^( *)# <generated {name}>\n.*?^ *# </generated {name}>$", re.DOTALL | re.MULTILINE)
    new, count = pattern.subn(lambda m: f"{m[1]}# <generated {name}>\n{content}\n{m[1]}# </generated {name}>", text)
    if count != 1:
        raise SystemExit(f"{FILE.name} needs the marks of {name} once")
    return new


def generated(text: str, version: str, tools: list[dict]) -> str:
    text = re.sub(r"^version: .*$", f"version: {version}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^requirements: .*$", f"requirements: mcs-gmail=={version}", text, count=1, flags=re.MULTILINE)
    text = between(text, "tables", tables(version, tools))
    text = between(text, "methods", "\n\n".join(method(tool) for tool in tools))
    for words in REPLACED:
        if words in text:
            line = text[: text.index(words)].count("\n") + 1
            raise SystemExit(f'{FILE.name}:{line}: the server would replace "{words}"; say it in other words')
    if text.splitlines()[0] != '"""':
        raise SystemExit(f"the first line of {FILE.name} must be three double quotes")
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", help="path of mcs-gmail")
    parser.add_argument("--check", action="store_true", help="change nothing, and fail if the file is not up to date")
    options = parser.parse_args()
    old = FILE.read_text("utf-8")
    new = generated(old, *table(options.binary))
    if not options.check:
        FILE.write_text(new, "utf-8")
        return 0
    if new != old:
        sys.stdout.writelines(
            difflib.unified_diff(old.splitlines(True), new.splitlines(True), "committed", "generated")
        )
        print(f"{FILE.name} is not up to date: run {Path(__file__).name} with the binary", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
