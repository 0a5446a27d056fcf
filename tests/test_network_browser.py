"""Ways out of the allow-list, tried in a real Chromium: each reaches the other server when that is allowed (so the
attempt is real), and none does when it is not."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from webagent.envs.allowlist import AllowList, place_of
from webagent.envs.chromium import find_browser, launch_args
from webagent.envs.network import context_options, launch_flags
from webagent.envs.proxy import Proxy

pytestmark = pytest.mark.browser

# What a page does, with HIT for the address of the other server. Each runs in a page of its own.
WAYS = {
    "image": "<img src='HIT'>",
    "image of a script": "<script>new Image().src = 'HIT'</script>",
    "srcset": "<img srcset='HIT 2x' src='data:,' style='zoom:2' sizes=1px><img srcset='HIT 1x'>",
    "script": "<script src='HIT'></script>",
    "module": "<script type=module>import('HIT')</script>",
    "stylesheet": "<link rel=stylesheet href='HIT'>",
    "style import": "<style>@import 'HIT';</style>",
    "background": "<div style='background: url(HIT)'>x</div>",
    "font": "<style>@font-face { font-family: f; src: url(HIT) } p { font-family: f }</style><p>text</p>",
    "video": "<video src='HIT' preload=auto></video>",
    "audio": "<script>new Audio('HIT').play().catch(() => 0)</script>",
    "object": "<object data='HIT' type='text/html'></object>",
    "embed": "<embed src='HIT' type='text/html'>",
    "svg image": "<svg><image href='HIT' width=9 height=9 /></svg>",
    "iframe": "<iframe src='HIT'></iframe>",
    "frame of text": "<iframe srcdoc=\"<img src='HIT'>\"></iframe>",
    "sandboxed frame": "<iframe sandbox='allow-scripts' srcdoc=\"<script>fetch('HIT', {mode: 'no-cors'})</script>\"></iframe>",
    "data frame": "<iframe src=\"data:text/html,<img src='HIT'>\"></iframe>",
    "blob frame": "<iframe id=f></iframe><script>f.src = URL.createObjectURL("
    "new Blob([\"<img src='HIT'>\"], {type: 'text/html'}))</script>",
    "fetch": "<script>fetch('HIT').catch(() => 0)</script>",
    "fetch without cors": "<script>fetch('HIT', {mode: 'no-cors', credentials: 'include'}).catch(() => 0)</script>",
    "fetch that outlives": "<script>fetch('HIT', {mode: 'no-cors', keepalive: true}); location = '/empty'</script>",
    "xhr": "<script>x = new XMLHttpRequest; x.open('POST', 'HIT'); x.send('a')</script>",
    "beacon": "<script>navigator.sendBeacon('HIT', 'a')</script>",
    "event source": "<script>new EventSource('HIT')</script>",
    "websocket": "<script>new WebSocket('HIT'.replace('http', 'ws'))</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('HIT', {mode: 'no-cors'})\"])))</script>",
    "worker import": "<script>new Worker(URL.createObjectURL(new Blob([\"importScripts('HIT')\"])))</script>",
    "shared worker": "<script>new SharedWorker(URL.createObjectURL(new Blob([\"importScripts('HIT')\"])))</script>",
    "prefetch": "<link rel=prefetch href='HIT'>",
    "preload": "<link rel=preload as=image href='HIT'>",
    "module preload": "<link rel=modulepreload href='HIT'>",
    "speculative prefetch": "<script type=speculationrules>"
    '{"prefetch": [{"source": "list", "urls": ["HIT"], "eagerness": "immediate"}]}</script>',
    "form get": "<form action='HIT'></form><script>document.forms[0].submit()</script>",
    "form post": "<form action='HIT' method=post><input name=a value=b></form><script>document.forms[0].submit()</script>",
    "form in a new tab": "<form action='HIT' method=post target=_blank></form><script>document.forms[0].submit()</script>",
    "window.open": "<script>window.open('HIT')</script>",
    "noopener": "<a href='HIT' target=_blank rel=noopener id=a>x</a><script>a.click()</script>",
    "link": "<a href='HIT' id=a>x</a><script>a.click()</script>",
    "ping": "<a href='/empty' ping='HIT' id=a>x</a><script>a.click()</script>",
    "download": "<a href='HIT' download id=a>x</a><script>a.click()</script>",
    "location": "<script>location = 'HIT'</script>",
    "javascript address": "<iframe src=\"javascript:location='HIT'\"></iframe>",
    "refresh": "<meta http-equiv=refresh content='0; url=HIT'>",
    "base": "<base href='HIT'><img src='?x'>",
    "redirected image": "<img src='/redirect?HIT'>",
    "redirected fetch": "<script>fetch('/redirect?HIT', {mode: 'no-cors'}).catch(() => 0)</script>",
    "redirected form": "<form action='/redirect?HIT' method=post></form><script>document.forms[0].submit()</script>",
    "redirected page": "<script>location = '/redirect?HIT'</script>",
}
SPELLINGS = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0", "127.9.9.9"]


class Site:
    """A server on every loopback address; ``hits`` holds the path of each request."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.pages: dict[str, str] = {}

    async def open(self) -> "Site":
        self.server = await asyncio.start_server(self.accept, "0.0.0.0", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        return self

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            self.hits.append(target)
            if target.startswith("/redirect?"):
                writer.write(f"HTTP/1.1 307 X\r\nLocation: {target[10:]}\r\nContent-Length: 0\r\n\r\n".encode())
            else:
                body = self.pages.get(target, "").encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n")
                writer.write(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()


class Stage:
    """One browser, two sites, and two contexts: ``closed`` may reach home alone, ``open`` the other site too."""

    async def set(self) -> "Stage":
        self.home, self.other = await Site().open(), await Site().open()
        self.playwright = await async_playwright().start()
        self.browser = await launch(self.playwright, [*launch_args(), *launch_flags()])
        self.closed_proxy = await Proxy(AllowList([self.home.address])).start()
        self.open_proxy = await Proxy(AllowList(["127.0.0.1"])).start()
        self.closed = await self.browser.new_context(**context_options(self.closed_proxy))
        self.open = await self.browser.new_context(**context_options(self.open_proxy))
        return self

    async def strike(self) -> None:
        await self.browser.close()
        await self.playwright.stop()
        for each in (self.closed_proxy, self.open_proxy):
            await each.close()
        self.home.server.close()
        self.other.server.close()

    async def attempt(self, context: BrowserContext, html: str, over: Callable[[], bool]) -> None:
        self.home.pages["/page"] = f"<!doctype html><title>t</title><body>{html}"
        page = await context.new_page()
        with contextlib.suppress(Error):  # some pages leave while they load
            await page.goto(f"http://{self.home.address}/page", wait_until="commit")
        await until(over)
        for each in context.pages:
            await each.close()


async def launch(playwright: Any, flags: list[str]) -> Browser:
    return await playwright.chromium.launch(executable_path=find_browser(), args=flags)


async def until(over: Callable[[], bool], seconds: float = 8.0) -> None:
    async with asyncio.timeout(seconds):
        while not over():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Stage, Callable[[Coroutine[Any, Any, None]], None]]]:
    loop = asyncio.new_event_loop()
    made = loop.run_until_complete(Stage().set())
    yield made, lambda scene: loop.run_until_complete(asyncio.wait_for(scene, 12))
    loop.run_until_complete(made.strike())
    loop.close()


@pytest.mark.parametrize("way", WAYS)
def test_no_way_out(stage, way: str) -> None:
    scene, run = stage

    async def main() -> None:
        path = "/" + way.replace(" ", "-")
        html = WAYS[way].replace("HIT", f"http://{scene.other.address}{path}")
        other = scene.other
        other.hits.clear()
        await scene.attempt(scene.open, html, lambda: any(path in hit for hit in other.hits) or bool(scene.open_proxy.blocked))
        assert not scene.open_proxy.blocked, "the way is real: it arrives where it is allowed"
        other.hits.clear()
        scene.closed_proxy.blocked.clear()
        await scene.attempt(scene.closed, html, lambda: bool(scene.closed_proxy.blocked))
        assert other.hits == []
        assert {b.host for b in scene.closed_proxy.blocked} == {"127.0.0.1"}

    run(main())


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_gets_out(stage, host: str) -> None:
    scene, run = stage

    async def main() -> None:
        scene.other.hits.clear()
        scene.closed_proxy.blocked.clear()
        page = await scene.closed.new_page()
        answer = await page.goto(f"http://{host}:{scene.other.port}/x")
        assert answer.status == 403 and "x-webagent-blocked" in answer.headers
        assert "--allow" in await page.inner_text("body")
        await page.close()
        assert scene.other.hits == [] and len(scene.closed_proxy.blocked) == 1

    run(main())


def test_names_https_and_services_are_stopped_at_the_proxy(stage) -> None:
    scene, run = stage

    async def main() -> None:
        page = await scene.closed.new_page()
        scene.closed_proxy.blocked.clear()
        for url in ("http://example.com/", "https://example.com/", "https://127.0.0.1:1/", "http://169.254.169.254/"):
            with contextlib.suppress(Error):
                await page.goto(url)
        assert [b.url for b in scene.closed_proxy.take_blocked()] == [
            "http://example.com/", "example.com:443", "127.0.0.1:1", "http://169.254.169.254/",
        ]  # fmt: skip
        await page.goto(f"http://{scene.home.address}/")
        registered = "navigator.serviceWorker.register('/sw.js').then(r => !!r.installing, () => false)"
        assert not await page.evaluate(f"Promise.race([{registered}, new Promise(r => setTimeout(r, 500, false))])")
        names = "['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi']"
        asked = f"Promise.all({names}.map(name => navigator.permissions.query({{name}}).then(p => p.state)))"
        assert set(await page.evaluate(asked)) == {"denied"}
        await page.close()

    run(main())


def test_pages_do_not_leave_the_web(stage) -> None:
    """From a page, file:, chrome: and view-source: addresses and top-level data: pages stay closed."""
    scene, run = stage

    async def main() -> None:
        page = await scene.closed.new_page()
        for url in ("file:///etc/hostname", "view-source:http://example.com/", "chrome://version", "data:text/html,x"):
            await page.goto(f"http://{scene.home.address}/start")
            await page.evaluate("url => { window.open(url); location = url }", url)
            await page.evaluate("new Promise(r => setTimeout(r, 100))")
            for each in page.context.pages:
                assert each.url in (f"http://{scene.home.address}/start", "about:blank", ":"), url
            for popup in page.context.pages[1:]:
                await popup.close()
        await page.close()

    run(main())


STUN = """async port => {
  const peer = new RTCPeerConnection({iceServers: [{urls: `stun:127.0.0.1:${port}`}]});
  peer.createDataChannel('x');
  const seen = [];
  peer.onicecandidate = e => e.candidate && seen.push(e.candidate.candidate);
  await peer.setLocalDescription(await peer.createOffer());
  await Promise.race([new Promise(r => setTimeout(r, 1500)),
    new Promise(r => peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && r())]);
  try { const w = new WebTransport(`https://127.0.0.1:${port}/`); w.closed.catch(() => 0); await w.ready; } catch (e) {}
  return seen;
}"""


@pytest.mark.parametrize("guarded", [True, False])
def test_udp_does_not_leave(stage, guarded: bool) -> None:
    """WebRTC and WebTransport send datagrams past any proxy, unless the flags are given."""
    scene, run = stage

    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            udp.setblocking(False)
            browser = scene.browser if guarded else await launch(scene.playwright, [f for f in launch_args() if f != "--disable-quic"])
            context = await browser.new_context(**context_options(scene.closed_proxy))
            page = await context.new_page()
            await page.goto(f"http://{scene.home.address}/")
            seen = await page.evaluate(STUN, udp.getsockname()[1])
            with contextlib.suppress(BlockingIOError):
                seen.append(udp.recv(2000))
            assert bool(seen) is not guarded, seen
            await (context if guarded else browser).close()

    run(main())


def test_the_browser_reads_addresses_as_we_do(stage) -> None:
    """Where Chromium finds a host, we find the same one or refuse; it never finds another."""
    scene, run = stage
    urls = [
        *(f"http://{host}{rest}" for host in SPELLINGS for rest in ("", ":80/x", ".", "./?@evil.net", "\\@evil.net")),
        "http:/127.1", "http:\\\\a.net", "http://a@b@c.net", "http://a.net#@b.net", "http://a.net?@b.net", "ht\ttp://a.net",
        "http://１２７.1", "http://a。net", "http://bücher.net", "http://faß.de", "http://BÜCHER.NET", "http://💩.la",
        "http://xn--bcher-kva.net", "http://ex%61mple.net", "http://exa\u00admple.net", "http://a..net", "http://0x.0x.0",
        "http://1.2.3", "http://1.2.3.4.5", "http://a.1", "http://[::1]", "http://[::127.0.0.1]", "http://09.1", "http://⒈net",
        "http://a.net:0080", "http://a.net:", "http://256.1", "http://4294967295", "http://4294967296", "http://a_b.net",
        "http://ςς.net", "http://a\u200db.net", "http://Ⅷ.net", "http://K.net", "http://a／b", "http://%00.net", "http://ＡＢ.net",
    ]  # fmt: skip

    async def main() -> None:
        page: Page = await scene.closed.new_page()
        script = "urls => urls.map(u => { try { return new URL(u).href } catch (e) { return null } })"
        hrefs = await page.evaluate(script, urls)
        await page.close()
        for url, href in zip(urls, hrefs, strict=True):
            with contextlib.suppress(ValueError):
                ours = place_of(url)
                assert href is not None, f"{json.dumps(url)} is no address for the browser, we read {ours}"
                assert place_of(href)[1:] == ours[1:], url

    run(main())
