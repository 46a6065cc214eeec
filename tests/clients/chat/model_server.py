"""A server with the interface of OpenAI's chat completions, which plays a script and is strict about what it is asked.

Each request takes the next step of the script. A step is a function of the request, or what it returns. Whatever is
wrong with a request is kept in `violations`, which every test must find empty.
"""

import json
import re
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-scripted-0123456789abcdef"
OF_THE_PERSON = {"yes", "confirm_reply_to", "anyway", "idempotency_key"}
# What would read a file of the computer unseen.
OF_FILES = {"body_file", "html_file", "raw"}


class Step:
    """One answer: texts that arrive one after the other, and calls of tools."""

    def __init__(self, *texts: str, calls: "list[tuple[str, Any]] | None" = None, pause: float = 0, hang: bool = False):
        self.texts = texts
        self.calls = calls or []
        self.pause = pause
        # Never ends the answer, as a model that thinks for a long time.
        self.hang = hang


class Failure:
    def __init__(self, status: int, message: str, code: str = "", retry_after: str = "0"):
        self.status = status
        self.message = message
        self.code = code
        self.retry_after = retry_after


def call(name: str, **arguments: Any) -> Step:
    return Step(calls=[(name, arguments)])


class ModelServer:
    def __init__(self) -> None:
        self.script: list[Any] = []
        self.requests: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self.closed_early = threading.Event()
        self.hanging = threading.Event()
        self.secrets: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    server.answer(self, json.loads(body))
                except (BrokenPipeError, ConnectionResetError):
                    server.closed_early.set()

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A client that closes its connection is no failure; everything else is a violation."""
                if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError)):
                    server.violations.append(traceback.format_exc())

        self.http = Server(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/v1"

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def play(self, *steps: Any) -> None:
        assert not self.script, f"steps are left: {self.script}"
        self.script = list(steps)

    def answer(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        self.requests.append(request)
        self.violations += violations(handler, request, self.secrets)
        if not self.script:
            self.violations.append(f"a request that the script does not expect: {request['messages'][-1]}")
        step = self.script.pop(0) if self.script else Failure(400, "the script is at its end")
        if callable(step):
            try:
                step = step(request)
            except Exception as error:
                self.violations.append(f"the script failed: {error!r} at {request['messages'][-1]}")
                step = Failure(400, "the script failed")
        if isinstance(step, Failure):
            return fail(handler, step)
        return self.stream(handler, request, step)

    def stream(self, handler: BaseHTTPRequestHandler, request: dict[str, Any], step: Step) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True

        def event(delta: dict[str, Any], finish: "str | None" = None) -> None:
            chunk = {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": int(time.time()),
                "model": request["model"],
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }
            handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            handler.wfile.flush()

        event({"role": "assistant", "content": ""})
        for text in step.texts:
            event({"content": text})
            time.sleep(step.pause)
        while step.hang:
            self.hanging.set()
            # A comment, as servers send them to keep a connection; the end of the client shows here.
            handler.wfile.write(b": still thinking\n\n")
            handler.wfile.flush()
            time.sleep(0.05)
        for index, (name, arguments) in enumerate(step.calls):
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            number = f"call_{len(self.requests)}_{index}"
            function = {"name": name, "arguments": ""}
            event({"tool_calls": [{"index": index, "id": number, "type": "function", "function": function}]})
            # In pieces, as they arrive from real servers.
            for piece in (text[:7], text[7:]):
                event({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        event({}, "tool_calls" if step.calls else "stop")
        handler.wfile.write(b"data: [DONE]\n\n")


def fail(handler: BaseHTTPRequestHandler, failure: Failure) -> None:
    error = {"message": failure.message, "type": "invalid_request_error", "code": failure.code or None, "param": None}
    body = json.dumps({"error": error}).encode()
    handler.send_response(failure.status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Retry-After", failure.retry_after)
    handler.end_headers()
    handler.wfile.write(body)


# What a request must be.


def violations(handler: BaseHTTPRequestHandler, request: dict[str, Any], secrets: "list[str]") -> "list[str]":
    wrong = []
    if handler.path != "/v1/chat/completions":
        wrong.append(f"path {handler.path}")
    if handler.headers.get("Authorization") != f"Bearer {KEY}":
        wrong.append("the key of the model's server is missing")
    if request.get("stream") is not True:
        wrong.append("the answer is not streamed")
    wrong += wrong_tools(request.get("tools") or [])
    wrong += wrong_messages(request["messages"])
    text = json.dumps(request)
    wrong += [f"a secret reached the model: {secret[:6]}..." for secret in secrets if secret in text]
    if re.search(r"/connect/[A-Z0-9]{4}-[A-Z0-9]{4}", text):
        wrong.append("a link of a sign-in reached the model")
    return wrong


def wrong_tools(tools: "list[dict[str, Any]]") -> "list[str]":
    wrong = [] if tools else ["no tools"]
    for tool in tools:
        taken = (OF_THE_PERSON | OF_FILES) & set(tool["function"]["parameters"]["properties"])
        if taken:
            wrong.append(f"{tool['function']['name']} offers {taken}")
    return wrong


def wrong_messages(messages: "list[dict[str, Any]]") -> "list[str]":
    """Roles in an order that providers accept, each call with its result right after it, each result in the fence."""
    wrong = []
    if messages[0]["role"] != "system" or any(m["role"] == "system" for m in messages[1:]):
        wrong.append("the system prompt is not the first message")
    opening, closing = boundaries(messages)
    open_calls: list[str] = []
    previous = "system"
    for message in messages[1:]:
        role = message["role"]
        if role == "tool":
            if message["tool_call_id"] in open_calls:
                open_calls.remove(message["tool_call_id"])
            else:
                wrong.append(f"a result without its call: {message['tool_call_id']}")
            wrong += wrong_fence(str(message["content"]), opening, closing)
        elif open_calls:
            wrong.append(f"calls without results: {open_calls}")
        if role == previous == "user" or (role == previous == "assistant"):
            wrong.append(f"two messages of the {role} in a row")
        if role == "assistant":
            open_calls = [c["id"] for c in message.get("tool_calls") or ()]
            for c in message.get("tool_calls") or ():
                json.loads(c["function"]["arguments"])
            if not message.get("content") and not open_calls:
                wrong.append("an empty answer")
        previous = role
    if open_calls or previous not in ("user", "tool"):
        wrong.append(f"the conversation ends with {previous}")
    return wrong


def boundaries(messages: "list[dict[str, Any]]") -> "tuple[str, str]":
    match = re.search(r"^<mail-data ([0-9a-f]{32})>$", messages[0]["content"], re.MULTILINE)
    assert match, "the system prompt names no boundary"
    return f"<mail-data {match[1]}>", f"</mail-data {match[1]}>"


def wrong_fence(content: str, opening: str, closing: str) -> "list[str]":
    if content.startswith(("[dropped to save space", "[interrupted", "[not done")):
        return []
    lines = content.split("\n")
    if lines.count(opening) != 1 or lines.count(closing) != 1 or content.count(opening[11:-1]) != 2:
        return [f"a result is not in one fence: {content[:200]}"]
    before, after = lines[: lines.index(opening)], lines[lines.index(closing) + 1 :]
    outside = "\n".join(before + after)
    known = r"(exit code \d+|refused: |it is not known |\[cut|from the chat program|; |$)"
    if not re.match(known, outside):
        return [f"something stands outside the fence: {outside[:200]}"]
    return []


def result(request: dict[str, Any]) -> Any:
    """The document in the last result."""
    message = request["messages"][-1]
    assert message["role"] == "tool", message
    opening, closing = boundaries(request["messages"])
    inside = message["content"].split(opening + "\n", 1)[1].split("\n" + closing, 1)[0]
    return json.loads(inside.split("\n")[0])
