"""A model on the loopback that follows a script: the Messages API as Claude Code uses it, with streaming.

Each request of the conversation (one that offers tools) gets the next step of the script. A step is the content of one
answer: text, or calls of tools. Requests beside the conversation, such as the one for a title, get a short text.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


def say(text: str) -> Json:
    return {"type": "text", "text": text}


def call(tool: str, **arguments: Any) -> Json:
    return {"type": "tool_use", "name": tool, "input": arguments}


class Model:
    """Serves until closed. `requests` has each request of the conversation, `others` the paths of everything else."""

    def __init__(self) -> None:
        self.steps: list[list[Json]] = []
        self.requests: list[Json] = []
        self.others: list[str] = []
        self.problems: list[str] = []
        self.lock = threading.Lock()
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.answer(200, b"")

            def do_GET(self) -> None:
                with model.lock:
                    model.others.append(f"GET {self.path}")
                self.answer(404, b"{}")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                path = self.path.partition("?")[0]
                if path == "/v1/messages/count_tokens":
                    self.answer(200, json.dumps({"input_tokens": 100}).encode())
                elif path != "/v1/messages":
                    with model.lock:
                        model.others.append(f"POST {self.path}")
                    self.answer(404, b"{}")
                else:
                    request = json.loads(body)
                    content = model.next(request)
                    if request.get("stream"):
                        self.answer(200, b"".join(events(content, request["model"])), "text/event-stream")
                    else:
                        self.answer(200, json.dumps(message(content, request["model"])).encode())

            def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        if error[0] is None:
            assert not self.problems, self.problems
            assert not self.steps, f"the client did not ask for {self.steps}"

    def script(self, *steps: Json | list[Json]) -> None:
        """Adds answers to the end of the script."""
        with self.lock:
            self.steps += [step if isinstance(step, list) else [step] for step in steps]

    def next(self, request: Json) -> list[Json]:
        with self.lock:
            if not any(tool.get("name") == "Bash" for tool in request.get("tools", [])):
                return [say("Mail")]
            self.requests.append(request)
            if not self.steps:
                self.problems.append("the client asked for more than the script has")
                return [say("(end of the script)")]
            content = []
            for number, block in enumerate(self.steps.pop(0)):
                numbered = {"id": f"toolu_{len(self.requests):04}{number:04}"} if block["type"] == "tool_use" else {}
                content.append({**block, **numbered})
            return content

    def results(self) -> list[tuple[str, bool]]:
        """Text and error mark of all results of tools that the last request has, in order."""
        found: list[tuple[str, bool]] = []
        for entry in self.requests[-1]["messages"] if self.requests else []:
            for block in entry["content"] if isinstance(entry["content"], list) else []:
                if block.get("type") == "tool_result":
                    found.append((text_of(block.get("content", "")), bool(block.get("is_error"))))
        return found


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content if isinstance(block, dict))


def message(content: list[Json], model: str) -> Json:
    called = any(block["type"] == "tool_use" for block in content)
    return {
        "id": "msg_0001",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if called else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 10},
    }


def events(content: list[Json], model: str) -> list[bytes]:
    """The server-sent events of one answer."""
    whole = message(content, model)
    start = {**whole, "content": [], "stop_reason": None}
    parts: list[Json] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(content):
        if block["type"] == "tool_use":
            empty: Json = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        else:
            empty = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": block["text"]}
        parts.append({"type": "content_block_start", "index": index, "content_block": empty})
        parts.append({"type": "content_block_delta", "index": index, "delta": delta})
        parts.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    parts.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 10}})
    parts.append({"type": "message_stop"})
    return [f"event: {part['type']}\ndata: {json.dumps(part)}\n\n".encode() for part in parts]
