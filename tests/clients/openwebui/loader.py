"""The tool file in the real loader of Open WebUI, with its models on SQLite, the real program and the sandbox.

Arguments: BINARY SANDBOX [WHEEL_DIRECTORY]. Every function whose name begins with `test_` is run, in this order. The
variable ONLY chooses some of them by a pattern.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import html
import io
import json
import logging
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
FILE = HERE.parents[2] / "integrations" / "openwebui" / "mcs_gmail.py"
BINARY, SANDBOX, *REST = sys.argv[1:] if __name__ == "__main__" else ("", "")
WHEELS = REST[0] if REST else ""
DATA = Path(tempfile.mkdtemp(prefix="openwebui-", dir=os.environ.get("OWUI_TEST_DIR")))

os.environ.update(
    DATA_DIR=str(DATA),
    WEBUI_SECRET_KEY="for-tests",
    USE_SLIM_DOCKER="true",
    FROM_INIT_PY="true",
    HF_HUB_OFFLINE="1",
    GLOBAL_LOG_LEVEL="ERROR",
)
if WHEELS:
    # Without an index, pip can only take the wheel.
    os.environ.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(Path(WHEELS).resolve()))
else:
    os.environ["OFFLINE_MODE"] = "true"

sys.path.insert(0, str(HERE))
from sandbox import Sandbox  # noqa: E402

TOOL_ID = "mcs_gmail"
NINE = {
    "list_folders": [],
    "list_messages": ["folder", "limit"],
    "fetch_message": ["uid", "folder"],
    "search_messages": ["criteria", "folder", "limit"],
    "move_message": ["uid", "destination", "folder"],
    "set_flags": ["uid", "flags", "remove", "folder"],
    "create_folder": ["name"],
    "send_message": ["to", "subject", "body", "cc", "bcc", "reply_to"],
    "send_html_message": ["to", "subject", "html_body", "text_body", "cc", "bcc", "reply_to"],
}
# What the table has and this host does not offer, and what it calls otherwise.
FILES_OF_SERVER = {"body_file", "html_file", "raw", "out", "out_dir"}
ONLY_A_PERSON = {"yes", "confirm_reply_to", "idempotency_key"}
OWN_TOOLS = {"mcs_status", "mcs_sign_in", "mcs_sign_out"}
OWN_TEXT = {"attach", "inline", "file", "save"}


class World:
    """The server's parts, two users, and what the page of each chat would have received."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(SANDBOX)
        os.environ.update(self.sandbox.surroundings())
        self.request = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace()))
        self.events: list[dict] = []
        self.questions: list[dict] = []
        self.answer: object = True
        self.files: list[dict] = []
        self.chat = "chat-1"
        self.message = "message-1"
        self.users: dict = {}

    async def start(self) -> None:
        from open_webui.models.tools import ToolForm, ToolMeta, Tools
        from open_webui.models.users import Users
        from open_webui.utils.plugin import load_tool_module_by_id, replace_imports
        from open_webui.utils.tools import get_tool_specs

        self.tools = Tools
        for name, role in (("root", "admin"), ("ada", "user"), ("bob", "user"), ("eve", "user")):
            self.users[name] = await Users.insert_new_user(f"id-of-{name}", name, f"{name}@server.example", role=role)
        content = FILE.read_text("utf-8")
        assert replace_imports(content) == content, "the server rewrites words of the file"
        self.module, self.frontmatter, source = await load_tool_module_by_id(TOOL_ID, content=content)
        self.specs = get_tool_specs(self.module)
        form = ToolForm(
            id=TOOL_ID,
            name="Gmail",
            content=content,
            meta=ToolMeta(description="Gmail", manifest=self.frontmatter),
            access_grants=[{"principal_type": "user", "principal_id": "*", "permission": "read"}],
        )
        assert await Tools.insert_new_tool(self.users["root"].id, form, self.specs)
        await self.valves()
        self.python = source

    async def valves(self, **changed: object) -> None:
        """Sets the valves as an administrator would, and all others to what these tests use."""
        values = {**self.sandbox.values(), "binary": BINARY, "access": "send", **changed}
        await self.tools.update_tool_valves_by_id(TOOL_ID, values)

    async def user_valves(self, user: str, **values: object) -> None:
        await self.tools.update_user_valves_by_id_and_user_id(TOOL_ID, self.users[user].id, values)

    async def emit(self, event: dict) -> None:
        self.events.append(event)

    async def ask(self, event: dict) -> object:
        self.questions.append(event)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer(event) if callable(self.answer) else self.answer

    async def offered(self, user: str, **other: object) -> dict:
        from open_webui.utils.tools import get_tools

        model = self.users[user]
        server = {
            "__user__": {"id": model.id, "email": model.email, "name": model.name, "role": model.role},
            "__event_emitter__": self.emit,
            "__event_call__": self.ask,
            "__metadata__": {"chat_id": self.chat, "message_id": self.message, "user_id": model.id, "session_id": "s"},
            "__files__": self.files,
            **other,
        }
        return await get_tools(self.request, [TOOL_ID], model, server)

    async def text(self, user: str, tool: str, arguments: dict | None = None, **other: object) -> str:
        """Calls a tool as the server does: only with parameters of its specification."""
        self.events.clear()
        self.questions.clear()
        offered = (await self.offered(user, **other))[tool]
        known = offered["spec"]["parameters"]["properties"]
        return await offered["callable"](**{k: v for k, v in (arguments or {}).items() if k in known})

    async def call(self, user: str, tool: str, arguments: dict | None = None, **other: object) -> object:
        text = await self.text(user, tool, arguments, **other)
        assert isinstance(text, str), text
        return json.loads(text)

    def identity(self, user: str) -> dict:
        return {"id": self.users[user].id}

    def shown(self) -> str:
        """What a person reads in the question."""
        assert len(self.questions) == 1, self.questions
        message = self.questions[0]["data"]["message"]
        return html.unescape(re.sub(r"</?div[^>]*>", "", message).replace("<br>", "\n")).replace("\xa0", " ")

    async def direct(self, user: str) -> object:
        """The object that all users share, with the valves that the server has set for the last call."""
        await self.offered(user)
        return self.request.app.state.TOOLS[TOOL_ID]

    async def sign_in(self, user: str) -> object:
        """Both visits of this user; the result of the call after them."""
        for _ in range(3):
            answer = await self.call(user, "list_messages", {"limit": 2})
            if not (isinstance(answer, dict) and answer.get("auth_required")):
                return answer
            self.sandbox.visit(answer["url"])
        raise AssertionError("the sign-in did not end")

    def said(self, kind: str) -> list[str]:
        return [e["data"].get("description") or e["data"].get("content") for e in self.events if e["type"] == kind]

    def sent(self) -> int:
        """How many messages the mailbox has sent, by the program itself and not by the tool."""
        directory = self.directory("ada")
        environment = {**self.sandbox.env, "HOME": str(directory), "MCS_CACHE_DIR": str(directory / "cache")}
        command = [BINARY, "search", "in:sent", "--limit", "500", "--format", "json", "--fields", "uid"]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return len(json.loads(run.stdout))

    def directory(self, user: str) -> Path:
        return self.python.directory_of({"id": self.users[user].id}, self.module.Valves())


def code_of(answer: object) -> str:
    assert isinstance(answer, dict) and isinstance(answer.get("error"), dict), answer
    return answer["error"]["code"]


def processes_of(directory: Path) -> list[str]:
    """The command lines of processes that work below a directory."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if Path(os.readlink(process / "cwd")).is_relative_to(directory):
                    found.append((process / "cmdline").read_bytes().decode().replace("\0", " "))
            except OSError:
                continue
    return found


async def test_the_file_loads(world: World) -> None:
    version = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    assert world.frontmatter["requirements"] == f"mcs-gmail=={version}", world.frontmatter
    assert world.frontmatter["version"] == version
    assert FILE.read_text("utf-8").splitlines()[0] == '"""'
    valves = world.module.Valves()
    assert valves.access == "read" and valves.confirm == "sending"
    schema = world.module.Valves.model_json_schema()["properties"]
    hidden = [name for name, one in schema.items() if one.get("input", {}).get("type") == "password"]
    assert hidden == ["auth0_client_secret", "linkauth_api_key"], hidden


async def test_the_specifications_are_those_of_the_table(world: World) -> None:
    run = subprocess.run([BINARY, "tools", "--as", "json"], capture_output=True, text=True, check=True)
    table = {tool["name"]: tool for tool in json.loads(run.stdout)}
    offered = {name: tool["spec"] for name, tool in (await world.offered("ada")).items()}
    assert set(offered) == set(table) | OWN_TOOLS, set(offered) ^ set(table)
    for name, tool in table.items():
        summary = tool["description"].split(" Example: ")[0]
        if name not in ("save_attachments", "export_messages"):
            assert offered[name]["description"].startswith(summary), offered[name]["description"]
        expected = {
            ("sender" if parameter == "from" else parameter): value
            for parameter, value in tool["parameters"]["properties"].items()
            if parameter not in FILES_OF_SERVER | ONLY_A_PERSON
        }
        properties = offered[name]["parameters"]["properties"]
        added = {"save"} if name == "save_attachments" else set()
        assert set(properties) == set(expected) | added, (name, set(properties) ^ set(expected))
        for parameter, value in expected.items():
            seen = properties[parameter]
            for member in ("type", "anyOf", "enum"):
                assert seen.get(member) == value.get(member), (name, parameter, seen, value)
            if parameter not in OWN_TEXT:
                text = re.sub(r" ?On the command line, [^.]*\.", "", value["description"])
                assert seen["description"].startswith(text), (name, parameter, seen)
            if value.get("default") not in (None, False):
                assert seen["description"].endswith(f"Default: {value['default']}."), (name, parameter, seen)
        required = ["to", "subject"] if name == "send_message" else tool["parameters"]["required"]
        assert sorted(offered[name]["parameters"].get("required", [])) == sorted(required), name
    for name, parameters in NINE.items():
        missing = set(parameters) - set(offered[name]["parameters"]["properties"])
        assert not missing, (name, missing)


async def test_without_a_user_there_is_no_mailbox(world: World) -> None:
    await world.valves()
    for user in ({}, {"id": ""}, {"id": None}, {"id": 7}, {"email": "ada@server.example"}):
        tools = await world.offered("ada", __user__=user)
        assert code_of(json.loads(await tools["list_messages"]["callable"](limit=1))) == "no_user", user
        for own in OWN_TOOLS:
            assert code_of(json.loads(await tools[own]["callable"]())) == "no_user", user
    assert code_of(json.loads(await world.module.list_messages(limit=1))) == "no_user"


async def test_a_sign_in_takes_two_visits_whose_links_are_events(world: World) -> None:
    for step, visit in (("sign_in", "visit 1 of 2"), ("connect_account", "visit 2 of 2")):
        answer = await world.call("ada", "list_messages", {"limit": 5})
        assert list(answer)[:5] == ["auth_required", "message", "url", "code", "scope"], answer
        assert answer["step"] == step
        assert answer["url"] in answer["message"] and answer["code"] in answer["message"], answer
        assert "Call list_messages again" in answer["message"] and "shared chat" in answer["message"], answer
        for kind in ("status", "notification"):
            said = world.said(kind)
            assert len(said) == 1 and answer["url"] in said[0] and visit in said[0], (kind, world.events)
        state = await world.call("ada", "mcs_status")
        assert state["signed_in"] is False and state["pending"], state
        world.sandbox.visit(answer["url"])
    rows = await world.call("ada", "list_messages", {"limit": 5})
    assert len(rows) == 5 and all(row["untrusted"] for row in rows), rows
    assert world.said("status") == ["Gmail: connected to ada@example.com"], world.events
    await world.call("ada", "list_messages", {"limit": 1})
    assert world.said("status") == [], "the account is shown once"


async def test_two_users_never_share_a_mailbox(world: World) -> None:
    answer = await world.call("bob", "list_messages", {"limit": 5})
    assert isinstance(answer, dict) and answer["auth_required"], answer
    ada, bob = world.directory("ada"), world.directory("bob")
    assert ada != bob and ada.parent == bob.parent == DATA / "mcs-gmail"
    for path in (ada.parent, ada, bob, ada / "cache"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    cache = ada / "cache" / "mcs-gmail.json"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    for name in ("ada", "server.example"):
        assert name not in str(ada.relative_to(DATA)), "names are hashed"
    assert len(await world.sign_in("bob")) == 2
    # What bob's calls need is in bob's directory alone.
    shutil.rmtree(bob)
    answer = await world.call("bob", "list_messages", {"limit": 5})
    assert answer["auth_required"], answer
    assert len(await world.call("ada", "list_messages", {"limit": 5})) == 5


async def test_a_sign_in_that_was_given_up_can_start_again(world: World) -> None:
    answer = await world.call("eve", "fetch_message", {"uid": "18c9f2a4b5d6e7f8"})
    world.sandbox.visit(answer["url"], "deny")
    again = await world.call("eve", "fetch_message", {"uid": "18c9f2a4b5d6e7f8"})
    assert again["auth_required"] and "mcs_sign_in with new_link" in again["message"], again
    assert "mcs-gmail auth" not in again["message"], again
    fresh = await world.call("eve", "mcs_sign_in", {"new_link": "true"})
    assert fresh["auth_required"] and fresh["url"] not in (answer["url"], again["url"]), fresh
    assert fresh["url"] in world.said("status")[0], world.events
    assert len(await world.call("ada", "list_messages", {"limit": 1})) == 1


async def test_a_user_can_sign_out(world: World) -> None:
    world.answer = False
    assert (await world.call("bob", "mcs_sign_out"))["status"] == "not_confirmed"
    assert len(await world.sign_in("bob")) == 2
    world.answer = True
    await world.call("bob", "mcs_sign_out")
    assert world.questions[0]["data"]["title"] == "Sign out of Gmail?"
    assert (await world.call("bob", "list_messages"))["auth_required"]
    assert len(await world.call("ada", "list_messages", {"limit": 1})) == 1


async def test_ten_parallel_calls(world: World) -> None:
    users = ["ada"] * 5 + ["eve"] * 5
    offered = {user: (await world.offered(user))["list_messages"]["callable"] for user in set(users)}
    before = time.monotonic()
    answers = [json.loads(one) for one in await asyncio.gather(*(offered[user](limit=3) for user in users))]
    assert [len(one) for one in answers[:5]] == [3] * 5, answers[:5]
    links = {one["url"] for one in answers[5:]}
    assert len(links) == 1, "one sign-in for five calls of one user"
    assert time.monotonic() - before < 30
    assert processes_of(DATA) == []
    assert list((world.directory("ada") / "work").iterdir()) == [], "nothing is left of a call"


async def test_a_restart_keeps_the_sign_in(world: World) -> None:
    script = (
        "import asyncio, json, runpy, sys; m = runpy.run_path(sys.argv[1]); t = m['Tools'](); "
        "t.valves = t.Valves(**json.loads(sys.argv[2])); "
        "print(asyncio.run(t.list_messages(limit=2, __user__={'id': sys.argv[3]})))"
    )
    values = json.dumps({**world.sandbox.values(), "binary": BINARY})
    command = [sys.executable, "-c", script, str(FILE), values, world.users["ada"].id]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(json.loads(run.stdout)) == 2, run.stdout


async def test_what_models_send_is_understood(world: World) -> None:
    rows = await world.call("ada", "list_messages", {"limit": "3", "folder": "", "all": "false", "threads": None})
    assert len(rows) == 3, rows
    threads = await world.call("ada", "list_messages", {"limit": 2, "threads": "true"})
    assert "count" in threads[0], threads
    uid = rows[0]["uid"]
    assert (await world.call("ada", "fetch_message", {"uid": f" {uid} ", "body": "TEXT"}))["uid"] == uid
    for given in ([uid], json.dumps([uid])):
        assert (await world.call("ada", "fetch_message", {"uid": given}))[0]["uid"] == uid, given
    both = f"{uid}, {rows[1]['uid']}"
    assert [one["uid"] for one in await world.call("ada", "fetch_message", {"uid": both, "max_body": "50"})] == [
        uid,
        rows[1]["uid"],
    ]
    for packed in ({"limit": 2}, '{"limit": "2"}'):
        rows = json.loads(
            await (await world.direct("ada")).list_messages(kwargs=packed, __user__=world.identity("ada"))
        )
        assert len(rows) == 2, rows
    answer = json.loads(
        await (await world.direct("ada")).list_messages(kwargs="nonsense", __user__=world.identity("ada"))
    )
    assert code_of(answer) == "usage"
    assert code_of(await world.call("ada", "list_messages", {"folder": "No such folder"})) != ""
    starred = await world.call("ada", "set_flags", {"uid": uid, "flags": "\\Flagged", "remove": "false"})
    assert starred["uid"] == uid and "STARRED" in starred["labels"], starred
    starred = await world.call("ada", "set_flags", {"uid": uid, "flags": "\\Flagged", "remove": "1"})
    assert "STARRED" not in starred["labels"], starred
    coerced = world.python.coerced
    cases = [
        ("bool", "True", True), ("bool", 0, False), ("bool", "", None), ("int", "7", 7), ("int", 7.0, 7),
        ("int", "seven", "seven"), ("text", 5, "5"), ("text", ["a"], "a"), ("text", "null", None), ("empty", "", ""),
        ("list", "a", "a"), ("list", '["a", 7]', ["a", "7"]), ("list", [], None),
        ("list", "Doe, Jane <j@x.example>", "Doe, Jane <j@x.example>"),
        ("list of ids", "a, b c", ["a", "b", "c"]), ("word", " HTML ", "html"),
    ]  # fmt: skip
    for kind, given, expected in cases:
        assert coerced(kind, given) == expected, (kind, given, coerced(kind, given))


async def test_answers_are_compact_json_and_bodies_are_bounded(world: World) -> None:
    text = await world.text("ada", "list_messages", {"limit": 1})
    assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    await world.valves(max_body=10)
    message = await world.call("ada", "fetch_message", {"uid": json.loads(text)[0]["uid"]})
    assert len(message["body"]) <= 11 and message["truncated"], message
    await world.valves()


async def test_notes_of_the_program_reach_the_model(world: World) -> None:
    answer = await world.call("ada", "search_messages", {"criteria": 'subject:"Unfinished letter"'})
    assert answer["result"] == [] and "other folders" in answer["notes"][0] and len(answer["notes"]) == 1, answer
    found = await world.call("ada", "search_messages", {"criteria": 'subject:"Unfinished letter"', "folder": "ALL"})
    assert [one["subject"] for one in found] == ["Unfinished letter"], found


async def test_nothing_is_sent_without_a_yes(world: World) -> None:
    mail = {"to": "bob@example.org", "subject": "Minutes", "body": "Hello Bob"}
    sent = world.sent()
    for answer in (
        False,
        None,
        {"error": "Client session disconnected."},
        "yes",
        1,
        {},
        RuntimeError("gone"),
        asyncio.TimeoutError(),
    ):
        world.answer = answer
        assert (await world.call("ada", "send_message", mail))["status"] == "not_confirmed", answer
        assert len(world.questions) == 1, answer
    for missing in ({"__event_call__": None},):
        assert (await world.call("ada", "send_message", mail, **missing))["status"] == "not_confirmed"
    tools = {
        "send_html_message": {"to": "bob@example.org", "subject": "M", "html_body": "<p>Hello</p>"},
        "reply_message": {"uid": (await world.call("ada", "list_messages", {"limit": 1}))[0]["uid"], "body": "Yes"},
        "forward_message": {
            "uid": (await world.call("ada", "list_messages", {"limit": 1}))[0]["uid"],
            "to": "c@x.example",
        },
        "send_draft": {"draft_id": (await world.call("ada", "list_drafts", {"limit": 1}))[0]["draft_id"]},
    }
    world.answer = False
    for tool, arguments in tools.items():
        for extra in ({}, {"yes": True, "confirm_reply_to": True, "or_draft": False}):
            answer = await world.call("ada", tool, {**arguments, **extra})
            assert answer["status"] == "not_confirmed" and len(world.questions) == 1, (tool, answer)
    assert world.sent() == sent


async def test_a_yes_sends_once_what_was_shown(world: World) -> None:
    world.answer = True
    sent = world.sent()
    mail = {
        "to": "bob@example.org",
        "cc": ["Carol <carol@example.org>"],
        "bcc": "dan@example.org",
        "subject": "Minutes *1*",
        "body": "Hello <b>Bob</b>, sch\u00f6n \u65e5\u672c \u202e!\n![x](https://evil.example/x.png)",
    }
    first = await world.call("ada", "send_message", mail)
    assert first["status"] == "sent", first
    data = world.questions[0]["data"]
    assert data["title"] == "Send this email?"
    for part in ("bob", "carol", "dan", "Minutes", "Hello", "sch\u00f6n \u65e5\u672c"):
        assert part in data["message"], data
    for part in ("<b>", "![", "https:", "*1*", "\u202e"):
        assert part not in data["message"], data
    again = await world.call("ada", "send_message", mail)
    assert again["id"] == first["id"], (first, again)
    assert world.sent() == sent + 1
    world.chat = "chat-2"
    other = await world.call("ada", "send_message", mail)
    assert other["id"] != first["id"], other
    assert world.sent() == sent + 2
    world.chat = "chat-1"


async def test_a_draft_that_changes_while_it_is_shown_is_not_sent(world: World) -> None:
    world.answer = True
    draft = await world.call("ada", "create_draft", {"to": "bob@example.org", "subject": "S", "body": "Good"})
    offered = await world.offered("ada")
    sent = world.sent()

    async def change(event: dict) -> bool:
        await offered["update_draft"]["callable"](draft_id=draft["id"], to="eve@evil.example")
        return True

    answer = await world.call("ada", "send_draft", {"draft_id": draft["id"]}, __event_call__=change)
    assert code_of(answer) == "changed", answer
    assert world.sent() == sent
    answer = await world.call("ada", "send_draft", {"draft_id": draft["id"]})
    assert answer["status"] == "sent" and "evil" in world.questions[0]["data"]["message"], (answer, world.questions)


async def test_a_reply_to_another_address_is_shown(world: World) -> None:
    rows = await world.call("ada", "search_messages", {"criteria": "from:notifications@code.example", "folder": "ALL"})
    read = await world.call("ada", "fetch_message", {"uid": [row["uid"] for row in rows], "max_body": 10})
    differing = [message for message in read if message.get("reply_to_differs")]
    assert differing, "the sandbox has such mail"
    world.answer = False
    answer = await world.call("ada", "reply_message", {"uid": differing[0]["uid"], "body": "Yes"})
    assert answer["status"] == "not_confirmed", answer
    message = world.questions[0]["data"]["message"]
    assert message.split("\n\n")[1].startswith("**The sender asks for replies at another address:**"), message
    world.answer = True
    answer = await world.call("ada", "reply_message", {"uid": differing[0]["uid"], "body": "Yes"})
    assert answer.get("status") == "sent", (answer, world.questions)
    draft = await world.call("ada", "reply_message", {"uid": differing[0]["uid"], "body": "Yes", "draft": "true"})
    assert draft.get("status") == "drafted", (draft, world.questions)


async def test_many_changes_and_deletions_need_a_yes(world: World) -> None:
    world.answer = False
    answer = await world.call("ada", "archive_message", {"query": "in:inbox", "yes": True})
    assert answer["status"] == "not_confirmed" and "170" in world.questions[0]["data"]["message"], (
        answer,
        world.questions,
    )
    rows = await world.call("ada", "list_messages", {"limit": 30})
    uids = [row["uid"] for row in rows]
    answer = await world.call("ada", "mark_read", {"uid": uids})
    assert answer["status"] == "not_confirmed" and "**30 messages**" in world.questions[0]["data"]["message"], (
        world.questions
    )
    answer = await world.call("ada", "mark_read", {"uid": uids[:2]})
    assert answer["modified"] == 2 or answer["uids"] == uids[:2], answer
    assert world.questions == []
    draft = await world.call("ada", "create_draft", {"subject": "Old", "body": "x"})
    assert (await world.call("ada", "delete_draft", {"draft_id": draft["id"], "yes": True}))[
        "status"
    ] == "not_confirmed"
    assert (await world.call("ada", "create_folder", {"name": "Old"}))["created"]
    assert (await world.call("ada", "delete_folder", {"name": "Old", "yes": True}))["status"] == "not_confirmed"
    await world.valves(confirm="changes")
    assert (await world.call("ada", "mark_unread", {"uid": uids[:2]}))["status"] == "not_confirmed"
    await world.valves()
    world.answer = True
    assert (await world.call("ada", "delete_draft", {"draft_id": draft["id"]}))["deleted"]
    assert (await world.call("ada", "delete_folder", {"name": "Old"}))["deleted"]
    answer = await world.call("ada", "mark_read", {"uid": uids})
    assert answer["modified"] == 30 or len(answer["uids"]) == 30, answer
    answer = await world.call("ada", "mark_unread", {"query": "in:inbox"})
    assert "error" not in answer and len(world.questions) == 1, answer


async def test_a_signature_is_added_and_shown(world: World) -> None:
    await world.user_valves("ada", signature="Ada <3\nEngine works")
    world.answer = True
    answer = await world.call(
        "ada",
        "send_html_message",
        {
            "to": "bob@example.org",
            "subject": "S1",
            "html_body": "<html><body><p>Hi</p></body></html>",
            "text_body": "Hi",
        },
    )
    assert answer["status"] == "sent" and "Engine works" in world.questions[0]["data"]["message"], (
        answer,
        world.questions,
    )
    sent = await world.call("ada", "fetch_message", {"uid": answer["id"], "body": "html"})
    assert "Ada &lt;3<br>Engine works</p></body>" in sent["body"], sent
    sent = await world.call("ada", "fetch_message", {"uid": answer["id"], "body": "plain"})
    assert sent["body"].replace("\r", "").rstrip().endswith("-- \nAda <3\nEngine works"), sent
    draft = await world.call(
        "ada", "create_draft", {"to": "bob@example.org", "subject": "S2", "body": "Hi\n\n-- \nAda <3\nEngine works"}
    )
    shown = await world.call("ada", "fetch_draft", {"draft_id": draft["id"]})
    assert shown["body"].count("Engine works") == 1, shown
    await world.user_valves("ada")


async def test_a_model_cannot_widen_the_policy(world: World) -> None:
    await world.valves(access="read")
    world.answer = True
    uid = (await world.call("ada", "list_messages", {"limit": 1}))[0]["uid"]
    attempts = {
        "send_message": {"to": "bob@example.org", "subject": "x", "body": "x"},
        "create_draft": {"to": "bob@example.org", "subject": "x", "body": "x"},
        "reply_message": {"uid": uid, "body": "x", "or_draft": True},
        "forward_message": {"uid": uid, "to": "bob@example.org"},
        "send_draft": {"draft_id": "r1882347012096736525"},
        "mark_read": {"uid": uid},
        "archive_message": {"query": "in:inbox", "yes": True},
        "delete_folder": {"name": "Work", "yes": True},
        "delete_draft": {"draft_id": "r1882347012096736525", "yes": True},
        "import_messages": {"file": "x.eml"},
    }
    for tool, arguments in attempts.items():
        for extra in ({}, {"access": "send", "config": "/tmp/x", "policy": "send"}):
            answer = await world.call("ada", tool, {**arguments, **extra})
            if tool != "import_messages":
                assert code_of(answer) == "policy_refused", (tool, answer)
                assert "valves" in answer["error"]["message"] and "administrator" in answer["error"]["hint"], answer
                assert str(DATA) not in json.dumps(answer), answer
            assert world.questions == [] or tool.startswith("delete"), tool
    module, direct = await world.direct("ada"), world.identity("ada")
    for extra in (
        {"config": "/x"},
        {"access": "send"},
        {"out": "/tmp/x"},
        {"body_file": "/etc/passwd"},
        {"raw": "/etc/passwd"},
    ):
        answer = json.loads(
            await module.send_message(to="b@x.example", subject="x", body="x", kwargs=extra, __user__=direct)
        )
        assert code_of(answer) == "usage", (extra, answer)
    # Neither the user nor the environment of the server can widen it.
    hostile = Path(tempfile.mkdtemp(dir=DATA)) / "wide.toml"
    hostile.write_text('[policy]\naccess = "send"\n')
    os.environ["MCS_GMAIL_CONFIG"] = str(hostile)
    for account in (str(hostile), 'x"]\n[policy]\naccess = "send"', "--access=send", "ada@example.com"):
        await world.user_valves("ada", account=account, sender_name=account)
        answer = await world.call("ada", "send_message", attempts["send_message"])
        assert answer.get("auth_required") or code_of(answer) in ("policy_refused", "configuration"), (account, answer)
    await world.user_valves("ada")
    del os.environ["MCS_GMAIL_CONFIG"]
    # What the model could leave in the user's home is overwritten.
    policy = world.directory("ada") / ".mcs" / "mcs-gmail.toml"
    assert stat.S_IMODE(policy.stat().st_mode) == 0o600
    policy.write_text('[policy]\naccess = "send"\n')
    assert code_of(await world.call("ada", "send_message", attempts["send_message"])) == "policy_refused"
    assert (
        "secret" not in policy.read_text() and world.sandbox.values()["auth0_client_secret"] not in policy.read_text()
    )
    await world.valves(access="send", recipients="*@example.org, carol@example.com")
    for to, good in (("bob@example.org", True), ("carol@example.com", True), ("eve@evil.example", False)):
        answer = await world.call("ada", "send_message", {"to": to, "subject": f"to {to}", "body": "x"})
        assert (answer.get("status") == "sent") is good, (to, answer)
    answer = await world.call(
        "ada", "send_message", {"to": "bob@example.org", "bcc": "eve@evil.example", "subject": "x", "body": "x"}
    )
    assert code_of(answer) == "policy_refused" and world.questions == [], answer
    os.environ["MCS_GMAIL_POLICY"] = "read"
    assert (
        code_of(await world.call("ada", "send_message", {"to": "bob@example.org", "subject": "y", "body": "y"}))
        == "policy_refused"
    )
    del os.environ["MCS_GMAIL_POLICY"]
    await world.valves()


async def stored(user: str, world: World, name: str, data: bytes) -> dict:
    """A file as the server stores it, and as the browser names it in a chat."""
    from open_webui.models.files import FileForm, Files
    from open_webui.storage.provider import Storage

    identity = f"file-{user}-{name}"
    _, path = Storage.upload_file(io.BytesIO(data), f"{identity}_{name}", {})
    record = await Files.insert_new_file(world.users[user].id, FileForm(id=identity, filename=name, path=path))
    return {"type": "file", "id": identity, "name": name, "url": identity, "file": record.model_dump()}


async def test_files_of_the_chat_are_attached_by_name(world: World) -> None:
    world.answer = True
    world.files = [
        await stored("ada", world, "Plan, final.txt", b"The plan"),
        await stored("ada", world, "logo.png", b"\x89PNG\r\n\x1a\n"),
    ]
    foreign = await stored("eve", world, "secret.txt", b"Of eve")
    mail = {"to": "bob@example.org", "subject": "Plan", "body": "Here"}
    answer = await world.call("ada", "send_message", {**mail, "attach": ["plan, FINAL.txt", "logo.png"]})
    assert answer["status"] == "sent", answer
    assert (
        "Plan&#44; final" in world.questions[0]["data"]["message"]
        or "Plan, final" in world.questions[0]["data"]["message"]
    )
    seen = await world.call("ada", "save_attachments", {"uid": answer["id"], "text": True})
    assert [one["filename"] for one in seen] == ["Plan, final.txt", "logo.png"] and seen[0]["text"] == "The plan", seen
    answer = await world.call(
        "ada",
        "send_html_message",
        {"to": "b@x.example", "subject": "L", "html_body": '<img src="cid:logo">', "inline": "logo=logo.png"},
    )
    assert answer["status"] == "sent", answer
    # What the browser says about a file is not believed.
    forged = {
        "type": "file",
        "id": "forged",
        "name": "passwd",
        "file": {"id": "forged", "filename": "passwd", "path": "/etc/passwd", "user_id": world.users["ada"].id},
    }
    lying = {**foreign, "file": {**foreign["file"], "user_id": world.users["ada"].id}}
    world.files += [forged, lying, {"type": "file"}, "text", {"type": "collection", "id": "x"}]
    for name in ("passwd", "secret.txt", "/etc/passwd", "../../etc/passwd", "~/.bashrc", "other.txt"):
        answer = await world.call("ada", "send_message", {**mail, "attach": name})
        assert code_of(answer) == "no_such_file" and world.questions == [], (name, answer)
        assert "secret.txt" not in answer["error"]["hint"], answer
    world.files = [
        await stored(
            "ada",
            world,
            "old.eml",
            b"From: x@x.example\r\nSubject: Imported\r\nMessage-ID: <i@x.example>\r\n\r\nHello\r\n",
        )
    ]
    rows = await world.call("ada", "import_messages", {"file": "old.eml"})
    assert rows[0]["status"] == "imported", rows
    world.files = []


async def test_saved_files_become_files_of_the_chat(world: World) -> None:
    from open_webui.models.files import Files

    rows = await world.call("ada", "search_messages", {"criteria": "has:attachment", "folder": "ALL", "limit": 5})
    uid = rows[0]["uid"]
    listed = await world.call("ada", "save_attachments", {"uid": uid})
    assert listed and world.events == [], listed
    saved = await world.call("ada", "save_attachments", {"uid": uid, "save": "true"})
    files = [event for event in world.events if event["type"] == "files"][0]["data"]["files"]
    assert len(files) == len(saved) and str(DATA) not in json.dumps(saved), saved
    record = await Files.get_file_by_id_and_user_id(files[0]["id"], world.users["ada"].id)
    assert record and Path(record.path).is_relative_to(DATA / "uploads"), record
    assert await Files.get_file_by_id_and_user_id(files[0]["id"], world.users["eve"].id) is None
    exported = await world.call("ada", "export_messages", {"uid": [row["uid"] for row in rows[:2]], "mbox": True})
    files = [event for event in world.events if event["type"] == "files"][0]["data"]["files"]
    assert [one["name"] for one in files] == ["mail.mbox"], (exported, files)
    assert str(DATA) not in json.dumps(exported), exported


async def test_a_cancelled_call_leaves_no_process(world: World) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    proxy = os.environ["HTTPS_PROXY"]
    os.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
    stubborn = DATA / "stubborn"
    stubborn.write_text("#!/bin/sh\ntrap '' TERM\nsleep 600 &\nsleep 600\nwait\n")
    stubborn.chmod(0o755)
    for binary in (BINARY, str(stubborn)):
        await world.valves(binary=binary)
        running = asyncio.create_task(world.call("ada", "list_messages", {"limit": 1}))
        for _ in range(100):
            await asyncio.sleep(0.1)
            if processes_of(DATA):
                break
        else:
            raise AssertionError("no process was started")
        running.cancel()
        try:
            await running
            raise AssertionError("the cancellation was swallowed")
        except asyncio.CancelledError:
            pass
        assert processes_of(DATA) == [], binary
        assert list((world.directory("ada") / "work").iterdir()) == [], binary
    await world.valves(binary=str(stubborn), timeout=5)
    used = (await world.direct("ada")).list_messages.__wrapped__.__globals__
    used["OUTPUT_SECONDS"] = -4
    assert code_of(await world.call("ada", "list_messages", {"limit": 1})) == "timeout"
    assert processes_of(DATA) == []
    used["OUTPUT_SECONDS"] = 10
    os.environ["HTTPS_PROXY"] = proxy
    silent.close()
    await world.valves()


async def test_a_missing_or_strange_program_is_explained(world: World) -> None:
    await world.valves(binary="/no/such/program")
    answer = await world.call("ada", "list_messages")
    assert code_of(answer) == "not_installed" and "valve 'binary'" in answer["error"]["message"], answer
    path = os.environ["PATH"]
    await world.valves(binary="")
    if not WHEELS:
        os.environ["PATH"] = "/nonexistent"
        answer = await world.call("ada", "list_messages")
        assert code_of(answer) == "not_installed", answer
        for part in ("OFFLINE_MODE", "ENABLE_PIP_INSTALL_FRONTMATTER_REQUIREMENTS"):
            assert part in answer["error"]["message"], answer
        assert f"pip install {world.frontmatter['requirements']}" in answer["error"]["hint"], answer
        os.environ["PATH"] = path
    outputs = {
        "garbage": "printf 'hello'",
        "nothing": "exit 0",
        "wrong": "printf '{\"auth_required\":true}'; exit 4",
        "failing": "echo oops >&2; exit 7",
        "binary": "head -c 1000 /dev/urandom",
    }
    for name, script in outputs.items():
        fake = DATA / name
        fake.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
        fake.chmod(0o755)
        await world.valves(binary=str(fake))
        assert code_of(await world.call("ada", "list_messages")) == "unexpected_answer", name
    fake.write_text("#!/bin/sh\nyes\n")
    assert code_of(await world.call("ada", "list_messages")) == "too_large"
    fake.chmod(0o644)
    assert code_of(await world.call("ada", "list_messages")) == "not_installed"
    assert processes_of(DATA) == []
    await world.valves()


async def test_the_child_gets_only_what_it_needs(world: World) -> None:
    os.environ["OPENAI_API_KEY"] = os.environ["DATABASE_URL"] = "must-not-leak"
    shown = DATA / "environment"
    spy = DATA / "spy"
    spy.write_text(f'#!/bin/sh\nenv >{shown}\necho "$@" >>{shown}\npwd >>{shown}\nexec {BINARY} "$@"\n')
    spy.chmod(0o755)
    await world.valves(binary=str(spy))
    assert len(await world.call("ada", "search_messages", {"criteria": "from:private-word", "limit": 2})) == 0
    text = shown.read_text()
    assert "must-not-leak" not in text and "WEBUI_SECRET_KEY" not in text and "private-word" not in text, text
    home = world.directory("ada")
    names = {line.split("=")[0] for line in text.splitlines() if "=" in line}
    assert f"HOME={home}\n" in text and f"\n{home}/work/" in text, text
    unexpected = names - set(world.python.PASSED_ON) - {"HOME", "USERPROFILE", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}
    assert all(name.startswith("MCS_") for name in unexpected), unexpected
    secret = world.sandbox.values()["auth0_client_secret"]
    assert not any(
        secret in line for line in text.splitlines() if not line.startswith("MCS_GMAIL_AUTH0_CLIENT_SECRET=")
    ), "argv"
    await world.valves()


async def test_every_word_of_a_mail_is_in_the_question(world: World) -> None:
    world.answer = False
    mail = {"to": "bob@example.org", "subject": "S"}
    plain, rich = "Hello", "<p>Hello</p>"
    cases = [
        ("Hello [image hunter2\nand the minutes]", rich),
        ("Hello https://evil.example/?hunter2", rich),
        ("Hello <mailto:hunter2@evil.example>", rich),
        (plain, "<p>Hello<!-- hunter2 --></p>"),
        (plain, "<p>Hello</p><title><title></title><p>Pay hunter2</p>"),
        (plain, "<p>Hello</p><a href='https://evil.example/?hunter2'>"),
        (plain, "<p>Hello</p><a href='https://evil.example/?hunter2'><a href='https://good.example'>x</a>"),
        (plain, "<p>Hello</p><img alt='hunter2' src='cid:x'>"),
        (plain, "<p alt='hunter2'>Hello</p>"),
        (plain, "<p title='hunter2'>Hello</p>"),
        (plain, "<p class='hunter2'>Hello</p>"),
        (plain, "<p style='content:hunter2'>Hello</p>"),
        (plain, "<p style='font-family:hunter2'>Hello</p>"),
        (plain, "<p hunter2>Hello</p>"),
        (plain, "<p>Hello</p hunter2>"),
        (plain, "<p>Hello</p><hunter2>"),
        (plain, "<p>Hello</p></ hunter2>"),
        (plain, "<p>Hello</p><p class=hunter2"),
        (plain, "<p>Hello</p><svg><style/></svg>hunter2"),
        (plain, "<p>Hello</p><style>hunter2</style>"),
        (plain, "<p>Hello</p><!hunter2>"),
        (plain, "<p>Hello</p><?hunter2?>"),
        (plain, "<p>Hello</p><textarea><p>hunter2</textarea>"),
        (plain, "<p>Hello</p><plaintext>hunter2"),
        (plain, "<p>Hello</p><div style='display:none'>hunter2</div>"),
        (plain, "<p>Hello</p><font color=white size=1>hunter2</font>"),
        ("Hello hunter2", rich),
    ]
    for text, source in cases:
        answer = await world.call("ada", "send_message", {**mail, "body": text, "html_body": source})
        assert answer["status"] == "not_confirmed" and "hunter2" in world.shown(), (source, world.questions)
        assert "hunter2" not in source or "Hello" in world.shown(), world.questions
    # HTML that keeps other parsers busy for minutes.
    for piece in ("<a ", "<!--", "<p a='", "<title>", "</", "<style></style>", "<a href=x>y", "\u0130<STYLE>x</STYLE>"):
        before = time.monotonic()
        world.python.is_tame(piece * (200_000 // len(piece)))
        assert world.python.Words(piece * (200_000 // len(piece))).text is not None
        assert time.monotonic() - before < 5, piece
    assert world.python.Words("\u0130\u0130<STYLE>x</STYLE>y").text == "\u0130\u0130y"
    for source in [source for text, source in cases if text == plain][:8]:
        await world.call("ada", "send_html_message", {**mail, "html_body": source})
        assert "hunter2" in world.shown(), (source, world.questions)
    # One text is enough if the other says the same, and formatting is not read aloud.
    both = {
        "body": "Hello Bob,\n\n- see <https://x.example/?a=1&b=2>\n\n> so?",
        "html_body": '<div dir="ltr"><p style="color: #333; font-family: Arial, sans-serif">Hello <b>Bob</b>,</p><ul><li>see '
        '&lt;<a href="https://x.example/?a=1&amp;b=2">https://x.example/?a=1&amp;b=2</a>&gt;</li></ul><blockquote '
        'class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">so?</blockquote></div>',
    }
    await world.call("ada", "send_message", {**mail, **both})
    assert world.shown().count("Bob,") == 1 and "HTML" not in world.shown(), world.shown()
    both["html_body"] = both["html_body"].replace("Bob", "Rob")
    await world.call("ada", "send_message", {**mail, **both})
    assert "Bob," in world.shown() and "Rob," in world.shown() and "Source" not in world.shown(), world.shown()


async def test_characters_that_are_not_seen_are_counted(world: World) -> None:
    world.answer = False
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "hunter2")
    mail = {"to": f'"Bob{hidden}" <bob@example.org>', "subject": f"Min{hidden[:2]}utes", "body": f"Hello{hidden} Bob"}
    await world.call("ada", "send_message", mail)
    assert "Hello[7 invisible characters] Bob" in world.shown(), world.shown()
    assert "Min[2 invisible characters]utes" in world.shown(), world.shown()
    assert "Bob[7 invisible characters]" in world.shown(), world.shown()
    for c in "\u200b\u200c\u2060\ufeff\u00ad\u061c\u202e\u2066\u2028\u034f\u115f\u3164\u2800\ufe01\U000e0101\ue000\x07\x0b\x85":
        seen = world.python.visible(f"a{c}{c}b")
        assert seen == "a[2 invisible characters]b", (hex(ord(c)), seen)
    for text in (
        "\u2764\ufe0f ok",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "1\ufe0f\u20e3",
        "a\n\tb \u00e4 \u65e5",
    ):
        assert world.python.visible(text) == text, text
    for text in ("\u2764\ufe0f\ufe0f", "a\ufe0f", "a\u200d\u2764", "\u2764\u200d\u200d\u2764", "\ufe0f", "\u200d"):
        assert "invisible" in world.python.visible(text), ascii(text)
    assert world.python.visible("a\r\nb\rc") == "a\nb\nc"


async def test_a_long_mail_is_shown_in_full_or_not_sent(world: World) -> None:
    world.answer = False
    many = [f"p{number}@example.org" for number in range(150)]
    text = "word " * 6_000 + "last-word"
    await world.call("ada", "send_message", {"to": many, "subject": "S", "body": text})
    shown = world.shown()
    assert all(one in shown for one in many) and "last-word" in shown and shown.count("word ") == 6_000, shown[:300]
    assert "Scroll down" in shown and "overflow-y:auto" in world.questions[0]["data"]["message"]
    world.answer = True
    sent = world.sent()
    mail = {"to": "bob@example.org", "subject": "Long", "body": "word " * 60_000}
    answer = await world.call("ada", "send_message", mail)
    assert code_of(answer) == "not_shown" and "too long" in answer["error"]["message"], answer
    assert "draft" in answer["error"]["hint"] and "Gmail" in answer["error"]["hint"], answer
    assert world.questions == [] and world.sent() == sent
    draft = await world.call("ada", "send_message", {**mail, "draft": True})
    assert draft["status"] == "drafted", draft
    answer = await world.call("ada", "send_draft", {"draft_id": draft["id"]})
    assert code_of(answer) == "not_shown" and world.questions == [] and world.sent() == sent, answer
    assert (await world.call("ada", "delete_draft", {"draft_id": draft["id"]}))["deleted"]


async def test_a_draft_is_shown_in_full(world: World) -> None:
    world.answer = False
    draft = await world.call(
        "ada",
        "create_draft",
        {
            "to": '"Bob B." <bob@example.org>',
            "bcc": "dan@example.org",
            "reply_to": "elsewhere@example.org",
            "subject": "S",
            "body": "Hello [image plain-secret]",
            "html_body": "<p>Hello</p><!-- comment-secret -->",
        },
    )
    assert (await world.call("ada", "send_draft", {"draft_id": draft["id"]}))["status"] == "not_confirmed"
    for part in (
        "Bob B.",
        "dan@example.org",
        "elsewhere@example.org",
        "ada@example.com",
        "plain-secret",
        "comment-secret",
    ):
        assert part in world.shown(), (part, world.shown())
    # What other programs can write.
    preview = world.python.preview_of_message
    head = b"From: a@x.example\r\nTo: b@x.example (hunter1)\r\nSubject: =?utf-8?q?h=C3=BCnter2?=\r\nX-More: hunter3\r\n"
    kind = b"Content-Type: multipart/mixed; boundary=b; more=hunter4\r\n\r\nhunter5\r\n--b\r\n"
    parts = [
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Description: hunter6\r\n\r\nhunter7\r\n",
        b"Content-Type: text/html\r\n\r\n<p>hunter8<p class=hunter9>\r\n",
        b"Content-Type: text/x-amp-html\r\n\r\n<p>hunter10</p>\r\n",
        b"Content-Type: text/calendar; name=hunter11.ics\r\nContent-Disposition: inline\r\n\r\nhunter12\r\n",
        b'Content-Type: image/png; name="hunter13"\r\nContent-Disposition: attachment; filename="hunter14"\r\n'
        b"Content-ID: <hunter15>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
        b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Disposition: attachment\r\n\r\nhunter16\r\n--c--\r\n",
        b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nhunter17 \xe4\r\n",
    ]
    raw = head + kind + b"\r\n--b\r\n".join(parts) + b"\r\n--b--\r\nhunter18\r\n"
    shown = html.unescape("\n".join(preview(raw, {"to": ["b@x.example"]})))
    for number in range(1, 19):
        word = f"h\u00fcnter{number}" if number == 2 else f"hunter{number}"
        assert re.search(rf"{word}\b", shown), (word, shown)
    assert "hunter17 \u00e4" in shown, shown
    damaged = {
        "no boundary": b"Content-Type: multipart/mixed\r\n\r\nx\r\n",
        "no end": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n",
        "no part": b"Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r\n",
        "charset": b"Content-Type: text/plain; charset=unicode_escape\r\n\r\nx\r\n",
        "encoding": b"Content-Transfer-Encoding: x-uuencode\r\n\r\nx\r\n",
        "base64": b"Content-Transfer-Encoding: base64\r\n\r\n!x!!\r\n",
        "two": b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx\r\n",
        "header": b"no header\r\n\r\nx\r\n",
    }
    for name, rest in damaged.items():
        try:
            raise AssertionError((name, preview(head + rest, {})))
        except world.python.Refusal as refusal:
            assert refusal.document["error"]["code"] == "not_shown", (name, refusal.document)
    forged = html.unescape(
        "\n".join(preview(b"To: a@x.example\r\n\r\nx", {"to": ["hidden@x.example"]}, "ada@x.example"))
    )
    assert "hidden@x.example" in forged and "ada@x.example" in forged, forged


async def test_nothing_is_written_between_the_last_look_at_a_draft_and_sending(world: World) -> None:
    world.answer = True
    draft = await world.call("ada", "create_draft", {"to": "bob@example.org", "subject": "Fine", "body": "Harmless"})
    update = (await world.offered("ada"))["update_draft"]["callable"]
    call = (await world.direct("ada")).list_messages.__wrapped__.__globals__["Call"]
    run, looks, swaps = call.run, [], []

    async def spied(self: object, tool: str, arguments: dict) -> object:
        result = await run(self, tool, arguments)
        if tool == "fetch_draft" and self.tool == "send_draft":
            looks.append(tool)
            if len(looks) == 2:
                swaps.append(asyncio.create_task(update(draft_id=draft["id"], to="eve@evil.example", body="Secrets")))
                # It would be long done, if it did not wait.
                await asyncio.wait(swaps, timeout=3)
        return result

    call.run = spied
    try:
        answer = await world.call("ada", "send_draft", {"draft_id": draft["id"]})
    finally:
        call.run = run
    assert answer["status"] == "sent" and len(swaps) == 1, answer
    assert code_of(json.loads(await swaps[0])) == "not_found"
    sent = await world.call("ada", "fetch_message", {"uid": answer["id"]})
    assert "Harmless" in sent["body"] and "evil" not in sent["to"], sent


async def test_one_user_does_not_keep_others_waiting(world: World) -> None:
    slow = DATA / "slow"
    slow.write_text('#!/bin/sh\ncat >/dev/null\n[ -e "$HOME/quick" ] || sleep 20\necho "[]"\n')
    slow.chmod(0o755)
    (world.directory("eve") / "quick").touch()
    (world.directory("eve") / world.python.Call.marker(SimpleNamespace(own=None, directory=Path())).name).touch()
    await world.valves(binary=str(slow))
    hog = (await world.offered("ada"))["list_messages"]["callable"]
    other = (await world.offered("eve"))["list_messages"]["callable"]
    hogs = [asyncio.create_task(hog(limit=1)) for _ in range(30)]
    await asyncio.sleep(1)
    assert len({line for line in processes_of(DATA) if "list_messages" in line}) >= 1
    before = time.monotonic()
    assert json.loads(await other(limit=1)) == []
    assert time.monotonic() - before < 10, "eve waits for ada"
    running = [line for line in processes_of(world.directory("ada")) if "list_messages" in line]
    assert len(running) == 3, running
    for one in hogs:
        one.cancel()
    await asyncio.gather(*hogs, return_exceptions=True)
    assert processes_of(DATA) == []
    await world.valves()


async def test_an_error_shows_nothing_of_the_server(world: World) -> None:
    world.answer = True
    mail = {"to": "b@x.example", "subject": "x", "body": "y"}
    module = await world.direct("ada")
    identity = world.identity("ada")
    cases = [
        ("fetch_message", {"uid": ","}), ("fetch_message", {"uid": " , "}), ("fetch_message", {"uid": {"a": 1}}),
        ("fetch_message", {"uid": "[" * 100_000}), ("list_messages", {"limit": "abc"}),
        ("send_message", {**mail, "attach": True}), ("send_message", {**mail, "attach": {"a": "b"}}),
        ("send_message", {**mail, "attach": [True]}), ("send_message", {**mail, "inline": 5}),
        ("send_message", {**mail, "attach": "x\ud800"}), ("send_message", {**mail, "attach": object()}),
        ("import_messages", {"file": "x\ud800y"}), ("list_messages", {"limit": object()}),
        ("list_messages", {"kwargs": "[1]"}),
    ]  # fmt: skip
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger("mcs_gmail").addHandler(handler)
    for tool, arguments in cases:
        text = await getattr(module, tool)(**arguments, __user__=identity)
        text.encode()
        assert code_of(json.loads(text)) in ("usage", "no_such_file", "failed"), (tool, text)
        for part in ("Error", str(DATA), "Traceback", "object"):
            assert part not in text.replace("JSON object", ""), (tool, text)
    answer = json.loads(await module.list_messages(limit=object(), __user__=identity))
    assert answer["error"] == {"code": "failed", "message": world.python.FAILED} and "TypeError" in log.getvalue(), (
        answer
    )
    for user in ("x\ud800", "\0", "../../x", "x" * 10_000):
        answer = json.loads(await module.list_messages(__user__={"id": user}))
        assert answer.get("auth_required"), (user, answer)
    blocked = DATA / "blocked"
    blocked.write_text("")
    for data_dir in (str(blocked), f"{blocked}/below", "/proc/no-such-place", "/no\0thing"):
        await world.valves(data_dir=data_dir)
        for user in ("ada", "root"):
            text = await world.text(user, "list_messages")
            assert code_of(json.loads(text)) == "configuration", text
            assert (data_dir.split("\0")[0] in text) is (user == "root"), text
        assert data_dir.split("\0")[0] in log.getvalue()
    for binary in ("/no/such/program", str(blocked)):
        await world.valves(binary=binary)
        for user in ("ada", "root"):
            text = await world.text(user, "list_messages")
            assert code_of(json.loads(text)) == "not_installed" and (binary in text) is (user == "root"), text
    if not WHEELS:
        path, os.environ["PATH"] = os.environ["PATH"], "/nonexistent"
        await world.valves(binary="")
        for user in ("ada", "root"):
            assert (sys.executable in await world.text(user, "list_messages")) is (user == "root")
        os.environ["PATH"] = path
    logging.getLogger("mcs_gmail").removeHandler(handler)
    await world.valves()


async def test_names_of_files_fit_into_every_file_system(world: World) -> None:
    name = world.python.file_name
    for text, expected in (
        ("Plan, final.txt", "Plan, final.txt"), ("../../etc/passwd", "_.._etc_passwd"), ("a\\b/c.txt", "a_b_c.txt"),
        ("", "file"), ("...", "file"), ("a\u202etxt.exe", "atxt.exe"), ("a\nb.txt", "a b.txt"), (".bashrc", "bashrc"),
        ("x\ud800.txt", "x.txt"),
    ):  # fmt: skip
        assert name(text) == expected, (text, name(text))
    for text in (
        "\u65e5" * 300 + ".pdf",
        "a" * 300 + ".pdf",
        "\U0001f600" * 99 + "." + "b" * 300,
        "\u00e4" * 101 + ".tar.gz",
    ):
        short = name(text)
        assert 190 < len(short.encode()) <= 200, (text, short)
        assert len(text) > 350 or short.endswith(text.rpartition(".")[2]), short
        (DATA / f"{'0' * 37}{short}").touch()
    world.answer = True
    long = "\u65e5" * 80 + ".txt"
    world.files = [await stored("ada", world, "short", b"Text")]
    from open_webui.models.files import Files

    record = await Files.get_file_by_id_and_user_id(world.files[0]["id"], world.users["ada"].id)
    copied = world.python.copy_of(SimpleNamespace(path=record.path, filename=long), DATA)
    assert copied.read_bytes() == b"Text" and copied.suffix == ".txt", copied
    world.files = []


async def test_changes_are_counted_in_messages_and_added_up(world: World) -> None:
    world.answer = False
    rows = await world.call("ada", "search_messages", {"criteria": "in:anywhere", "threads": True, "limit": 200})
    longest = sorted((row for row in rows if row["count"] > 1), key=lambda row: -row["count"])[:20]
    messages = sum(row["count"] for row in longest)
    assert len(longest) <= 25 < messages, (len(longest), messages)
    ids = [row["thread_id"] for row in longest]
    world.message = "threads"
    answer = await world.call("ada", "mark_unread", {"uid": ids, "thread": True})
    assert answer["status"] == "not_confirmed" and f"{messages} messages" in world.shown(), (answer, world.questions)
    # A refusal is not counted.
    single = [row["uid"] for row in await world.call("ada", "list_messages", {"limit": 30})]
    for start in (0, 10):
        answer = await world.call("ada", "mark_read", {"uid": single[start : start + 10]})
        assert answer.get("uids") and world.questions == [], answer
    answer = await world.call("ada", "archive_message", {"uid": single[20:30]})
    assert answer["status"] == "not_confirmed" and "30" in world.shown(), (answer, world.questions)
    answer = await world.call("ada", "mark_read", {"uid": single[20:25]})
    assert answer.get("uids") and world.questions == [], answer
    # The next answer of the chat, and other users, begin at nothing.
    world.message = "next"
    answer = await world.call("ada", "mark_read", {"uid": single[:10]})
    assert answer.get("uids") and world.questions == [], answer
    offered = (await world.offered("ada"))["mark_read"]["callable"]
    world.message = "at once"
    offered = (await world.offered("ada"))["mark_read"]["callable"]
    world.questions.clear()
    answers = [json.loads(one) for one in await asyncio.gather(*(offered(uid=single[:20]) for _ in range(3)))]
    assert len(world.questions) == 2 and sum("uids" in one for one in answers) == 1, (answers, world.questions)
    world.message = "message-1"


async def test_sender_replies_and_inline_files_are_in_the_question(world: World) -> None:
    world.answer = False
    world.files = [await stored("ada", world, "sign.png", b"\x89PNG\r\n\x1a\n")]
    mail = {
        "to": "bob@example.org",
        "subject": "S",
        "html_body": '<p>Hello</p><img src="cid:brand">',
        "inline": "brand=sign.png",
        "reply_to": '"Other Name" <elsewhere@example.org>',
    }
    await world.call("ada", "send_html_message", mail)
    shown = world.shown()
    assert re.search(r"\*\*From:\*\* .*ada@example\.com", shown), shown
    assert re.search(r"\*\*Replies go to:\*\* .*Other Name.*elsewhere@example\.org", shown), shown
    assert re.search(r"\*\*Attachments:\*\* .*sign\.png .*brand", shown) and "[image cid:brand]" in shown, shown
    world.files = []


async def test_all_changes_are_asked_about_if_the_valve_says_so(world: World) -> None:
    draft = await world.call("ada", "create_draft", {"to": "bob@example.org", "subject": "S", "body": "First text"})
    await world.valves(confirm="changes")
    world.answer = False
    mail = {"to": "bob@example.org", "subject": "S", "body": "Some text"}
    for tool, arguments in (
        ("create_draft", mail),
        ("send_message", {**mail, "draft": True}),
        ("update_draft", {"draft_id": draft["id"], "body": "Some text"}),
    ):
        answer = await world.call("ada", tool, arguments)
        assert answer["status"] == "not_confirmed" and "Some text" in world.shown(), (tool, answer, world.questions)
        assert world.questions[0]["data"]["title"].endswith("this draft?")
    assert "First text" in (await world.call("ada", "fetch_draft", {"draft_id": draft["id"]}))["body"]
    world.answer = True
    answer = await world.call("ada", "update_draft", {"draft_id": draft["id"], "body": "Some text"})
    assert answer["status"] == "drafted" and len(world.questions) == 1, answer
    assert (await world.call("ada", "create_draft", mail))["status"] == "drafted"
    await world.valves()


async def test_the_state_is_told_without_secrets(world: World) -> None:
    text = await world.text("ada", "mcs_status")
    state = json.loads(text)
    assert state["status"] == "active" and state["signed_in"] and state["account"] == "ada@example.com", state
    assert "list_messages" in state["tools"] and state["packages"]["mcs-gmail"] == world.frontmatter["version"], state
    assert state["configured"]["auth0_client_secret"] is True
    for key in ("auth0_client_secret", "linkauth_api_key"):
        assert world.sandbox.values()[key] not in text
    await world.valves(auth0_domain="", auth0_client_id="")
    state = await world.call("ada", "mcs_status")
    assert state["status"] == "not ready" and state["configured"]["auth0_domain"] is False, state
    assert "auth0_domain" in state["hint"] and "valves" in state["hint"], state
    answer = await world.call("ada", "list_messages")
    assert code_of(answer) == "configuration" and "administrator" in answer["error"]["hint"], answer
    assert str(DATA) not in json.dumps(answer), answer
    await world.valves()


async def test_the_requirement_brings_the_program(world: World) -> None:
    if not WHEELS:
        return
    await world.valves(binary="")
    program = world.python.program(world.module.Valves())
    assert Path(program).parent == Path(sys.executable).parent, program
    assert len(await world.call("ada", "list_messages", {"limit": 2})) == 2
    await world.valves()


async def main() -> int:
    faulthandler.dump_traceback_later(300, exit=True)
    # The handler of the server writes into the log of its start, which is closed.
    logging.getLogger("mcs_gmail").propagate = False
    logging.getLogger("mcs_gmail").addHandler(logging.NullHandler())
    world = World()
    failed = []
    only = os.environ.get("ONLY", "")
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_") and re.search(only, name[5:])]
    try:
        # The server tells each step of its database.
        with open(DATA / "start.log", "w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            await world.start()
        for name, test in tests:
            before = time.monotonic()
            try:
                await test(world)
                print(f"ok   {name[5:].replace('_', ' ')} ({time.monotonic() - before:.1f} s)", flush=True)
            except Exception:
                failed.append(name)
                print(f"FAIL {name[5:].replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
    finally:
        world.sandbox.close()
        shutil.rmtree(DATA, ignore_errors=True)
    print(f"{len(tests) - len(failed)} of {len(tests)} tests passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
