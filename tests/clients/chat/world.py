"""The sandbox, its person with the browser, and mcs-gmail in it."""

import contextlib
import http.client
import json
import os
import re
import shlex
import socket
import subprocess
import tempfile
import threading
import urllib.parse
from pathlib import Path
from typing import Any


class World:
    def __init__(self, binary: str, sandbox: str, *, approves: bool = False) -> None:
        self.binary = str(Path(binary).absolute())
        options = ["--serve"] + (["--auto-approve"] if approves else [])
        self.process = subprocess.Popen(
            [sandbox, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.environment: dict[str, str] = {}
        assert self.process.stdout
        while "MCS_CACHE_DIR" not in self.environment:
            line = self.process.stdout.readline()
            assert line, "the sandbox ended"
            for word in shlex.split(line):
                if "=" in word:
                    name, value = word.split("=", 1)
                    self.environment[name] = value
        self.home = tempfile.TemporaryDirectory(prefix="chat-")
        self.directory = Path(self.home.name) / "work"
        self.directory.mkdir()
        self.environment["HOME"] = self.home.name
        self.environment["PATH"] = os.environ["PATH"]

    @property
    def secrets(self) -> "list[str]":
        return [value for name, value in self.environment.items() if re.search("SECRET|API_KEY", name)]

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.home.cleanup()

    def run(self, tool: str, **arguments: Any) -> Any:
        """Runs a tool beside the chat."""
        done = subprocess.run(
            [self.binary, "exec", tool, "-"],
            input=json.dumps(arguments),
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def sent(self) -> "list[dict[str, Any]]":
        return self.run("search_messages", criteria="in:sent", limit=50)

    def visit(self, link: str) -> None:
        """The person opens the link, and says yes on each page."""
        address = link
        method = "GET"
        for _ in range(12):
            url = urllib.parse.urlparse(address)
            connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
            path = url.path + (f"?{url.query}" if url.query else "")
            connection.request(method, path, "decision=allow" if method == "POST" else None, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            connection.close()
            if answer.status in (302, 303):
                address, method = urllib.parse.urljoin(address, answer.headers["Location"]), "GET"
            elif 'name="decision"' in page:
                method = "POST"
            else:
                assert answer.status == 200, (address, answer.status, page)
                return
        raise AssertionError(f"the pages never end: {address}")


class Relay:
    """Stands between mcs-gmail and the sandbox's proxy, and can stop passing anything on, as a network does."""

    def __init__(self, proxy: str) -> None:
        target = urllib.parse.urlparse(proxy)
        self.target = (target.hostname or "", target.port or 0)
        self.flows = threading.Event()
        self.flows.set()
        self.reached = threading.Event()
        # Bytes sent on one connection after which everything is lost; nothing if it is not to be.
        self.most: int | None = None
        self.deaf = False
        self.lost = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            near, _ = self.listener.accept()
            if self.lost.is_set():
                near.close()
                continue
            threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near: socket.socket) -> None:
        with near, socket.create_connection(self.target) as far:
            back = threading.Thread(target=self.copy, args=(far, near), kwargs={"upwards": False}, daemon=True)
            back.start()
            self.copy(near, far, upwards=True)
            back.join()

    def copy(self, source: socket.socket, sink: socket.socket, *, upwards: bool) -> None:
        passed = 0
        try:
            while piece := source.recv(65536):
                self.reached.set()
                self.flows.wait()
                if self.deaf and not upwards:
                    # The message has arrived, and its answer is lost.
                    self.lost.set()
                if self.lost.is_set():
                    break
                sink.sendall(piece)
                passed += len(piece)
                if upwards and self.most and passed > self.most:
                    self.most = None
                    self.deaf = True
        except OSError:
            pass
        finally:
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        self.reached.clear()
        self.flows.clear()

    def lose(self, after: int) -> None:
        """Loses the answer to a request of this size, and lets nothing through any more."""
        self.most = after

    def go_on(self) -> None:
        self.deaf = False
        self.lost.clear()
        self.flows.set()
