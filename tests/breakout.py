"""Tries the ways out: each in a session that may reach its start page alone, and again where all is allowed.

    python tests/breakout.py [BROWSER]        # prints what came of each way

The second run is the control: what does not arrive there either proves nothing when it does not arrive. Where it
takes a browser without our proxy and switches to get through (datagrams), that is the control.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser as Native
from playwright.async_api import Error, async_playwright
from traps import Home, NetworkLog, Trap, http, open_traps, until
from ways_out import ALONE, CLOSED_SCHEMES, FRAMED, HEADERS, MULTICAST, ODD_ADDRESSES, SPEECHLESS, TLS, UNGUARDED

from webagent.envs.allowlist import AllowList
from webagent.envs.browser import Browser
from webagent.envs.chromium import launch_args
from webagent.envs.errors import BrowserGone, PageUnreachable, WebAgentError
from webagent.envs.proxy import Proxy
from webagent.envs.session import Options, Session
from webagent.envs.types import Action

PATIENCE = 60.0
FRAMES_A_PAGE = 30
LAST_WAIT = 1.5


@dataclass
class Outcome:
    """``touched``: what its trap saw. ``stopped``: by whom it was refused, the proxy or the session."""

    touched: list[bytes] = field(default_factory=list)
    stopped: str = ""


class Ground:
    """One run over all ways with homes and traps of its own. ``guarded``: only the start page may be reached."""

    def __init__(self, native: Native, guarded: bool) -> None:
        self.native = native
        self.guarded = guarded
        self.proxies: list[Proxy] = []
        self.resolved: list[str] = []
        self.refused: dict[str, str] = {}
        self.home = Home(self.answer)
        self.traps: dict[str, Trap] = {}
        self.homes: list[Home] = []
        self.log: set[tuple[str, str]] = set()

    async def run(self) -> Ground:
        self.traps = await open_traps([*FRAMED, *ALONE, *TLS, *DRIVEN])
        await self.home.open()
        log = await NetworkLog().start(self.native)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("webagent.envs.session.Proxy", self.proxy)
            few = asyncio.Semaphore(3)
            await asyncio.gather(
                *(self.frames(number, few) for number in range(len(PAGES))),
                self.drive(),
                *(self.alone(name, few) for name in ALONE),
                *(self.over_tls(name, few) for name in TLS),
            )
        await asyncio.sleep(LAST_WAIT if self.guarded else 0)
        self.log = await log.stop()
        self.close()
        return self

    def close(self) -> None:
        for each in (self.home, *self.homes, *self.traps.values()):
            each.close()

    def outcome(self, name: str) -> Outcome:
        return Outcome(self.traps[name].touched, self.stopped(name)) if name in self.traps else Outcome()

    def proxy(self, allow: AllowList) -> Proxy:
        self.proxies.append(Proxy(allow, self.resolve))
        return self.proxies[-1]

    async def resolve(self, host: str, port: int) -> list[str]:
        """Every name that a test may use leads to loopback."""
        self.resolved.append(host)
        if host.endswith(("localhost", ".test")):
            return ["127.0.0.1"]
        raise OSError("no such name")

    def stopped(self, name: str) -> str:
        """By whom the way was stopped: the session's refusal, ``proxy``, or nobody."""
        if name in self.refused:
            return self.refused[name]
        place = re.compile(rf":{self.traps[name].port}(/|$)")
        return "proxy" if any(place.search(each.url) for proxy in self.proxies for each in proxy.blocked) else ""

    def settled(self, name: str) -> bool:
        """Whether what is expected of the way has happened."""
        return bool(self.stopped(name) if self.guarded else self.traps[name].touched)

    def patience(self, name: str) -> float:
        """Seconds that it is given: short where nothing is expected, in the control most of all."""
        if name in UNGUARDED or name in SPEECHLESS:
            return LAST_WAIT if self.guarded else LAST_WAIT / 5
        return PATIENCE

    def fill(self, name: str, text: str) -> str:
        port = self.traps[name].port
        place = f"127.0.0.1:{port}"
        text = text.replace("HITS", f"https://{place}/").replace("HIT", f"http://{place}/")
        return text.replace("PLACE", place).replace("HOME", self.home.address).replace("PORT", str(port))

    def answer(self, target: str) -> bytes:
        path, _, query = target.partition("?")
        if path == "/frames":
            return http(
                "<!doctype html>" + "".join(f"<iframe src='{way(name)}'></iframe>" for name in PAGES[int(query)])
            )
        if path == "/way":
            name = NAMES[int(query)]
            body = {**FRAMED, **ALONE, **{n: asked.body for n, asked in DRIVEN.items()}}.get(name, "")
            headers = {**HEADERS, **TLS}.get(name, ())
            return http("<!doctype html><body>" + self.fill(name, body), *(self.fill(name, h) for h in headers))
        if path.startswith("/redirect-"):
            return http("", f"Location: {query}", status=int(path[-3:]))
        return FILES.get(path, lambda url: http())(query)

    @contextlib.asynccontextmanager
    async def session(self, home: str = "") -> AsyncIterator[Session]:
        session = await Session.open(
            self.native, Options(allow=AllowList([home or self.home.address]) if self.guarded else None)
        )
        try:
            yield session
        finally:
            await session.close()

    async def frames(self, number: int, few: asyncio.Semaphore) -> None:
        async with few, self.session() as session:
            await session.goto(f"http://{self.home.address}/frames?{number}")
            expected = [n for n in PAGES[number] if n not in UNGUARDED and n not in SPEECHLESS]
            await until(lambda: all(self.settled(n) for n in expected), PATIENCE)
            await asyncio.sleep(LAST_WAIT if len(expected) < len(PAGES[number]) else 0)

    async def alone(self, name: str, few: asyncio.Semaphore) -> None:
        body = ALONE[name]
        start = self.fill(name, body) if body.startswith("/") else way(name)
        async with few, self.session() as session:
            await self.visit(session, name, f"http://{self.home.address}{start}")

    async def over_tls(self, name: str, few: asyncio.Semaphore) -> None:
        early = ("link", self.fill(name, "<HIT>; rel=preload; as=image")) if name == "early hints" else None
        issuer = self.traps["issuer of a certificate"].port
        home = await Home(self.answer, issuer, early, lambda: self.settled(name)).open()
        self.homes.append(home)
        async with few, self.session(home.address) as session:
            await session.tab.cdp.send("Security.setIgnoreCertificateErrors", {"ignore": True})
            await self.visit(session, name, f"https://{home.address}{way(name)}")

    async def visit(self, session: Session, name: str, url: str) -> None:
        await self.attempt(name, session.goto(url))
        await until(lambda: self.settled(name), self.patience(name))

    async def attempt(self, name: str, work: Any) -> None:
        try:
            await work
        except (WebAgentError, Error) as error:
            self.refused[name] = type(error).__name__

    async def drive(self) -> None:
        """What a person or an agent asks for, one after the other in one session."""
        async with self.session() as session:
            for name, asked in DRIVEN.items():
                await self.start(session, name)
                await self.attempt(name, asked.steps(self, session, name))
                await until(lambda name=name: self.settled(name), self.patience(name))

    async def start(self, session: Session, name: str) -> None:
        """Its start page, and for good: what the last way set going may still lead elsewhere."""
        url = f"http://{self.home.address}{way(name)}"
        for _ in range(20):
            try:
                await session.goto(url)
                await asyncio.sleep(0.1)
                if session.page.url == url:
                    return
            except PageUnreachable:
                await asyncio.sleep(0.2)
            except BrowserGone:  # the control opened a page that cannot be left
                await session.fresh()
        raise AssertionError(f"{name}: its start page does not stay")


@dataclass(frozen=True)
class Asked:
    """``body``: of the page that it starts from."""

    steps: Callable[[Ground, Session, str], Awaitable[None]]
    body: str = ""


def went_to(address: str) -> Asked:
    async def steps(ground: Ground, session: Session, name: str) -> None:
        await session.goto(ground.fill(name, address))

    return Asked(steps)


def given_to_the_browser(address: str) -> Asked:
    """Through the session where it is guarded, past it in the control."""

    async def steps(ground: Ground, session: Session, name: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "page.html")
            file.write_text(ground.fill(name, "<img src='HIT'>"), encoding="utf-8")
            url = ground.fill(name, address.replace("FILE", file.as_uri()))
            if address == "BLOB":
                text = "document.querySelector('template').innerHTML"
                url = await session.evaluate(f"URL.createObjectURL(new Blob([{text}], {{type: 'text/html'}}))")
            await (session.goto(url) if ground.guarded else session.page.goto(url))
            await until(lambda: ground.settled(name), ground.patience(name))

    return Asked(steps, "<template><img src='HIT'></template>")


def acted(body: str, *actions: tuple[str, str, str]) -> Asked:
    """Actions of an agent: op, name of the element, text."""

    async def steps(ground: Ground, session: Session, name: str) -> None:
        for op, element, text in actions:
            elements = (await session.observe("frame")).tree.elements
            target = next((e.ref for e in elements if element and e.name == element), None)
            failed = await session.act(Action(op, target, ground.fill(name, text) or None))
            if failed:
                raise failed

    return Asked(steps, body)


async def _without_proxy(ground: Ground, session: Session, name: str) -> None:
    """The proxy ends while the page lives on: Chromium must not fall back to a direct connection."""
    if ground.guarded:
        await next(proxy for proxy in ground.proxies if proxy.allow is session.options.allow).close()
    fetched = await session.evaluate(ground.fill(name, "fetch('HIT').then(() => '', error => error.message)"))
    if fetched:
        raise WebAgentError(fetched)


DRIVEN = {
    "goto": went_to("HIT"),
    "goto of a redirect": went_to("http://HOME/redirect-302?HIT"),
    **{f"goto with {what}": went_to(address) for what, address in ODD_ADDRESSES.items()},
    **{f"goto of a {scheme} address": given_to_the_browser(a) for scheme, a in CLOSED_SCHEMES.items()},
    "action goto": acted("", ("goto", "", "HIT")),
    "action new_tab": acted("", ("new_tab", "", "HIT")),
    "action click": acted("<a href='HIT'>go</a>", ("click", "go", "")),
    "action click, new tab": acted("<a href='HIT' target=_blank>go</a>", ("click", "go", "")),
    "action press": acted(
        "<form action='HIT'><input aria-label=q></form>", ("type", "q", "x"), ("press", "q", "Enter")
    ),
    "action back": acted(
        "<script>if (sessionStorage.x) location = 'HIT'; sessionStorage.x = 1</script><a href='/empty'>on</a>",
        ("click", "on", ""),
        ("back", "", ""),
    ),
    "a proxy that is gone": Asked(_without_proxy),
}
"""What a person or an agent asks the session for."""


def _file(kind: str, text: str) -> Callable[[str], bytes]:
    return lambda url: http(text.replace("URL", url), "Service-Worker-Allowed: /", kind=kind)


FILES = {
    "/sw-none.js": _file("text/javascript", ""),
    "/sw-fetch.js": _file("text/javascript", "fetch('URL', {mode: 'no-cors'})"),
    "/sw-import.js": _file("text/javascript", "importScripts('URL')"),
    "/sw-answer.js": _file("text/javascript", "onfetch = e => e.respondWith(fetch('URL', {mode: 'no-cors'}))"),
    "/sw-window.js": _file(
        "text/javascript", "onactivate = e => e.waitUntil(clients.openWindow('URL').catch(() => 0))"
    ),
    "/list.m3u8": _file(
        "application/vnd.apple.mpegurl", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nURL\n#EXT-X-ENDLIST\n"
    ),
    "/svg": _file(
        "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'><image href='URL' width='9' height='9'/></svg>"
    ),
    "/xml": _file("text/xml", "<?xml version='1.0'?><?xml-stylesheet href='URL' type='text/xsl'?><a/>"),
    "/frameset": _file("text/html", "<frameset cols=*><frame src='URL'></frameset>"),
}


PAGES = [list(FRAMED)[i : i + FRAMES_A_PAGE] for i in range(0, len(FRAMED), FRAMES_A_PAGE)]
NAMES = [*FRAMED, *ALONE, *TLS, *DRIVEN]


def way(name: str) -> str:
    """The path of its page."""
    return f"/way?{NAMES.index(name)}"


async def unguarded(native: Native) -> Ground:
    """The ways that need it, from a browser without our switches, directly. Nothing else is let loose there."""
    ground = Ground(native, guarded=False)
    names = [*UNGUARDED, *MULTICAST]
    ground.traps = await open_traps(names)
    await ground.home.open()
    log = await NetworkLog().start(native)
    context = await native.new_context()
    for name in names:
        await (await context.new_page()).goto(f"http://{ground.home.address}{way(name)}")
    await until(lambda: all(ground.traps[name].touched for name in UNGUARDED), PATIENCE)
    ground.log = await log.stop()
    await context.close()
    ground.close()
    return ground


@contextlib.asynccontextmanager
async def bare_browser(executable: str) -> AsyncIterator[Native]:
    """Chromium without the switches that guard the network."""
    async with async_playwright() as playwright:
        args = [flag for flag in launch_args() if flag != "--disable-quic"]
        browser = await playwright.chromium.launch(executable_path=executable, args=args)
        yield browser
        await browser.close()


async def break_out(native: Native, executable: str) -> tuple[Ground, Ground, Ground]:
    """All three runs: guarded, with all hosts allowed, and without guards."""
    guarded = await Ground(native, guarded=True).run()
    allowed = await Ground(native, guarded=False).run()
    async with bare_browser(executable) as bare:
        return guarded, allowed, await unguarded(bare)


def main() -> None:
    with Browser(sys.argv[1] if len(sys.argv) > 1 else None) as browser:
        runs = browser.call(break_out(browser.native, str(browser.executable)), timeout=900.0)
        print(browser.version)
    guarded, allowed, bare = runs
    for name in NAMES:
        outcome = guarded.outcome(name)
        control = "allowed" if allowed.outcome(name).touched else "unguarded" if bare.outcome(name).touched else "none"
        print(f"{'OUT' if outcome.touched else 'in':4} {outcome.stopped or '-':16} control {control:10} {name}")
    for run in runs:
        print(sorted({(event, where.rpartition(":")[0]) for event, where in run.log}))


if __name__ == "__main__":
    main()
