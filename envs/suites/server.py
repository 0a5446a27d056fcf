"""A loopback server for a folder of static files: the pages of a suite, the bundled site, a person's task files.

    with StaticServer(Path("pages")) as server:
        ...  # server.url == "http://127.0.0.1:40123/"

What it does: GET and HEAD on 127.0.0.1 and a free port, keep-alive, threads that never hold the process back, MIME
types that do not depend on the machine's registry. What it refuses: a path that leads outside the root (``..`` and,
unless asked for, symbolic links), folder listings, and requests whose ``Host`` is another name (a foreign page that
points its own name at 127.0.0.1). It serves files only: no uploads, no ranges, no TLS.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.server
import os
import shutil
import socket
import sys
import threading
import urllib.parse
import weakref
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

IDLE_S = 60.0
"""Seconds that a kept-alive connection may stay silent before it is closed."""

POLL_S = 0.5
"""How soon a server notices that it was closed where closing its socket does not wake it."""

TYPES = {
    ".css": "text/css", ".csv": "text/csv", ".gif": "image/gif", ".htm": "text/html", ".html": "text/html",
    ".ico": "image/x-icon", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript",
    ".json": "application/json", ".map": "application/json", ".mjs": "text/javascript", ".mp4": "video/mp4",
    ".otf": "font/otf", ".pdf": "application/pdf", ".png": "image/png", ".svg": "image/svg+xml",
    ".ttf": "font/ttf", ".txt": "text/plain", ".wasm": "application/wasm", ".webm": "video/webm",
    ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2", ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
}  # fmt: skip


class StaticServer:
    """Serves ``root`` from construction of ``start()`` (or ``with``) until ``close()``; both may be called twice.

    ``max_age``: seconds for which the browser may use its copy without asking; with 0 it asks each time and is told
    "not modified". ``charset``: sent with text files; None leaves it to what the page declares. ``follow_links``:
    serve what a symbolic link inside the root points to, wherever that is.
    """

    def __init__(self, root: Path, *, max_age: int = 0, charset: str | None = None, follow_links: bool = False) -> None:
        self.root = Path(root).resolve()
        self.max_age = max_age
        self.charset = charset
        self.follow_links = follow_links
        self._http: _Listener | None = None

    def start(self) -> StaticServer:
        """Bind and serve; raises ``NotADirectoryError`` for a root that is no folder, ``OSError`` if nothing binds."""
        if self._http is None:
            if not self.root.is_dir():
                raise NotADirectoryError(f"expected a folder to serve, found {self.root}")
            self._http = _Listener(self)
        return self

    def close(self) -> None:
        """Stop serving; from any thread, even from a finalizer."""
        if self._http is not None:
            server, self._http = self._http, None
            server.stop()

    def __enter__(self) -> StaticServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def host(self) -> str:
        """``127.0.0.1:port``; raises ``RuntimeError`` while the server is not running."""
        if self._http is None:
            raise RuntimeError("the server is not running; call start() or use it in a with block")
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/"

    def find(self, url_path: str) -> Path | None:
        """The file behind a request's path, or None if there is none inside the root. A folder means its index.html."""
        name = urllib.parse.unquote(url_path.split("?", 1)[0].split("#", 1)[0])
        parts = name.split("/")
        if "\0" in name or "\\" in name or ".." in parts:
            return None
        path = self.root.joinpath(*(p for p in parts if p not in ("", ".")))
        try:
            if path.is_dir():
                path = path / "index.html"
            if not path.is_file() or not (self.follow_links or path.resolve().is_relative_to(self.root)):
                return None
        except OSError:  # a name longer than the file system allows, a loop of links
            return None
        return path


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    timeout = POLL_S

    def __init__(self, site: StaticServer) -> None:
        self.site = site
        self.open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.pid = os.getpid()
        self.stopping = False
        super().__init__(("127.0.0.1", 0), _Handler)
        self.thread = threading.Thread(target=self._serve, name="static-server", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        # serve_forever() could only be ended by a call that blocks, which a finalizer must not do.
        while not self.stopping:
            self.handle_request()
        self.server_close()

    def stop(self) -> None:
        if os.getpid() != self.pid:  # a forked child shares the parent's sockets and has no thread of its own
            self.socket.close()
            return
        self.stopping = True
        for connection in [self.socket, *self.open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self.thread:
            self.thread.join(2 * POLL_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A browser drops connections whenever it navigates; that is no error of ours.
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "webagent"
    sys_version = ""
    timeout = IDLE_S
    # One write per reply: headers and body sent apart cost a delayed acknowledgement (40 ms) on loopback.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        site = self.server.site
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        try:
            split = urllib.parse.urlsplit(self.path)
        except ValueError:
            return self.send_error(HTTPStatus.BAD_REQUEST)
        path = site.find(split.path)
        if path is None:
            return self.send_error(HTTPStatus.NOT_FOUND)
        if path.name == "index.html" and not split.path.endswith(("/", "/index.html")):
            return self._redirect(urllib.parse.urlunsplit(("", "", "/" + split.path.strip("/") + "/", split.query, "")))
        try:
            file = path.open("rb")
        except OSError:
            return self.send_error(HTTPStatus.FORBIDDEN)
        with file:
            stat = os.fstat(file.fileno())
            stamp = email.utils.formatdate(stat.st_mtime, usegmt=True)
            if self.headers.get("If-Modified-Since") == stamp:
                return self._head(HTTPStatus.NOT_MODIFIED, {"Last-Modified": stamp})
            self._head(
                HTTPStatus.OK,
                {"Content-Type": self._type(path), "Content-Length": stat.st_size, "Last-Modified": stamp},
            )
            if body:
                shutil.copyfileobj(file, self.wfile, 1 << 18)

    def _head(self, status: HTTPStatus, headers: dict[str, Any]) -> None:
        self.send_response(status)
        age = self.server.site.max_age
        self.send_header("Cache-Control", f"max-age={age}" if age else "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()

    def _redirect(self, where: str) -> None:
        self._head(HTTPStatus.MOVED_PERMANENTLY, {"Location": where, "Content-Length": 0})

    def _type(self, path: Path) -> str:
        kind = TYPES.get(path.suffix.lower(), "application/octet-stream")
        textual = kind.startswith("text/") or kind.endswith(("json", "xml"))
        return f"{kind}; charset={self.server.site.charset}" if textual and self.server.site.charset else kind

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ServerPool:
    """One running server per root and options, shared by whoever asks; it closes when the last one has let go."""

    def __init__(self) -> None:
        # Reentrant, because release may be called by a finalizer that runs in the middle of acquire.
        self._lock = threading.RLock()
        self._users: dict[StaticServer, int] = {}
        self._pid = os.getpid()

    def acquire(self, root: Path, **options: Any) -> StaticServer:
        """A started server of ``root`` with these options of ``StaticServer``; give it back with ``release``."""
        wanted = StaticServer(root, **options)
        with self._lock:
            if self._pid != os.getpid():  # a forked child starts its own
                self._pid = os.getpid()
                self._users = {}
            for server in list(self._users):
                users = self._users.get(server) if _same(server, wanted) else None
                if users:
                    self._users[server] = users + 1
                    return server
            self._users[wanted.start()] = 1
            return wanted

    def release(self, server: StaticServer) -> None:
        with self._lock:
            left = self._users.get(server, 1) - 1
            if left > 0:
                self._users[server] = left
                return
            self._users.pop(server, None)
        server.close()


def _same(a: StaticServer, b: StaticServer) -> bool:
    return (a.root, a.max_age, a.charset, a.follow_links) == (b.root, b.max_age, b.charset, b.follow_links)


POOL = ServerPool()
"""The process's own pool: every scenario of a suite shares one port, so that the browser's cache is shared too."""


@contextlib.contextmanager
def shared_server(root: Path, **options: Any) -> Iterator[StaticServer]:
    """The process's server of ``root`` for the length of a ``with`` block; see ``StaticServer`` for the options."""
    server = POOL.acquire(root, **options)
    try:
        yield server
    finally:
        POOL.release(server)
