"""Ways out of the allow-list, tried in a real Chromium: each reaches the other server when that is allowed (so the
attempt is real), and none does when it is not."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

from webagent.envs.allowlist import AllowList, place_of
from webagent.envs.chromium import find_browser, launch_args
from webagent.envs.network import context_options, launch_flags
from webagent.envs.proxy import Proxy

pytestmark = pytest.mark.browser

# What a page does, with HIT for the address of the other server. Each runs in a page of its own.
WAYS = {
    "image": "<img src='HIT'>",
    "script image": "<script>new Image().src = 'HIT'</script>",
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
    "sandboxed frame": "<iframe sandbox='allow-scripts' srcdoc=\"<script>fetch('HIT')</script>\"></iframe>",
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
    "service worker": "<script>navigator.serviceWorker.register('/sw.js?HIT')</script>",
    "prefetch": "<link rel=prefetch href='HIT'>",
    "preload": "<link rel=preload as=image href='HIT'>",
    "module preload": "<link rel=modulepreload href='HIT'>",
    "speculative prefetch": "<script type=speculationrules>"
    '{"prefetch": [{"source": "list", "urls": ["HIT"], "eagerness": "immediate"}]}</script>',
    "form get": "<form id=f action='HIT'></form><script>f.submit()</script>",
    "form post": "<form id=f action='HIT' method=post><input name=a value=b></form><script>f.submit()</script>",
    "form in a new tab": "<form id=f action='HIT' method=post target=_blank></form><script>f.submit()</script>",
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
    "redirected form": "<form id=f action='/redirect?HIT' method=post></form><script>f.submit()</script>",
    "redirected page": "<script>location = '/redirect?HIT'</script>",
}
SPELLINGS = [
    "127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.1", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0", "127.9.9.9",
    "[::1]", "a.localhost", "１２７.1", "%31%32%37.1", "localhost.",
]  # fmt: skip


class Site:
    """A server on every loopback address; ``hits`` holds the path of each request."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.pages = {"/sw.js": "fetch(location.search.slice(1), {mode: 'no-cors'})"}

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
                path = target.partition("?")[0]
                body = self.pages.get(path, "").encode()
                kind = "javascript" if path.endswith(".js") else "html"
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/{kind}\r\nCache-Control: no-store\r\n".encode())
                writer.write(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()


class Stage:
    """One browser, two sites, and two policies: ``closed_proxy`` lets home alone through, ``open_proxy`` both."""

    async def set(self) -> "Stage":
        self.home, self.other = await Site().open(), await Site().open()
        self.playwright = await async_playwright().start()
        self.browser = await launch(self.playwright, [*launch_args(), *launch_flags()])
        self.closed_proxy = await Proxy(AllowList([self.home.address])).start()
        self.open_proxy = await Proxy(AllowList(["127.0.0.1"])).start()
        return self

    async def strike(self) -> None:
        await self.browser.close()
        await self.playwright.stop()
        for each in (self.closed_proxy, self.open_proxy):
            await each.close()
        self.home.server.close()
        self.other.server.close()

    @contextlib.asynccontextmanager
    async def page(self, browser: Browser | None = None) -> AsyncIterator[Page]:
        """A page that may reach home alone, in a context of its own."""
        self.other.hits.clear()
        self.closed_proxy.blocked.clear()
        context = await (browser or self.browser).new_context(**context_options(self.closed_proxy))
        yield await context.new_page()
        await context.close()

    async def attempt(self, proxy: Proxy, html: str, over: Callable[[], bool]) -> None:
        """Load the page in a context of its own: closing a page alone, while it navigates, can hang in Playwright."""
        self.home.pages["/page"] = f"<!doctype html><title>t</title><body>{html}"
        context = await self.browser.new_context(**context_options(proxy))
        page = await context.new_page()
        with contextlib.suppress(Error):  # some pages leave while they load
            await page.goto(f"http://{self.home.address}/page", wait_until="commit")
        await until(over)
        await context.close()


async def launch(playwright: Any, flags: list[str]) -> Browser:
    return await playwright.chromium.launch(executable_path=find_browser(), args=flags)


async def until(over: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not over():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Stage, Callable[[Coroutine[Any, Any, None]], None]]]:
    loop = asyncio.new_event_loop()
    made = loop.run_until_complete(Stage().set())
    yield made, lambda scene: loop.run_until_complete(asyncio.wait_for(scene, 60))
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
        await scene.attempt(scene.open_proxy, html, lambda: any(path in hit for hit in other.hits))
        assert not scene.open_proxy.blocked, "the way is real: it arrives where it is allowed"
        other.hits.clear()
        scene.closed_proxy.blocked.clear()
        await scene.attempt(scene.closed_proxy, html, lambda: bool(scene.closed_proxy.blocked))
        assert other.hits == []
        assert {b.host for b in scene.closed_proxy.blocked} == {"127.0.0.1"}

    run(main())


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_gets_out(stage, host: str) -> None:
    scene, run = stage

    async def main() -> None:
        async with scene.page() as page:
            answer = await page.goto(f"http://{host}:{scene.other.port}/x")
            assert answer.status == 403 and "x-webagent-blocked" in answer.headers
            assert "--allow" in await page.inner_text("body")
        assert scene.other.hits == [] and len(scene.closed_proxy.blocked) == 1

    run(main())


def test_names_and_https_are_stopped_at_the_proxy(stage) -> None:
    scene, run = stage

    async def main() -> None:
        for url, shown in [
            ("http://example.com/a?b", "http://example.com/a"), ("https://example.com/", "example.com:443"),
            ("https://127.0.0.1:4433/", "127.0.0.1:4433"), ("http://169.254.169.254/", "http://169.254.169.254/"),
        ]:  # fmt: skip
            async with scene.page() as page:
                with contextlib.suppress(Error):  # a tunnel that is refused is an error page of Chromium
                    await page.goto(url)
                assert scene.closed_proxy.blocked[0].url == shown

    run(main())


def test_permissions_are_denied_without_asking(stage) -> None:
    scene, run = stage

    async def main() -> None:
        async with scene.page() as page:
            await page.goto(f"http://{scene.home.address}/")
            names = "['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi']"
            asked = f"Promise.all({names}.map(name => navigator.permissions.query({{name}}).then(p => p.state)))"
            assert set(await page.evaluate(asked)) == {"denied"}

    run(main())


CLOSED = ["file:///etc/hostname", "view-source:http://home/", "chrome://version", "data:text/html,x"]


@pytest.mark.parametrize("url", CLOSED)
def test_pages_do_not_leave_the_web(stage, url: str) -> None:
    """What no proxy sees: a page itself cannot open these addresses, in its own tab or in a new one."""
    scene, run = stage

    async def main() -> None:
        async with scene.page() as page:
            start = f"http://{scene.home.address}/start"
            await page.goto(start)
            await page.evaluate("url => { window.open(url); try { location = url } catch (e) {} }", url)
            await asyncio.sleep(0.2)
            for each in page.context.pages:
                assert await each.inner_text("body") == ""
                assert each.url in (start, "about:blank", "about:blank#blocked", "", ":")

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
            plain = [flag for flag in launch_args() if flag != "--disable-quic"]
            browser = scene.browser if guarded else await launch(scene.playwright, plain)
            async with scene.page(browser) as page:
                await page.goto(f"http://{scene.home.address}/")
                seen = await page.evaluate(STUN, udp.getsockname()[1])
            with contextlib.suppress(BlockingIOError):
                seen.append(udp.recv(2000))
            assert bool(seen) is not guarded, seen
            if not guarded:
                await browser.close()

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
        script = "urls => urls.map(u => { try { return new URL(u).href } catch (e) { return null } })"
        async with scene.page() as page:
            hrefs = await page.evaluate(script, urls)
        for url, href in zip(urls, hrefs, strict=True):
            with contextlib.suppress(ValueError):
                ours = place_of(url)
                assert href is not None, f"{json.dumps(url)} is no address for the browser, we read {ours}"
                assert place_of(href)[1:] == ours[1:], url

    run(main())
