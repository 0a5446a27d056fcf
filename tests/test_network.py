"""The proxy against a real local server, spoken to in raw bytes: what is allowed passes whole, the rest is stopped."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from webagent.envs.allowlist import AllowList
from webagent.envs.network import context_options, launch_flags
from webagent.envs.proxy import Limits, Proxy

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BIG = bytes(range(256)) * 4 * 1024 * 5


class Server:
    """A loopback server that remembers every request head; ``answers`` maps a path to raw bytes."""

    def __init__(self, answers: dict[str, bytes] | None = None, host: str = "127.0.0.1") -> None:
        self.answers, self.host = answers or {}, host
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.hung_up = asyncio.Event()

    async def __aenter__(self) -> "Server":
        self.server = await asyncio.start_server(self.accept, self.host, 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                await self.serve(reader, writer)
        finally:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        path = head.split(" ")[1]
        if "content-length: " in head.lower():
            size = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            if "expect: 100-continue" in head.lower():
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.bodies.append(await reader.readexactly(size))
        if "transfer-encoding: chunked" in head.lower():
            self.bodies.append(await reader.readuntil(b"0\r\n\r\n"))
        if path == "/socket":
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
            while data := await reader.read(1000):
                writer.write(data.upper())
        elif path == "/silent":
            await reader.read()
            self.hung_up.set()
        else:
            writer.write(self.answers.get(path, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))


async def talk(proxy: Proxy, request: bytes, until: bytes = b"") -> bytes:
    """Send raw bytes and read to the end, or until these bytes came."""
    reader, writer = await open_proxy(proxy)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            return await (reader.readuntil(until) if until else reader.read())
    finally:
        writer.close()


async def open_proxy(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(proxy.server.rsplit(":", 1)[1]))


@contextlib.asynccontextmanager
async def pair(answers: dict[str, bytes] | None = None, **options: Any) -> AsyncIterator[tuple[Server, Proxy]]:
    async with Server(answers) as server, Proxy(AllowList([f"127.0.0.1:{server.port}"]), **options) as proxy:
        yield server, proxy


def test_a_request_passes_and_its_head_is_rewritten() -> None:
    async def main() -> None:
        async with pair() as (server, proxy):
            url = f"http://user:pw@127.0.0.1:{server.port}/a?b=c#d".encode()
            head = b" HTTP/1.1\r\nHost: evil.net\r\nProxy-Connection: keep-alive\r\nConnection: x-mine\r\nX-Mine: 1\r\n"
            answer = await talk(proxy, b"GET " + url + head + b"Accept: */*\r\n\r\n")
            assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            host = f"Host: 127.0.0.1:{server.port}"
            assert server.heads == [f"GET /a?b=c HTTP/1.1\r\n{host}\r\nAccept: */*\r\nConnection: close\r\n\r\n"]
            assert not proxy.blocked

    asyncio.run(main())


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n0\r\nTrailer: 1\r\n\r\n"
BODIES = [
    ("GET", CHUNKED, CHUNKED.partition(b"\r\n\r\n")[2]),
    ("GET", b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end"),
    ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BIG) + BIG, BIG),
    ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b""),
    ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b""),
    ("OPTIONS", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
]


@pytest.mark.parametrize("method, answer, body", BODIES)
def test_answers_of_every_framing_pass_whole(method: str, answer: bytes, body: bytes) -> None:
    async def main() -> None:
        async with pair({"/x": answer}) as (server, proxy):
            got = await talk(proxy, f"{method} http://127.0.0.1:{server.port}/x HTTP/1.1\r\n\r\n".encode())
            head, _, rest = got.partition(b"\r\n\r\n")
            assert head.startswith(answer.split(b"\r\n")[0]) and b"Connection: close" in head
            assert rest == body

    asyncio.run(main())


def test_interim_answers_and_big_uploads_pass() -> None:
    async def main() -> None:
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        async with pair({"/hints": hints + ok}) as (server, proxy):
            start = f"http://127.0.0.1:{server.port}"
            got = await talk(proxy, f"GET {start}/hints HTTP/1.1\r\n\r\n".encode())
            assert got.startswith(hints) and got.endswith(b"ok")
            head = f"POST {start}/ HTTP/1.1\r\nContent-Length: {len(BIG)}\r\nExpect: 100-continue\r\n\r\n"
            got = await talk(proxy, head.encode() + BIG)
            assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
            assert hashlib.sha256(server.bodies[0]).digest() == hashlib.sha256(BIG).digest()
            head = f"POST {start}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            got = await talk(proxy, head.encode() + b"4;a=b\r\nwiki\r\n1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n")
            assert got.endswith(b"ok") and server.bodies[1] == b"4\r\nwiki\r\n1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n"

    asyncio.run(main())


def test_an_answer_streams_before_it_is_complete() -> None:
    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            await reader.read()
            gone.set()
            writer.close()

        gone = asyncio.Event()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with Proxy(AllowList(["127.0.0.1"])) as proxy:
            request = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n".encode()
            assert (await talk(proxy, request, until=b"\n\n")).endswith(b"data: 1\n\n")
            async with asyncio.timeout(5):
                await gone.wait()
        server.close()

    asyncio.run(main())


def test_a_tunnel_carries_bytes_both_ways() -> None:
    async def main() -> None:
        async with pair() as (server, proxy):
            reader, writer = await open_proxy(proxy)
            writer.write(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\nHost: whatever\r\n\r\n".encode())
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
            writer.write(b"GET /socket HTTP/1.1\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            for word in (b"hello", b"x" * 300_000):
                writer.write(word)
                assert await reader.readexactly(len(word)) == word.upper()
            writer.close()

    asyncio.run(main())


def test_an_upgrade_without_a_tunnel_switches_too() -> None:
    async def main() -> None:
        async with pair() as (server, proxy):
            reader, writer = await open_proxy(proxy)
            head = f"GET http://127.0.0.1:{server.port}/socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
            writer.write(head.encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"HELLO"
            assert "Connection: Upgrade" in server.heads[0]
            writer.close()

    asyncio.run(main())


def test_what_is_not_allowed_gets_a_page_that_says_how_to_allow_it() -> None:
    async def main() -> None:
        async with Server() as other, pair() as (_, proxy):
            url = f"http://127.0.0.1:{other.port}/x?token=1"
            got = (await talk(proxy, f"GET {url} HTTP/1.1\r\n\r\n".encode())).decode()
            assert got.startswith("HTTP/1.1 403") and "x-webagent-blocked: 127.0.0.1\r\n" in got
            assert f"--allow 127.0.0.1:{other.port}" in got and "token" not in got
            big = f"POST {url} HTTP/1.1\r\nContent-Length: {len(BIG)}\r\n\r\n".encode() + BIG
            assert (await talk(proxy, big)).startswith(b"HTTP/1.1 403")
            assert (await talk(proxy, b"CONNECT evil.net:443 HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403")
            assert other.heads == []
            first, second, third = proxy.take_blocked()
            assert first.url == second.url == f"http://127.0.0.1:{other.port}/x" and third.url == "evil.net:443"
            assert (third.host, third.reason) == ("evil.net", "evil.net is not on the allow-list")
            assert proxy.take_blocked() == []

    asyncio.run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "0", "127.1"])
def test_loopback_in_any_spelling_is_stopped(host: str) -> None:
    async def main() -> None:
        async with Server(host="0.0.0.0") as other, Proxy(AllowList(["example.com", "*"])) as proxy:
            for request in (f"GET http://{host}:{other.port}/", f"CONNECT {host}:{other.port}"):
                got = await talk(proxy, f"{request} HTTP/1.1\r\n\r\n".encode())
                assert got.startswith(b"HTTP/1.1 403"), got
            assert other.heads == [] and len(proxy.blocked) == 2

    asyncio.run(main())


def test_a_name_may_not_lead_inside_nor_move_there() -> None:
    async def main() -> None:
        inside, public = ["127.0.0.1"], ["93.184.216.34"]
        addresses = {
            "a.site.net": inside, "site.net": inside, "moves.net": public, "no.net": [], "both.net": public + inside,
            "www.start.net": public, "start.net": inside,
        }  # fmt: skip

        async def resolve(host: str, port: int) -> list[str]:
            return addresses[host]

        async with Server() as server:
            further = AllowList.for_site(f"http://www.start.net:{server.port}/").hosts
            allow = AllowList(["site.net", "moves.net", "no.net", "both.net", *further])
            async with Proxy(allow, resolve, Limits(connect=0.3)) as proxy:

                async def status(host: str) -> int:
                    got = await talk(proxy, f"GET http://{host}:{server.port}/ HTTP/1.1\r\n\r\n".encode())
                    return int(got.split(b" ")[1])

                assert await status("site.net") == 200, "named itself: a server of the inner network"
                assert await status("a.site.net") == 403, "allowed by its parent alone"
                assert await status("moves.net") in (502, 504)
                addresses["moves.net"] = ["127.0.0.1"]
                assert await status("moves.net") == 403, "was public a moment ago"
                assert "now leads to 127.0.0.1" in proxy.blocked[-1].reason
                assert await status("no.net") == 502
                assert await status("both.net") in (502, 504), "its public address alone is tried"
                assert await status("start.net") == 403, "nobody named it: the start page's name implies it"
            assert len(server.heads) == 1

    asyncio.run(main())


def test_the_next_address_is_tried() -> None:
    async def main() -> None:
        async def resolve(host: str, port: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]

        async with Server() as server, Proxy(AllowList(["two.test"]), resolve) as proxy:
            got = await talk(proxy, f"GET http://two.test:{server.port}/ HTTP/1.1\r\n\r\n".encode())
            assert got.endswith(b"ok")

    asyncio.run(main())


MALFORMED = [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://127.0.0.1 HTTP/2\r\n\r\n", b"GET  http://127.0.0.1/ HTTP/1.1\r\n\r\n", b"\xff\x00\x01\r\n\r\n",
    b"GET https://127.0.0.1/ HTTP/1.1\r\n\r\n", b"GET ftp://127.0.0.1/ HTTP/1.1\r\n\r\n",
    b"CONNECT 127.0.0.1 HTTP/1.1\r\n\r\n",
    b"CONNECT :80 HTTP/1.1\r\n\r\n", b"CONNECT 127.0.0.1:x HTTP/1.1\r\n\r\n", b"GET http:// HTTP/1.1\r\n\r\n",
    b"GET http://127.0.0.1/ HTTP/1.1\r\nbad\r\n\r\n", b"GET http://127.0.0.1/ HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
    b"GET http://127.0.0.1/ HTTP/1.1\r\nA : 1\r\n\r\n", b"GET http://127.0.0.1/ HTTP/1.1\r\nA: 1\nB: 2\r\n\r\n",
    b"POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST http://127.0.0.1/ HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET http://127.0.0.1\\@evil.net/ HTTP/1.1\r\n\r\n", b"G@T http://127.0.0.1/ HTTP/1.1\r\n\r\n",
]  # fmt: skip


def test_malformed_requests_get_400_and_harm_nobody() -> None:
    async def main() -> None:
        async with pair() as (server, proxy):
            for request in MALFORMED:
                assert (await talk(proxy, request)).startswith(b"HTTP/1.1 400"), request
            head = b"GET http://127.0.0.1/ HTTP/1.1\r\nA: " + b"x" * 200_000 + b"\r\n\r\n"
            assert (await talk(proxy, head)).startswith(b"HTTP/1.1 431")
            assert server.heads == []
            got = await talk(proxy, f"GET http://127.0.0.1:{server.port}/ HTTP/1.1\r\n\r\n".encode())
            assert got.endswith(b"ok")

    asyncio.run(main())


def test_servers_that_fail_give_one_line() -> None:
    async def main() -> None:
        answers = {"/none": b"", "/odd": b"hello\r\n\r\n", "/cut": b"HTTP/1.1 200 OK\r\nCont", "/long": b"x" * 200_000}
        async with pair(answers, limits=Limits(idle=0.5)) as (server, proxy):
            async with Server() as gone:
                pass
            proxy.allow = AllowList(["127.0.0.1", "no-such-name.invalid"])
            here = f"127.0.0.1:{server.port}"
            for where, status in [
                (f"127.0.0.1:{gone.port}/", 502), ("no-such-name.invalid/", 502),
                *((here + path, 502) for path in answers), (f"{here}/silent", 504),
            ]:  # fmt: skip
                got = (await talk(proxy, f"GET http://{where} HTTP/1.1\r\n\r\n".encode())).decode()
                assert got.startswith(f"HTTP/1.1 {status}") and "x-webagent-failed: " in got, where
                assert got.endswith("\n") and got.partition("\r\n\r\n")[2].count("\n") == 1
            assert not proxy.blocked

    asyncio.run(main())


def test_a_client_that_leaves_hangs_up_on_the_server() -> None:
    async def main() -> None:
        async with pair() as (server, proxy):
            _, writer = await open_proxy(proxy)
            writer.write(f"GET http://127.0.0.1:{server.port}/silent HTTP/1.1\r\n\r\n".encode())
            while not server.heads:
                await asyncio.sleep(0.01)
            writer.close()
            async with asyncio.timeout(5):
                await server.hung_up.wait()

    asyncio.run(main())


def test_close_drops_every_connection_and_can_be_called_twice() -> None:
    async def main() -> None:
        async with pair() as (server, proxy):
            readers = []
            for request in (b"", b"GET ht", f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode()):
                reader, writer = await open_proxy(proxy)
                writer.write(request)
                readers.append((reader, writer))
            assert await readers[2][0].readuntil(b"\r\n\r\n")
            port = int(proxy.server.rsplit(":", 1)[1])
            async with asyncio.timeout(5):
                await proxy.close()
                await proxy.close()
                for reader, writer in readers:
                    with contextlib.suppress(ConnectionError):
                        assert await reader.read() == b""
                    writer.close()
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(RuntimeError, match="start"):
                _ = proxy.server
            await proxy.start()
            assert proxy.server

    asyncio.run(main())


def test_many_at_once() -> None:
    async def main() -> None:
        async with pair({"/x": b"HTTP/1.1 200 OK\r\n\r\n" + BIG[:100_000]}) as (server, proxy):
            request = f"GET http://127.0.0.1:{server.port}/x HTTP/1.1\r\n\r\n".encode()
            got = await asyncio.gather(*(talk(proxy, request) for _ in range(100)))
            assert all(g.endswith(BIG[:100_000]) for g in got)

    asyncio.run(main())


def test_options_name_the_proxy_and_flags_are_switches() -> None:
    async def main() -> None:
        async with Proxy(AllowList([])) as proxy:
            assert context_options(proxy)["proxy"] == {"server": proxy.server, "bypass": "<-loopback>"}

    asyncio.run(main())
    assert all(flag.startswith("--") for flag in launch_flags())
    assert not any(flag.startswith("--disable-features") for flag in launch_flags()), "Chromium heeds only the last one"
