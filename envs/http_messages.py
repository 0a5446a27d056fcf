"""Heads of HTTP/1 messages as a forward proxy reads and rewrites them: bytes in, bytes out, no sockets.

Strict on the way in: what two readers could understand in two ways (two lengths, a length beside a chunked body,
folded headers) is a ``ValueError``, never a guess. Bodies are not touched here.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from .allowlist import Place, normal_host, place_of, split_port

Headers = tuple[tuple[str, str], ...]

_HOP_BY_HOP = frozenset({"connection", "proxy-connection", "keep-alive", "proxy-authorization", "te", "upgrade"})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_REASONS = {
    400: "Bad Request", 403: "Forbidden", 431: "Request Header Fields Too Large", 502: "Bad Gateway",
    504: "Gateway Timeout",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request to a proxy, and the place it is for."""

    method: str
    target: str
    headers: Headers
    place: Place

    @property
    def tunnel(self) -> bool:
        return self.method == "CONNECT"

    @property
    def upgrade(self) -> bool:
        return "upgrade" in _listed(self.headers, "connection") and bool(_values(self.headers, "upgrade"))

    @property
    def chunked(self) -> bool:
        return bool(_values(self.headers, "transfer-encoding"))

    @property
    def length(self) -> int:
        """Bytes of the body where it is not chunked."""
        return int((_values(self.headers, "content-length") or ["0"])[0])

    @property
    def path(self) -> str:
        """The target in origin form, as the server wants it."""
        rest = self.target.partition("://")[2].partition("#")[0]
        start = re.search(r"[/?]", rest)
        path = rest[start.start() :] if start else "/"
        return path if path.startswith("/") else "/" + path

    @property
    def shown(self) -> str:
        """Where it leads, for a log: no user name, query or fragment, where typed values would stand."""
        if self.tunnel:
            return str(self.place)
        return f"{self.place.scheme}://{_host_header(self.place)}{self.path.partition('?')[0]}"[:300]

    def for_server(self) -> bytes:
        """Origin form, the Host that the URL names whatever the client claimed, one request a connection."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {_host_header(self.place)}"]
        lines += _end_to_end(self.headers, also={"host"})
        lines += [f"Upgrade: {value}" for value in _values(self.headers, "upgrade") if self.upgrade]
        return _encoded(lines, "Upgrade" if self.upgrade else "close")


def parse_request(head: bytes) -> Request:
    """A request head that ends with an empty line; raises ``ValueError`` in one line that may be shown."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise ValueError(f"expected METHOD URL HTTP/1.1, found {first[:60]!r}")
    headers = _parse_headers(lines)
    lengths, codings = _values(headers, "content-length"), _values(headers, "transfer-encoding")
    if (lengths and codings) or len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", v) for v in lengths):
        raise ValueError("expected one length of the body")
    if codings and [c.lower() for c in codings] != ["chunked"]:
        raise ValueError(f"expected a chunked body, found {', '.join(codings)[:60]!r}")
    return Request(parts[0], parts[1], headers, _place(parts[0], parts[1]))


def parse_status(head: bytes) -> int:
    """The status of an answer; raises ``ValueError``."""
    found = re.match(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: |\r\n)", head)
    if not found:
        raise ValueError(f"expected HTTP/1.1 and a status, found {head[:40]!r}")
    return int(found[1])


def for_client(head: bytes) -> bytes:
    """An answer's head with the framing kept and ``Connection: close`` set; raises ``ValueError``."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    return _encoded([first, *_end_to_end(_parse_headers(lines))], "close")


def page(status: int, line: str, blocked: Place | None = None) -> bytes:
    """A whole answer of our own: one line of text, or for ``blocked`` a page that says how to allow it."""
    name, kind = "x-webagent-failed", "text/plain"
    value, body = line, f"webagent: {line}\n"
    if blocked:
        name, kind, value = "x-webagent-blocked", "text/html", blocked.host
        entry = html.escape(str(blocked) if blocked.port not in (80, 443) else blocked.host)
        body = (
            f"<!doctype html><title>Blocked by webagent</title><h1>Blocked by webagent</h1><p>{html.escape(line)}.</p>"
            f"<p>To allow it, add <code>--allow {entry}</code> to the command.</p>\n"
        )
    content = body.encode()
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}", f"Content-Type: {kind}; charset=utf-8",
        f"Content-Length: {len(content)}", "Cache-Control: no-store", "Content-Security-Policy: default-src 'none'",
        f"{name}: {re.sub('[^ -~]', '?', value)}",
    ]  # fmt: skip
    return _encoded(lines, "close") + content


def _parse_headers(lines: list[str]) -> Headers:
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or any(c in value for c in "\r\n\0"):
            raise ValueError(f"expected a header 'name: value', found {line[:60]!r}")
        headers.append((name, value.strip(" \t")))
    return tuple(headers)


def _place(method: str, target: str) -> Place:
    if method != "CONNECT":
        if not target.lower().startswith(("http://", "ws://")) or "\\" in target:
            raise ValueError("this is a proxy: expected a whole http:// address, or CONNECT for https")
        return place_of(target)
    host, port = split_port(target)
    if port is None:
        raise ValueError(f"CONNECT expects host:port, found {target[:80]!r}")
    return Place("", normal_host(host), port)


def _host_header(place: Place) -> str:
    default = 443 if place.scheme in ("https", "wss") else 80
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == default else f"{host}:{place.port}"


def _values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name]


def _listed(headers: Headers, name: str) -> set[str]:
    return {token.strip().lower() for value in _values(headers, name) for token in value.split(",")}


def _end_to_end(headers: Headers, also: frozenset[str] | set[str] = frozenset()) -> list[str]:
    dropped = _HOP_BY_HOP | _listed(headers, "connection") | also
    kept = {"content-length", "transfer-encoding"}
    return [f"{name}: {value}" for name, value in headers if name.lower() in kept or name.lower() not in dropped]


def _encoded(lines: list[str], connection: str) -> bytes:
    return "\r\n".join([*lines, f"Connection: {connection}", "", ""]).encode("latin-1")
