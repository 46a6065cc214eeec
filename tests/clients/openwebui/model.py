"""A model on loopback that follows a script, with the interface of OpenAI: streams, and calls tools natively."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "scripted"
# About as long as a question can be, with much that Markdown could misread.
LONG = "The first words.\n" + "Some words and *#[x](y) <b>.\n" * 2_860 + "The very last words."
CALLS = {
    "letter": ("send_message", {"to": "bob@example.org", "subject": "Letter", "body": LONG}),
    "emails": ("list_messages", {"limit": 5}),
    "done": ("list_messages", {"limit": 5}),
    "send": ("send_message", {"to": "bob@example.org", "subject": "Minutes", "body": "Hello Bob,\n\nhere they are."}),
}


def answer_to(result: str) -> str:
    """What the model says about the result of a tool."""
    document = json.loads(result)
    if isinstance(document, list):
        rows = [f"| {row['from'].split('<')[0].strip()} | {row['subject']} |" for row in document]
        return "\n".join(["Here are your last emails:", "", "| From | Subject |", "|---|---|", *rows])
    if document.get("auth_required"):
        visit = "first" if document["step"] == "sign_in" else "second and last"
        return (
            f"Please sign in to Gmail. This is the {visit} of two visits:\n\n{document['url']}\n\n"
            f"Check that the page shows the code **{document['code']}**, and tell me when it is done. Only open "
            "the link yourself: it connects the mailbox of the person who opens it."
        )
    return f"The result is `{document.get('status') or document}`."


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests: list[dict] = []

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:  # noqa: N802
        self.document({"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "tests"}]})

    def do_POST(self) -> None:  # noqa: N802
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append(request)
        message = self.next_message(request)
        if request.get("stream"):
            self.stream(message)
        else:
            self.document({"object": "chat.completion", "choices": [{"index": 0, "message": message}]})

    def next_message(self, request: dict) -> dict:
        last = request["messages"][-1]
        if last["role"] == "tool":
            text = last["content"]
            if isinstance(text, list):
                text = text[0]["text"]
            return {"role": "assistant", "content": answer_to(text)}
        said = json.dumps(last["content"]).lower()
        known = {tool["function"]["name"] for tool in request.get("tools") or []}
        for word, (name, arguments) in CALLS.items():
            if word in said and name in known:
                call = {"name": name, "arguments": json.dumps(arguments)}
                calls = [{"index": 0, "id": f"call_{len(self.requests)}", "type": "function", "function": call}]
                return {"role": "assistant", "content": "", "tool_calls": calls}
        return {"role": "assistant", "content": "I have no tool for that."}

    def document(self, document: dict) -> None:
        self.reply("application/json", json.dumps(document).encode())

    def stream(self, message: dict) -> None:
        deltas: list[dict] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": part + " "} for part in message["content"].split(" ") if message["content"]]
        if "tool_calls" in message:
            deltas.append({"tool_calls": message["tool_calls"]})
        chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        chunks.append({"index": 0, "delta": {}, "finish_reason": "tool_calls" if "tool_calls" in message else "stop"})
        shape = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": NAME}
        lines = [f"data: {json.dumps({**shape, 'choices': [chunk]})}\n\n" for chunk in chunks]
        self.reply("text/event-stream", "".join([*lines, "data: [DONE]\n\n"]).encode())

    def reply(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def serve() -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
