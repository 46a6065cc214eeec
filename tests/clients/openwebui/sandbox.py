"""The sandbox as another process, and the person who signs in on its pages."""

from __future__ import annotations

import http.cookiejar
import re
import shlex
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

KEYS = (
    "auth0_domain",
    "auth0_client_id",
    "auth0_client_secret",
    "auth0_audience",
    "linkauth_broker_url",
    "linkauth_api_key",
)


class Sandbox:
    """Broker, Auth0 and Gmail on loopback. `env` is what a program needs to find them."""

    def __init__(self, example: str):
        self.output = tempfile.NamedTemporaryFile("w+", suffix=".env")  # noqa: SIM115
        self.process = subprocess.Popen([example, "--serve"], stdout=self.output, stderr=subprocess.DEVNULL)
        self.env: dict[str, str] = {}
        for _ in range(300):
            lines = [shlex.split(line) for line in Path(self.output.name).read_text().splitlines()]
            self.env = dict(words[1].split("=", 1) for words in lines if len(words) == 2)
            if "MCS_CACHE_DIR" in self.env:
                break
            assert self.process.poll() is None, "the sandbox ended"
            time.sleep(0.1)
        self.cache = self.env.pop("MCS_CACHE_DIR")

    def values(self) -> dict[str, str]:
        """The six values of an installation."""
        return {key: self.env[f"MCS_GMAIL_{key.upper()}"] for key in KEYS}

    def surroundings(self) -> dict[str, str]:
        """Proxy and certificates."""
        return {name: value for name, value in self.env.items() if not name.startswith("MCS_")}

    def visit(self, link: str, decision: str = "allow") -> str:
        """Opens a link, confirms the code and answers the form after it, as a browser without scripts would. Returns
        the last page."""
        context = ssl.create_default_context(cafile=self.env["SSL_CERT_FILE"])
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": self.env["HTTPS_PROXY"]}),
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )
        page = opener.open(link, timeout=20)
        for answer in ("allow", decision, None):
            text, address = page.read().decode(), page.geturl()
            if answer is None or 'name="decision"' not in text:
                return re.sub(r"<[^>]*>", " ", text)
            form = urllib.parse.urlencode({"decision": answer}).encode()
            try:
                page = opener.open(address, data=form, timeout=20)
            except urllib.error.HTTPError as refused:
                assert decision == "deny" and refused.code == 400, refused
                page = refused
        raise AssertionError("the pages never end")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.output.close()
