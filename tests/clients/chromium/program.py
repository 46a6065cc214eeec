"""What mcs-gmail shows of documents: they are imported into the sandbox as mail and read by the real program."""

import base64
import http.client
import json
import os
import shlex
import ssl
import subprocess
import threading
import time
import urllib.parse

AT_ONCE = 100


class World:
    """The sandbox in a process, whose person approves every sign-in."""

    def __init__(self, sandbox, program):
        self.program = program
        self.process = subprocess.Popen(
            [sandbox, "--serve", "--google-token", "--auto-approve"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        self.values = {}
        while "ACCESS_TOKEN" not in self.values:
            line = self.process.stdout.readline()
            assert line, "the sandbox ended"
            for word in shlex.split(line):
                if "=" in word:
                    name, value = word.split("=", 1)
                    self.values[name] = value
        self.environment = {**self.values, "HOME": self.values["MCS_CACHE_DIR"], "PATH": os.environ["PATH"]}
        self.sign_in()

    def run(self, *arguments, given=""):
        return subprocess.run(
            [self.program, *arguments], env=self.environment, input=given, capture_output=True, text=True
        )

    def sign_in(self):
        for _ in range(100):
            if self.run("list", "--limit", "1", "--wait", "0").returncode == 0:
                return
            time.sleep(0.3)
        raise AssertionError("the program could not sign in")

    def connection(self):
        proxy = urllib.parse.urlparse(self.values["HTTPS_PROXY"])
        trusted = ssl.create_default_context(cafile=self.values["SSL_CERT_FILE"])
        connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=trusted)
        headers = {}
        if proxy.username:
            pair = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
            headers["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        connection.set_tunnel("gmail.googleapis.com", 443, headers)
        return connection

    def deliver(self, documents):
        """Imports each document as a message of HTML only and returns the ids in order."""
        connection, ids = self.connection(), []
        headers = {"Authorization": f"Bearer {self.values['ACCESS_TOKEN']}", "Content-Type": "application/json"}
        for html in documents:
            body = base64.encodebytes(html.encode()).decode()
            mail = (
                "From: Eve <eve@example.net>\r\nTo: ada@example.com\r\nSubject: oracle\r\nMIME-Version: 1.0\r\n"
                "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
            )
            raw = base64.urlsafe_b64encode(mail.encode()).decode()
            connection.request("POST", "/gmail/v1/users/me/messages/import", json.dumps({"raw": raw}), headers)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, (answer.status, data)
            ids.append(json.loads(data)["id"])
        return ids

    def read(self, ids):
        """The bodies of messages by id."""
        done = self.run("read", "-", "--format", "json", "--timeout", "300", given="\n".join(ids))
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        messages = answer if isinstance(answer, list) else answer["messages"]
        return {message.get("uid") or message["id"]: message["body"] for message in messages}

    def close(self):
        self.process.kill()
        self.process.wait()


def bodies(sandbox, program, documents):
    """What the program shows of each document."""
    world = World(sandbox, program)
    try:
        ids = world.deliver(documents)
        parts = [ids[n:n + AT_ONCE] for n in range(0, len(ids), AT_ONCE)]
        shown, lock = {}, threading.Lock()

        def work():
            while True:
                with lock:
                    if not parts:
                        return
                    part = parts.pop()
                found = world.read(part)
                with lock:
                    shown.update(found)

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return [shown[name] for name in ids]
    finally:
        world.close()
