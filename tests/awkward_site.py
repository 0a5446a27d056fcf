"""The awkward pages and their manifest, served as their README asks: on two origins.

    with serve_awkward() as url:
        ...  # url + "01-labels.html"

``python tests/awkward_site.py`` serves them for a person to look at.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from webagent.envs.suites.server import TYPES

PAGES = Path(__file__).parent / "pages"
AWKWARD = PAGES / "awkward"
BIG = PAGES / "big.html"
PLACEHOLDER = b"{{OTHER_ORIGIN}}"


def read_manifest() -> list[dict[str, Any]]:
    return json.loads((AWKWARD / "manifest.json").read_text(encoding="utf-8"))


def names(entry: dict[str, Any]) -> list[str]:
    """Every right name of a control or an absent thing."""
    return [entry["name"]] if isinstance(entry["name"], str) else entry["name"]


@contextmanager
def serve_awkward() -> Iterator[str]:
    """``http://127.0.0.1:PORT/`` of the pages; their other origin is ``http://localhost:OTHER_PORT``."""
    with _Server() as here, _Server() as there:
        here.other = f"http://localhost:{there.server_port}"
        for server in (here, there):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{here.server_port}/"
        finally:
            for server in (here, there):
                server.shutdown()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    other = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = (AWKWARD / self.path.split("?")[0].lstrip("/")).resolve()
        if not path.is_relative_to(AWKWARD.resolve()) or not path.is_file():
            return self.send_error(404)
        body = path.read_bytes()
        if path.suffix == ".html":
            body = body.replace(PLACEHOLDER, self.server.other.encode())
        self.send_response(200)
        self.send_header("Content-Type", TYPES[path.suffix])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


if __name__ == "__main__":
    with serve_awkward() as url:
        print(*(url + entry["page"] for entry in read_manifest()), sep="\n")
        input("Enter ends it. ")
