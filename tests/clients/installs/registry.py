"""PyPI's and npm's interfaces on loopback, with the packages of a directory."""

import base64
import hashlib
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def pages(packages: Path, base: str) -> dict[str, tuple[str, bytes]]:
    """Path -> media type and content."""
    files = {**{f"/files/{f.name}": f for f in packages.iterdir() if f.is_file()}}
    files.update({f"/npm/{f.name}": f for f in (packages / "npm").iterdir()})
    found = {path: ("application/octet-stream", file.read_bytes()) for path, file in files.items()}
    names = [path for path in files if path.endswith(".whl") or path.startswith("/files/mcs_gmail-")]
    links = "".join(f'<a href="{path}#sha256={digest(found[path][1])}">{path[7:]}</a>' for path in names)
    found["/simple/mcs-gmail/"] = ("text/html", f"<!DOCTYPE html><html><body>{links}</body></html>".encode())
    for path, file in files.items():
        if path.startswith("/npm/"):
            with tarfile.open(file) as archive:
                manifest = json.load(archive.extractfile("package/package.json"))  # type: ignore[arg-type]
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(found[path][1]).digest()).decode()
            manifest["dist"] = {"tarball": base + path, "integrity": integrity}
            document = {"name": manifest["name"], "dist-tags": {"latest": manifest["version"]}}
            document["versions"] = {manifest["version"]: manifest}
            found[f"/{manifest['name']}"] = ("application/json", json.dumps(document).encode())
    return found


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def registry(packages: Path) -> Iterator[str]:
    """Serves until the block ends. The value is the address."""
    found: dict[str, tuple[str, bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            kind, content = found.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in found else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_port}"
    found.update(pages(packages, base))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield base
    finally:
        server.shutdown()
