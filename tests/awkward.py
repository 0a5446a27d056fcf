"""The awkward pages' manifest, and a server for them that fills in the other origin."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import Any

from webagent.envs.suites.server import TYPES

PAGES = Path(__file__).parent / "pages"
MANIFEST: list[dict[str, Any]] = json.loads((PAGES / "awkward" / "manifest.json").read_text(encoding="utf-8"))


class AwkwardServer(http.server.ThreadingHTTPServer):
    """Serves the awkward pages; ``{{OTHER_ORIGIN}}`` in an HTML file becomes ``other``."""

    daemon_threads = True
    other = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), AwkwardHandler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class AwkwardHandler(http.server.BaseHTTPRequestHandler):
    server: AwkwardServer

    def do_GET(self) -> None:
        root = PAGES / "awkward"
        path = (root / self.path.split("?")[0].lstrip("/")).resolve()
        if not path.is_relative_to(root.resolve()) or not path.is_file():
            return self.send_error(404)
        body = path.read_bytes()
        if path.suffix == ".html":
            body = body.replace(b"{{OTHER_ORIGIN}}", self.server.other.encode())
        self.send_response(200)
        self.send_header("Content-Type", TYPES[path.suffix])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
