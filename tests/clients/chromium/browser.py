"""Debian's Chromium without a window, driven over a pipe: no port is opened and no host can be reached."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

WIDTH, HEIGHT, LONGEST = 800, 600, 4000
# Every family is this one, so that a word can be replaced by another of the same width.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>%s/fonts</cachedir>
<selectfont><rejectfont><glob>*</glob></rejectfont><acceptfont><glob>*/DejaVuSansMono*</glob></acceptfont></selectfont>
</fontconfig>"""
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars", "--no-first-run",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-lcd-text", "--force-color-profile=srgb",
    "--force-device-scale-factor=1", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
]


class Browser:
    """One browser with one page, 800 pixels wide, in which no script of the document runs."""

    def __init__(self, binary):
        self.home = tempfile.mkdtemp(prefix="oracle-")
        fonts = os.path.join(self.home, "fonts.conf")
        with open(fonts, "w") as file:
            file.write(FONTS % self.home)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # The shell moves the pipes to the descriptors 3 and 4, which the protocol prescribes.
        script = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, binary, *FLAGS, f"--user-data-dir={self.home}/profile", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "FONTCONFIG_FILE": fonts, "HOME": self.home},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.reader, self.writer = ours_in, ours_out
        self.rest, self.number, self.session = b"", 0, None
        self.open_page()

    def open_page(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False
        )
        self.frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.writer, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.rest:
            data = os.read(self.reader, 1 << 20)
            if not data:
                raise RuntimeError("Chromium ended")
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def load(self, html):
        # A new document: what attributes of `body` set is kept by one whose content is replaced.
        self.frame = self.call("Page.navigate", url="about:blank")["frameId"]
        self.call("Page.setDocumentContent", frameId=self.frame, html=html)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self):
        """The page as a PNG, as wide as the window and as high as its content up to a limit."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        options = {"format": "png", "optimizeForSpeed": True}
        if size["height"] > HEIGHT:
            height = min(size["height"], LONGEST)
            options["clip"] = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
            options["captureBeyondViewport"] = True
        return base64.b64decode(self.call("Page.captureScreenshot", **options)["data"])

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.reader)
        os.close(self.writer)
        shutil.rmtree(self.home, ignore_errors=True)
