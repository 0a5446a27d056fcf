"""What Chromium must be told so that nothing goes around the allow-list (rules: ``allowlist``, force: ``proxy``).

browser = await playwright.chromium.launch(args=[*launch_args(), *launch_flags()])
async with Proxy(AllowList(["example.com"])) as proxy:
    context = await browser.new_context(**context_options(proxy))
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import PageUnreachable, RequestBlocked

if TYPE_CHECKING:
    from .proxy import Proxy


def context_options(proxy: Proxy) -> dict[str, Any]:
    """What ``browser.new_context`` of Playwright needs, so that the whole context goes through ``proxy``.

    - Chromium talks to loopback directly unless the bypass list takes that away with ``<-loopback>``. Playwright adds
      it by itself, unless an environment variable forbids that.
    - An empty list of permissions denies all: camera, location, notifications, clipboard, MIDI, local fonts. Nothing
      is asked, so nothing hangs.

    Service workers stay on: what they fetch goes through the proxy too, and Playwright's way to block them replaces a
    function of the page, which the page can notice and some pages break on.
    """
    return {"proxy": {"server": proxy.server, "bypass": "<-loopback>"}, "permissions": []}


def launch_environment(folder: str) -> dict[str, str]:
    """Environment variables that belong to every launch; ``folder``: where what they need is put.

    On Linux a whole Chromium hands ``mailto:`` addresses to ``xdg-open`` without asking; stand-ins that do nothing come
    first on its path. Other systems have no such path: there a page can open the mail program of a Chromium that is
    not the headless shell, with a message that nobody has sent.
    """
    stand_ins = Path(folder, "opens-nothing")
    stand_ins.mkdir(exist_ok=True)
    for name in ("xdg-open", "xdg-email"):
        program = stand_ins / name
        program.write_text("#!/bin/sh\nexit 3\n", encoding="ascii")
        program.chmod(0o755)
    return {"PATH": os.pathsep.join([str(stand_ins), os.environ.get("PATH", os.defpath)])}


def launch_flags() -> list[str]:
    """Chromium switches for what a context's proxy does not see; they belong to every launch.

    A context without a proxy reaches loopback and nothing else, because Chromium itself resolves no name.
    """
    return [
        # WebRTC opens UDP sockets of its own: only what can go through the proxy may leave. The headless shell knows
        # the first name of this switch, a full Chromium the second.
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        # HTTP/3 is UDP too. (WebTransport gives up by itself where there is a proxy.)
        "--disable-quic",
        # <link rel=dns-prefetch> would ask the system's resolver for a name that the proxy refuses.
        "--dns-prefetch-disable",
        # Names are the proxy's to resolve. Chromium asks the network for none: neither for a page (WebRTC sends names
        # under .local to the whole local network, past every proxy; a failed lookup would be sent on under another
        # name, so they get an address from which nothing comes back, RFC 6666), nor on its own behalf.
        "--host-resolver-rules=MAP *.local [100::1], MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        # Reports that a site asks the browser itself to send belong to no context, so no context's proxy stops them.
        "--disable-domain-reliability",
    ]


def check_answer(url: str, headers: dict[str, str]) -> None:
    """Tell the proxy's own pages from a site's: raises ``RequestBlocked``, ``PageUnreachable``."""
    if "x-webagent-blocked" in headers:
        host = headers["x-webagent-blocked"]
        raise RequestBlocked(f"{host} is not on the allow-list", f"allow it with --allow {host}")
    if "x-webagent-failed" in headers:
        reason = headers["x-webagent-failed"]
        raise PageUnreachable(f"{url} did not load: {reason}", "check the address and that the server runs")
