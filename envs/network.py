"""What Chromium must be told so that nothing goes around the allow-list (rules: ``allowlist``, force: ``proxy``).

browser = await playwright.chromium.launch(args=[*launch_args(), *launch_flags()])
async with Proxy(AllowList(["example.com"])) as proxy:
    context = await browser.new_context(**context_options(proxy))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .proxy import Proxy


def context_options(proxy: Proxy) -> dict[str, Any]:
    """What ``browser.new_context`` of Playwright needs, so that the whole context goes through ``proxy``.

    - Chromium talks to loopback directly unless the bypass list takes that away with ``<-loopback>``. Playwright adds
      it by itself, unless an environment variable forbids that.
    - An empty list of permissions denies all: camera, location, notifications, clipboard, MIDI, local fonts.

    Service workers stay on: what they fetch goes through the proxy too, and Playwright's way to block them replaces a
    function of the page, which the page can notice and some pages break on.
    """
    return {"proxy": {"server": proxy.server, "bypass": "<-loopback>"}, "permissions": []}


def launch_flags() -> list[str]:
    """Chromium switches for what a context's proxy does not see; they belong to every launch."""
    return [
        # WebRTC opens UDP sockets of its own: only what can go through the proxy may leave. The headless shell knows
        # the first name of this switch, a full Chromium the second.
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        # HTTP/3 is UDP too. (WebTransport gives up by itself where there is a proxy.)
        "--disable-quic",
        # <link rel=dns-prefetch> would ask the system's resolver for a name that the proxy refuses.
        "--dns-prefetch-disable",
        # Reports that a site asks the browser itself to send belong to no context, so no context's proxy stops them.
        "--disable-domain-reliability",
    ]
