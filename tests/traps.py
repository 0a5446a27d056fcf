"""Servers for the ways out: a home that may be reached, and traps that count whatever touches them.

A trap listens with TCP and UDP on one port of every loopback address, IPv4 and IPv6. It counts each TCP connection
(accepted is enough, no request is needed) and each datagram, so nothing can reach it unseen.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Browser

Answer = Callable[[str], bytes]
"""From the target of a request (path and query) to a whole HTTP answer."""

CERTIFICATE = Path(__file__).parent / "pages" / "loopback.pem"


def http(body: str | bytes = "", *headers: str, kind: str = "text/html", status: int = 200) -> bytes:
    """A whole HTTP/1.1 answer that any origin may read and nobody stores."""
    content = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status} X", f"Content-Type: {kind}; charset=utf-8", f"Content-Length: {len(content)}",
        "Connection: close", "Cache-Control: no-store", "Access-Control-Allow-Origin: *", *headers,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class Trap:
    """``touched``: the first bytes of every TCP connection, and every datagram after ``udp:``, oldest first."""

    port: int = 0
    touched: list[bytes] = field(default_factory=list)
    _closers: list[Any] = field(default_factory=list)

    async def open(self) -> Trap:
        for _ in range(50):
            try:
                await self._open()
            except OSError:  # the port is taken on one of the addresses
                self.close()
            else:
                return self
        raise OSError("found no port that is free on every loopback address")

    async def _open(self) -> None:
        """One socket takes IPv4 and IPv6, where there is IPv6."""
        (tcp, host), (udp, _) = loopback_socket(socket.SOCK_STREAM), loopback_socket(socket.SOCK_DGRAM)
        self._closers = [tcp, udp]
        tcp.bind((host, 0))
        self.port = tcp.getsockname()[1]
        udp.bind((host, self.port))
        server = await asyncio.start_server(self._accept, sock=tcp)
        datagrams, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Datagrams(self), sock=udp)
        self._closers = [server, datagrams]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        index = len(self.touched)
        self.touched.append(b"")
        with contextlib.suppress(OSError, TimeoutError):
            self.touched[index] = await asyncio.wait_for(reader.read(4096), 5.0)
            if self.touched[index][:1].isalpha():
                writer.write(http("<title>trap</title>"))
                await writer.drain()
        writer.close()

    def close(self) -> None:
        for each in self._closers:
            each.close()
        self._closers.clear()

    async def __aenter__(self) -> Trap:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        self.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, trap: Trap) -> None:
        self.trap = trap

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.trap.touched.append(b"udp:" + data[:100])


class Home:
    """The start page's server, on 127.0.0.1 alone. ``tls``: with a certificate whose issuer is told to lie at
    ``http://127.0.0.1:ISSUER/``; speaks HTTP/2 if ``early``, a header sent before the answer, is given: it answers once
    ``seen`` says that the header was."""

    def __init__(
        self,
        answer: Answer,
        tls_issuer: int | None = None,
        early: tuple[str, str] | None = None,
        seen: Callable[[], bool] = bool,
    ) -> None:
        self._answer = answer
        self._issuer = tls_issuer
        self._early = early
        self._seen = seen
        self.port = 0

    async def open(self) -> Home:
        tls = None if self._issuer is None else tls_context(self._issuer, "h2" if self._early else "http/1.1")
        accept = self._accept_h2 if self._early else self._accept
        self._server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            writer.write(self._answer(target))
            await writer.drain()
        writer.close()

    async def _accept_h2(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As little HTTP/2 as a browser accepts: every request gets 103 with the early header, then an empty page."""
        assert self._early is not None
        with contextlib.suppress(OSError, EOFError):
            await reader.readexactly(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
            writer.write(_frame(4, 0, 0))  # settings
            while True:
                head = await reader.readexactly(9)
                await reader.readexactly(int.from_bytes(head[:3], "big"))
                stream = int.from_bytes(head[5:], "big")
                if head[3] == 4 and not head[4]:
                    writer.write(_frame(4, 1, 0))  # settings acknowledged
                if head[3] == 1:  # the headers of a request
                    writer.write(_frame(1, 4, stream, b"\x08\x03103" + _plain_header(*self._early)))
                    await writer.drain()
                    await until(self._seen, 10.0)
                    writer.write(_frame(1, 4, stream, b"\x88" + _plain_header("content-type", "text/html")))
                    writer.write(_frame(0, 1, stream, b"<title>early</title>"))
        writer.close()

    def close(self) -> None:
        self._server.close()

    async def __aenter__(self) -> Home:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        self.close()


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _plain_header(name: str, value: str) -> bytes:
    """One header in HPACK, neither indexed nor compressed."""
    assert len(name) < 127 and len(value) < 127
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def tls_context(issuer_port: int, protocol: str) -> ssl.SSLContext:
    """A server's context. The certificate for 127.0.0.1 is self-made, the address of its issuer filled in here."""
    text = CERTIFICATE.read_text(encoding="ascii")
    key, _, rest = text.partition("-----BEGIN CERTIFICATE-----")
    der = base64.b64decode(rest.partition("-----END")[0]).replace(b":65535/", b":%05d/" % issuer_port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols([protocol])
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(key + ssl.DER_cert_to_PEM_cert(der))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def loopback_socket(kind: socket.SocketKind) -> tuple[socket.socket, str]:
    """A socket for every loopback address, and what to bind it to."""
    try:
        made = socket.socket(socket.AF_INET6, kind)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        return made, "::"
    except OSError:
        return socket.socket(socket.AF_INET, kind), "0.0.0.0"


class NetworkLog:
    """What Chromium's network stack says that it does: ``(event, address or name)``, over the whole browser."""

    EVENTS = frozenset({"TCP_CONNECT_ATTEMPT", "UDP_BYTES_SENT", "HOST_RESOLVER_MANAGER_JOB", "DNS_TRANSACTION_QUERY"})

    async def start(self, browser: Browser) -> NetworkLog:
        self.seen: set[tuple[str, str]] = set()
        self._complete = asyncio.Event()
        self._cdp = await browser.new_browser_cdp_session()
        self._cdp.on("Tracing.dataCollected", lambda event: self._take(event["value"]))
        self._cdp.on("Tracing.tracingComplete", lambda _: self._complete.set())
        config = {"includedCategories": ["netlog"], "excludedCategories": ["*"]}
        await self._cdp.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
        return self

    def _take(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["name"] in self.EVENTS and event["ph"] != "e":
                told = event.get("args", {}).get("params", {})
                where = told.get("address") or told.get("host") or told.get("qname") or ""
                self.seen.add((event["name"], where))

    async def stop(self) -> set[tuple[str, str]]:
        await self._cdp.send("Tracing.end")
        await asyncio.wait_for(self._complete.wait(), 120.0)
        await self._cdp.detach()
        return self.seen


async def open_traps(names: Iterable[str]) -> dict[str, Trap]:
    return {name: await Trap().open() for name in names}


async def until(over: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not over():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.02)
    return True
