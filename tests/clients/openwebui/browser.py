"""The tool file in the real web server of Open WebUI, used by an administrator in a headless Chromium.

Arguments: BINARY SANDBOX CHROMIUM [SCREENSHOT]. The file is pasted into the editor, the valves are set in their dialog,
the tool is switched on in a chat, both visits are made in the browser, five mails are seen, and a mail is sent after
the question was refused once and agreed to once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import model  # noqa: E402
from sandbox import Sandbox  # noqa: E402

FILE = HERE.parents[2] / "integrations" / "openwebui" / "mcs_gmail.py"
BINARY, SANDBOX, CHROMIUM, *REST = sys.argv[1:]
SCREENSHOT = Path(REST[0]) if REST and REST[0] else None


class Server:
    """Open WebUI with an empty database, which knows the scripted model and no other service."""

    def __init__(self, data: Path, world: Sandbox, port_of_model: int):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            **world.surroundings(),
            "PATH": f"{Path(BINARY).parent}:{os.environ['PATH']}",
            "DATA_DIR": str(data),
            "WEBUI_SECRET_KEY": "for-tests",
            "USE_SLIM_DOCKER": "true",
            "OFFLINE_MODE": "true",
            "HF_HUB_OFFLINE": "1",
            "ENABLE_VERSION_UPDATE_CHECK": "false",
            "ENABLE_OLLAMA_API": "false",
            "OPENAI_API_BASE_URLS": f"http://127.0.0.1:{port_of_model}/v1",
            "OPENAI_API_KEYS": "none",
            "ENABLE_TITLE_GENERATION": "false",
            "ENABLE_FOLLOW_UP_GENERATION": "false",
            "ENABLE_TAGS_GENERATION": "false",
        }
        self.log = open(data / "server.log", "w+")  # noqa: SIM115
        command = [
            str(Path(sys.executable).parent / "open-webui"),
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        self.process = subprocess.Popen(command, env=environment, cwd=data, stdout=self.log, stderr=self.log)

    def wait(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.said()
            try:
                urllib.request.urlopen(f"{self.base}/health", timeout=2).close()
                return
            except OSError:
                time.sleep(0.3)
        raise AssertionError(f"the server does not answer\n{self.said()}")

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()[-4000:]

    def call(self, path: str, body: dict | None = None, token: str = "") -> dict:
        request = urllib.request.Request(f"{self.base}{path}", headers={"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(request, data=data, timeout=30) as answer:
            return json.load(answer)

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def paste(page: Page, base: str) -> None:
    """The administrator pastes the file into the editor and saves it."""
    page.goto(f"{base}/workspace/tools/create")
    editor = page.locator(".cm-content").first
    editor.wait_for(timeout=60_000)
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(FILE.read_text("utf-8"))
    page.get_by_placeholder("Tool Name").fill("Gmail")
    page.get_by_placeholder("Tool ID").fill("mcs_gmail")
    page.get_by_placeholder("Tool Description").fill("Gmail")
    page.get_by_role("button", name="Save & Create").first.click()
    page.get_by_role("button", name="Confirm").click()


def ask(page: Page, text: str) -> None:
    box = page.locator("#chat-input")
    box.wait_for(timeout=60_000)
    box.click()
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def keep(page: Page, suffix: str = "") -> None:
    if SCREENSHOT:
        path = SCREENSHOT.with_name(f"{SCREENSHOT.stem}{suffix}{SCREENSHOT.suffix or '.png'}")
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(path))


def sign_in(page: Page, link: str) -> None:
    """One visit: the link is opened in a tab of its own, and each page is agreed to."""
    tab = page.context.new_page()
    tab.goto(link)
    for _ in range(2):
        tab.locator("button[value=allow]").click()
        tab.wait_for_load_state()
    assert "status=success" in tab.url, tab.url
    tab.close()


def read_to_the_end(page: Page) -> None:
    """The question about the longest mail that is sent: its text scrolls, and the buttons can be seen meanwhile."""
    ask(page, "The long letter")
    dialog = page.get_by_role("dialog").filter(has_text="Send this email?")
    dialog.get_by_text("Scroll down to read all of it.").wait_for(timeout=60_000)
    text = dialog.locator("div[style*=overflow-y]")
    sizes = text.evaluate("e => [e.scrollHeight, e.clientHeight, e.scrollWidth, e.clientWidth]")
    assert sizes[0] > 10 * sizes[1] and sizes[1] > 200 and sizes[2] <= sizes[3], sizes
    length = text.evaluate("e => e.textContent.length")
    assert length > len(model.LONG.replace("\n", "")), length
    last = "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect().bottom; }"
    box = text.bounding_box()
    assert text.evaluate(last) > box["y"] + box["height"] + 100, "the end is not seen yet"
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, 10_000_000)
    for _ in range(100):
        if text.evaluate(last) <= box["y"] + box["height"] + 20:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the text does not scroll")
    assert text.evaluate("e => e.innerText.trimEnd().endsWith('The very last words.')")
    for name in ("Confirm", "Cancel"):
        button = dialog.get_by_role("button", name=name).bounding_box()
        assert 0 <= button["y"] and button["y"] + button["height"] <= 900, (name, button)
    keep(page, "-long")
    dialog.get_by_role("button", name="Cancel").click()
    page.locator(".chat-assistant").last.get_by_text("not_confirmed", exact=True).wait_for(timeout=60_000)
    print("ok   the longest question scrolls to its end", flush=True)


def run(page: Page, server: Server, world: Sandbox) -> None:
    account = {"name": "Ada", "email": "ada@server.example", "password": "correct horse battery"}
    token = server.call("/api/v1/auths/signup", account)["token"]
    page.goto(f"{server.base}/auth")
    page.evaluate("token => localStorage.setItem('token', token)", token)
    page.goto(server.base)
    page.get_by_role("button", name="Okay, Let's Go!").click(timeout=90_000)
    paste(page, server.base)
    for _ in range(100):
        if [one["id"] for one in server.call("/api/v1/tools/", token=token)] == ["mcs_gmail"]:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the tool was not saved")
    print("ok   the file is pasted into the editor and saved", flush=True)
    values = {**world.values(), "access": "send"}
    server.call("/api/v1/tools/id/mcs_gmail/valves/update", values, token)
    page.goto(f"{server.base}/?models={model.NAME}&tools=mcs_gmail")
    ask(page, "Show me my last 5 emails")
    for number, words in ((1, "first of two visits"), (2, "second and last of two visits")):
        answer = page.locator(".chat-assistant").last
        answer.get_by_text(words).wait_for(timeout=60_000)
        link = answer.locator("a[href*='/connect/']").last.get_attribute("href")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/connect/[A-Z0-9]{4}-[A-Z0-9]{4}", link or ""), link
        page.get_by_text(f"visit {number} of 2").first.wait_for()
        keep(page, f"-visit-{number}")
        sign_in(page, link)
        print(f"ok   the link of visit {number} is shown, and opens in the browser", flush=True)
        ask(page, "It is done")
    page.locator(".chat-assistant table tbody tr").nth(4).wait_for(timeout=60_000)
    rows = page.locator(".chat-assistant table tbody tr").all_inner_texts()
    assert len(rows) == 5 and "Lunch on Thursday?" in rows[0], rows
    page.get_by_text("connected to ada@example.com").first.wait_for()
    keep(page)
    print("ok   five mails are seen", flush=True)
    for agree, result in ((False, "not_confirmed"), (True, "sent")):
        ask(page, "Send Bob the minutes")
        page.get_by_text("Send this email?").wait_for(timeout=60_000)
        page.get_by_text("here they are.").last.wait_for()
        if not agree:
            keep(page, "-question")
        page.get_by_role("button", name="Confirm" if agree else "Cancel").click()
        page.locator(".chat-assistant").last.get_by_text(result, exact=True).wait_for(timeout=60_000)
        print(f"ok   the question before a mail is sent is answered with {'yes' if agree else 'no'}", flush=True)
    read_to_the_end(page)
    results = [m["content"] for m in model.Model.requests[-1]["messages"] if m["role"] == "tool"]
    assert '"status":"sent"' in json.dumps(results[-2]).replace("\\", ""), results


def main() -> int:
    data = Path(tempfile.mkdtemp(prefix="openwebui-"))
    world, scripted = Sandbox(SANDBOX), model.serve()
    server = Server(data, world, scripted.server_address[1])
    try:
        server.wait()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=CHROMIUM,
                args=["--no-sandbox", "--disable-dev-shm-usage"],
                proxy={"server": world.env["HTTPS_PROXY"], "bypass": "127.0.0.1,localhost"},
            )
            context = browser.new_context(viewport={"width": 1200, "height": 900}, ignore_https_errors=True)
            page = context.new_page()
            page.set_default_timeout(30_000)
            try:
                run(page, server, world)
            except Exception:
                if SCREENSHOT:
                    keep(page, "-failure")
                print(server.said(), file=sys.stderr)
                raise
            browser.close()
    finally:
        server.close()
        scripted.shutdown()
        world.close()
        shutil.rmtree(data, ignore_errors=True)
    print("the web server passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
