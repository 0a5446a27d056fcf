"""What Chromium does with the rules that it is given. The ways out themselves: ``test_ways_out.py``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Error, async_playwright
from traps import Home, NetworkLog, Trap, http, until
from ways_out import SPELLINGS

from webagent.envs.allowlist import AllowList, place_of
from webagent.envs.browser import Browser
from webagent.envs.chromium import launch_args
from webagent.envs.errors import RequestBlocked
from webagent.envs.network import context_options, launch_environment, launch_flags
from webagent.envs.proxy import Proxy
from webagent.envs.session import Options, Session

pytestmark = pytest.mark.browser


@contextlib.asynccontextmanager
async def session_at_home(chromium: Browser, guarded: bool = True, html: str = "<p>home") -> AsyncIterator[Session]:
    """A session on a page of its own server, the only place that it may reach if it is ``guarded``."""
    async with Home(lambda target: http(html)) as home:
        options = Options(allow=AllowList([home.address]) if guarded else None)
        session = await Session.open(await chromium.connected(), options)
        try:
            await session.goto(f"http://{home.address}/")
            yield session
        finally:
            await session.close()


def test_names_https_and_link_local_addresses_are_stopped_at_the_proxy(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chromium passes some of them by the proxy, unless it is told not to."""
    proxies: list[Proxy] = []
    monkeypatch.setattr("webagent.envs.session.Proxy", lambda allow: proxies.append(Proxy(allow)) or proxies[-1])
    urls = {
        "http://example.com/a?b": "http://example.com/a", "https://example.com/": "example.com:443",
        "https://127.0.0.1:4433/": "127.0.0.1:4433", "http://169.254.169.254/": "http://169.254.169.254/",
        "http://[fe80::1]/": "http://[fe80::1]/", "http://localhost/": "http://localhost/",
    }  # fmt: skip

    async def main() -> None:
        async with session_at_home(chromium) as session:
            for url, shown in urls.items():
                page = await session.page.context.new_page()
                with contextlib.suppress(Error):  # a tunnel that is refused is an error page of Chromium
                    await page.goto(url)
                assert [blocked.url for blocked in proxies[0].take_blocked()][:1] == [shown]

    chromium.call(main())


def test_what_is_blocked_is_told_with_a_way_to_allow_it(chromium: Browser) -> None:
    async def main() -> None:
        async with session_at_home(chromium) as session:
            for url in ("http://127.0.0.1:4433/x", " HTTP:\\\\127.1:4433"):
                with pytest.raises(RequestBlocked) as caught:
                    await session.goto(url)
                assert "--allow" in caught.value.hint
            await session.evaluate("location = 'http://127.0.0.1:4433/'")
            assert "--allow 127.0.0.1:4433" in str((await session.observe()).tree.elements)

    chromium.call(main())


CLOSED = ["file:///etc/hostname", "view-source:http://home/", "chrome://version", "data:text/html,x", "ftp://home/"]


def test_pages_do_not_leave_the_web(chromium: Browser) -> None:
    """What no proxy sees: a page itself cannot open these addresses, in its own tab or in a new one."""

    async def main() -> None:
        async with session_at_home(chromium) as session:
            start = session.page.url
            for url in CLOSED:
                await session.page.evaluate("url => { window.open(url); try { location = url } catch (e) {} }", url)
            await asyncio.sleep(0.3)
            for each in session.page.context.pages:
                assert await each.inner_text("body") in ("home", "")
                assert each.url in (start, "about:blank", "about:blank#blocked", "", ":")

    chromium.call(main())


PERMISSIONS = [
    "geolocation", "notifications", "camera", "microphone", "display-capture", "clipboard-read", "clipboard-write",
    "midi", "background-fetch", "background-sync", "periodic-background-sync", "persistent-storage", "accelerometer",
    "gyroscope", "magnetometer", "screen-wake-lock", "payment-handler", "idle-detection", "window-management",
    "local-fonts", "local-network-access", "keyboard-lock", "captured-surface-control",
    "top-level-storage-access", "push",
]  # fmt: skip
STATE = """names => Promise.all(names.map(name => navigator.permissions
    .query({name, userVisibleOnly: true, sysex: true, requestedOrigin: 'http://127.0.0.1'})
    .then(found => [name, found.state], error => [name, error.name])))"""
REQUESTS = {
    "location": "new Promise((yes, no) => navigator.geolocation.getCurrentPosition(yes, no))",
    "camera": "navigator.mediaDevices.getUserMedia({video: true})",
    "microphone": "navigator.mediaDevices.getUserMedia({audio: true})",
    "reading the clipboard": "navigator.clipboard.readText()",
    "writing the clipboard": "navigator.clipboard.writeText('x')",
    "midi": "navigator.requestMIDIAccess({sysex: true})",
    "notifications": "Notification.requestPermission().then(refused)",
    "idle": "IdleDetector.requestPermission().then(refused)",
    "fonts": "queryLocalFonts().then(found => refused(found.length ? 'granted' : 'denied'))",
    "screens": "getScreenDetails()",
    "lasting storage": "navigator.storage.persist().then(yes => refused(yes ? 'granted' : 'denied'))",
    "wake lock": "navigator.wakeLock.request()",
    "bluetooth": "navigator.bluetooth.requestDevice({acceptAllDevices: true})",
    "virtual reality": "navigator.xr.requestSession('immersive-vr')",
}
ASK = """(async () => { const refused = state => { if (state === 'denied') throw new Error('denied') }
    try { await REQUEST; return 'granted' } catch (error) { return 'refused' } })()"""


@pytest.mark.parametrize("guarded", [True, False], ids=["with an allow-list", "without one"])
def test_permissions_are_denied_and_nothing_is_asked(chromium: Browser, guarded: bool) -> None:
    async def main() -> None:
        async with session_at_home(chromium, guarded) as session:
            states = dict(await session.page.evaluate(STATE, PERMISSIONS))
            assert {name: state for name, state in states.items() if state not in ("denied", "TypeError")} == {}
            assert sum(state == "denied" for state in states.values()) > 15, "most of the names are known here"
            for name, request in REQUESTS.items():
                options = {"expression": ASK.replace("REQUEST", request), "awaitPromise": True, "userGesture": True}
                async with asyncio.timeout(5):
                    answer = await session.tab.cdp.send("Runtime.evaluate", options)
                assert answer["result"]["value"] == "refused", name

    chromium.call(main())


STUN = """async port => {
  const peer = new RTCPeerConnection({iceServers: [{urls: `stun:127.0.0.1:${port}`}]});
  const seen = [];
  peer.createDataChannel('x');
  peer.onicecandidate = event => event.candidate && seen.push(event.candidate.candidate);
  await peer.setLocalDescription(await peer.createOffer());
  while (peer.iceGatheringState !== 'complete') await new Promise(go => setTimeout(go, 20));
  try { await new WebTransport(`https://127.0.0.1:${port}/`).ready; seen.push('WebTransport') } catch (error) {}
  return seen;
}"""


def test_without_an_allow_list_datagrams_end_at_once_and_reach_nobody(chromium: Browser) -> None:
    async def main() -> None:
        async with Trap() as trap, session_at_home(chromium, guarded=False) as session, asyncio.timeout(20):
            assert await session.page.evaluate(STUN, trap.port) == []
            assert [each for each in trap.touched if each.startswith(b"udp:")] == []

    chromium.call(main())


def test_a_context_without_a_proxy_reaches_loopback_alone(chromium: Browser) -> None:
    """Nothing that forgets the proxy gets far: no name is resolved, and no other address found."""

    async def main() -> None:
        native = await chromium.connected()
        context = await native.new_context()
        log = await NetworkLog().start(native)
        async with Trap() as trap:
            for host in ("example.com", "169.254.169.254", "10.0.0.1", "[2001:db8::1]"):
                page = await context.new_page()
                with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
                    await page.goto(f"http://{host}:{trap.port}/")
            for host in ("127.0.0.1", "localhost"):
                await (await context.new_page()).goto(f"http://{host}:{trap.port}/")
        seen = await log.stop()
        await context.close()
        assert {event for event, _ in seen} == {"TCP_CONNECT_ATTEMPT"}
        assert {where.rpartition(":")[0] for _, where in seen} <= {"127.0.0.1", "[::1]"}

    chromium.call(main())


def test_a_mail_address_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole Chromium would; the headless shell never does."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("there is only a headless shell on this machine")
    for program in ("xdg-open", "xdg-email"):
        (tmp_path / program).write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/started\n')
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    async def mails(environment: dict[str, str], seconds: float) -> bool:
        """Whether a program was started."""
        async with (
            Home(lambda target: http("<script>location = 'mailto:a@b.test'</script>")) as home,
            Proxy(AllowList([home.address])) as proxy,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(
                executable_path=executable, args=[*launch_args(), *launch_flags()], env={**os.environ, **environment}
            )
            page = await (await browser.new_context(**context_options(proxy))).new_page()
            await page.goto(f"http://{home.address}/", wait_until="commit")
            started = await until((tmp_path / "started").exists, seconds)
            await browser.close()
            return started

    assert not asyncio.run(mails(launch_environment(str(tmp_path)), 3.0))
    assert asyncio.run(mails({}, 20.0)), "the way is real"


def test_the_browser_reads_addresses_as_we_do(chromium: Browser) -> None:
    """Where Chromium finds a host, we find the same one or refuse; it never finds another."""
    urls = [
        *(f"http://{host}{rest}" for host in SPELLINGS for rest in ("", ":80/x", ".", "./?@evil.net", "\\@evil.net")),
        "http:/127.1", "http:\\\\a.net", "http://a@b@c.net", "http://a.net#@b.net", "http://a.net?@b.net", "ht\ttp://a.net",
        "http://１２７.1", "http://a。net", "http://bücher.net", "http://faß.de", "http://BÜCHER.NET", "http://💩.la",
        "http://xn--bcher-kva.net", "http://ex%61mple.net", "http://exa\u00admple.net", "http://a..net", "http://0x.0x.0",
        "http://1.2.3", "http://1.2.3.4.5", "http://a.1", "http://[::1]", "http://[::127.0.0.1]", "http://09.1", "http://⒈net",
        "http://a.net:0080", "http://a.net:", "http://256.1", "http://4294967295", "http://4294967296", "http://a_b.net",
        "http://ςς.net", "http://a\u200db.net", "http://Ⅷ.net", "http://K.net", "http://a／b", "http://%00.net", "http://ＡＢ.net",
    ]  # fmt: skip

    async def main() -> list[str | None]:
        async with session_at_home(chromium) as session:
            script = "urls => urls.map(u => { try { return new URL(u).href } catch (e) { return null } })"
            return await session.page.evaluate(script, urls)

    for url, href in zip(urls, chromium.call(main()), strict=True):
        with contextlib.suppress(ValueError):
            ours = place_of(url)
            assert href is not None, f"{json.dumps(url)} is no address for the browser, we read {ours}"
            assert place_of(href)[1:] == ours[1:], url
