"""Ways out of the allow-list: what a page, a server or an agent may try to reach a host that is not on it.

In the texts: HIT is the address of the way's own trap (``tests/traps.py``), HITS the same over TLS, PLACE its host and
port, PORT its port, HOME the start page's host and port. Every way has a trap of its own, so what is touched tells
which way got out. ``tests/breakout.py`` tries them.
"""

from __future__ import annotations

import json

SECOND_SITE = ("127.0.0.2", "localhost", "sub.localhost", "localhost.", "trap.test", "TRAP.Test.", "[::1]")
SPELLINGS = (
    "127.9.9.9", "127.1", "127.0.0.1.", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
    "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "１２７.0.0.1", "127。0。0。1",
    "%31%32%37.0.0.1", "①②⑦.0.0.1", "ＬＯＣＡＬＨＯＳＴ",
)  # fmt: skip
ODD_ADDRESSES = {
    "user name": "http://HOME@PLACE/", "user and password": "http://a:HOME@PLACE/", "backslashes": "http:\\\\PLACE\\x",
    "mixed slashes": "http:/\\PLACE/", "no scheme": "//PLACE/", "too many slashes": "http://////PLACE/",
    "upper case": "HTTP://PLACE/", "tab in the scheme": "ht\ttp://PLACE/",
    "line end in the host": "http://127.0\n.0.1:PORT/",
    "blanks around": " \x01 http://PLACE/ ", "leading zeros of the port": "http://127.0.0.1:00PORT/",
    "home in the path": "http://PLACE/HOME", "home in the query": "http://PLACE?HOME",
    "home in the fragment": "http://PLACE#@HOME/",
    "home before a backslash": "http://PLACE\\@HOME/", "home as user, encoded": "http://HOME%2f@PLACE/",
}  # fmt: skip


def _script(code: str) -> str:
    return f"<script>{code}</script>"


def _moved(code: str) -> str:
    """Something that happens while the page goes away, again and again."""
    return _script(f"{code}; setTimeout(() => location.reload(), 400)")


def _image(target: str = "HIT") -> str:
    return f"<img src='{target}'>"


def _worker(kind: str, code: str, options: str = "{}") -> str:
    return _script(
        f"new {kind}(URL.createObjectURL(new Blob([{json.dumps(code)}], {{type: 'text/javascript'}})), {options})"
    )


def _sandboxed(rights: str, code: str) -> str:
    return f'<iframe sandbox="{rights}" srcdoc="<script>{code}</script>"></iframe>'


def _clicked(link: str) -> str:
    return link + _script("document.querySelector('#a').click()")


def _sent(attributes: str) -> str:
    return f"<form id=f {attributes}><input name=a value=b></form>" + _script("document.querySelector('#f').submit()")


def _registered(kind: str, then: str = "") -> str:
    return _script(f"navigator.serviceWorker.register('/{kind}.js?HIT', {{scope: '/{kind}/'}}){then}")


def _peer(server: str) -> str:
    """WebRTC that asks a STUN or TURN server for a way through."""
    servers = json.dumps([{"urls": server, "username": "u", "credential": "c"}])
    return _script(
        f"(async () => {{ const p = window.p = new RTCPeerConnection({{iceServers: {servers}}});"
        "p.createDataChannel('x'); await p.setLocalDescription(await p.createOffer()) })()"
    )


def _peers(candidate: str) -> str:
    """WebRTC that is told where the other side is."""
    return _script(
        "(async () => { const [a, b] = window.ab = [new RTCPeerConnection, new RTCPeerConnection];"
        "a.createDataChannel('x');"
        "await a.setLocalDescription(await a.createOffer()); await b.setRemoteDescription(a.localDescription);"
        "await b.setLocalDescription(await b.createAnswer()); await a.setRemoteDescription(b.localDescription);"
        f"await a.addIceCandidate({{candidate: 'candidate:1 1 {candidate}', sdpMid: '0', sdpMLineIndex: 0}}) }})()"
    )


def _speculated(kind: str, target: str = "HIT", more: str = "") -> str:
    rules = f'{{"{kind}": [{{"source": "list", "urls": ["{target}"], "eagerness": "immediate"{more}}}]}}'
    return f"<script type=speculationrules>{rules}</script>"


LOADED = {
    "image": _image(),
    "image made by script": _script("new Image().src = 'HIT'"),
    "srcset": "<img srcset='HIT 1x'>",
    "picture": "<picture><source srcset='HIT'><img></picture>",
    "image button": "<input type=image src='HIT'>",
    "background attribute": "<body background='HIT'>",
    "script": "<script src='HIT'></script>",
    "written script": _script('document.write("<script src=HIT><\\/script>")'),
    "script in svg": "<svg><script href='HIT'></script></svg>",
    "module": "<script type=module>import('HIT')</script>",
    "import map": '<script type=importmap>{"imports": {"x": "HIT"}}</script><script type=module>import "x"</script>',
    "stylesheet": "<link rel=stylesheet href='HIT'>",
    "stylesheet for print": "<link rel=stylesheet media=print href='HIT'>",
    "css import": "<style>@import 'HIT';</style>",
    "css background": "<div style='background: url(HIT)'>x</div>",
    "css image-set": "<div style='background: image-set(\"HIT\" 1x)'>x</div>",
    "css cursor": "<style>html { cursor: url(HIT), auto }</style>",
    "css list image": "<ul style='list-style-image: url(HIT)'><li>x</ul>",
    "css border image": "<div style='border: 3px solid; border-image: url(HIT) 3'>x</div>",
    "css mask": "<div style='mask-image: url(HIT); width: 9px; height: 9px'>x</div>",
    "css clip path": "<div style='clip-path: url(HIT#p)'>x</div>",
    "css shape": "<div style='float: left; shape-outside: url(HIT); width: 9px; height: 9px'>x</div>",
    "css content": "<style>p::before { content: url(HIT) }</style><p>x</p>",
    "font": "<style>@font-face { font-family: f; src: url(HIT) } p { font-family: f }</style><p>text</p>",
    "font made by script": _script("new FontFace('f', 'url(HIT)').load().catch(() => 0)"),
    "video": "<video src='HIT' preload=auto></video>",
    "video poster": "<video poster='HIT'></video>",
    "video playlist": "<video src='/list.m3u8?HIT' preload=auto></video>",
    "audio": _script("new Audio('HIT').play().catch(() => 0)"),
    "subtitles": "<video crossorigin src='/empty'><track default src='HIT' kind=captions></video>",
    "object": "<object data='HIT' type='text/html'></object>",
    "embed": "<embed src='HIT' type='text/html'>",
    "image in svg": "<svg><image href='HIT' width=9 height=9 /></svg>",
    "animated image in svg": "<svg><image width=9 height=9><set attributeName=href to='HIT'/></image></svg>",
    "filter image in svg": "<svg><filter id=f><feImage href='HIT'/></filter>"
    "<rect width=9 height=9 filter='url(#f)'/></svg>",
    "pattern in svg": "<svg><rect width=9 height=9 fill='url(HIT#g)'/></svg>",
    "svg document": "<object data='/svg?HIT' type='image/svg+xml'></object>",
    "xsl stylesheet": "<iframe src='/xml?HIT'></iframe>",
    "base": "<base href='HIT'><img src='?x'>",
    "https": _image("HITS"),
}  # fmt: skip
FRAMES = {
    "frame": "<iframe src='HIT'></iframe>",
    "frameset": "<iframe src='/frameset?HIT'></iframe>",
    "frame of text": '<iframe srcdoc="<img src=HIT>"></iframe>',
    "sandboxed frame": _sandboxed("allow-scripts", "fetch('HIT', {mode: 'no-cors'})"),
    "window of a sandboxed frame": _sandboxed("allow-scripts allow-popups", "open('HIT')"),
    "frame with a data: address": '<iframe src="data:text/html,<img src=HIT>"></iframe>',
    "frame with a blob: address": "<iframe id=f></iframe>"
    + _script("f.src = URL.createObjectURL(new Blob(['<img src=HIT>'], {type: 'text/html'}))"),
    "blank frame": "<iframe id=f></iframe>" + _script("f.contentDocument.body.innerHTML = '<img src=HIT>'"),
    "frame with a javascript: address": "<iframe src=\"javascript:location='HIT'\"></iframe>",
    "frame without credentials": "<iframe credentialless src='HIT'></iframe>",
    "lazy frame": "<iframe loading=lazy src='HIT'></iframe>",
}
REQUESTS = {
    "fetch": _script("fetch('HIT').catch(() => 0)"),
    "fetch without cors": _script("fetch('HIT', {mode: 'no-cors', credentials: 'include'}).catch(() => 0)"),
    "fetch with preflight": _script("fetch('HIT', {method: 'PUT', body: 'x'}).catch(() => 0)"),
    "fetch that outlives its page": _moved("fetch('HIT', {mode: 'no-cors', keepalive: true})"),
    "fetch at the end": _moved("addEventListener('pagehide', () => fetch('HIT', {keepalive: true, mode: 'no-cors'}))"),
    "fetch later": _script("fetchLater('HIT', {activateAfter: 0})"),
    "xhr": _script("x = new XMLHttpRequest; x.open('POST', 'HIT'); x.send('a')"),
    "synchronous xhr": _script("x = new XMLHttpRequest; x.open('GET', 'HIT', false); x.send()"),
    "beacon": _script("navigator.sendBeacon('HIT', 'a')"),
    "beacon at the end": _moved("addEventListener('pagehide', () => navigator.sendBeacon('HIT', 'a'))"),
    "event source": _script("new EventSource('HIT')"),
    "websocket": _script("new WebSocket('ws://PLACE')"),
    "secure websocket": _script("new WebSocket('wss://PLACE')"),
    "websocket stream": _script("new WebSocketStream('ws://PLACE')"),
    "cache": _script("caches.open('c').then(c => c.add(new Request('HIT', {mode: 'no-cors'}))).catch(() => 0)"),
    "paint worklet": _script("CSS.paintWorklet.addModule('HIT').catch(() => 0)"),
    "audio worklet": _script("new AudioContext().audioWorklet.addModule('HIT').catch(() => 0)"),
    "worker": _worker("Worker", "fetch('HIT', {mode: 'no-cors'})"),
    "script of a worker": _worker("Worker", "importScripts('HIT')"),
    "module of a worker": _worker("Worker", "import('HIT')", "{type: 'module'}"),
    "shared worker": _worker("SharedWorker", "importScripts('HIT')"),
    "service worker": _registered("sw-fetch"),
    "script of a service worker": _registered("sw-import"),
    "answer of a service worker": _registered("sw-answer",
        ".then(async r => { while (!r.active) await new Promise(t => setTimeout(t, 50));"
        "document.body.append(Object.assign(document.createElement('iframe'), {src: '/sw-answer/x'})) })"),
    "window of a service worker": _registered("sw-window"),
    "background fetch": _registered("sw-none", ".then(r => r.backgroundFetch.fetch('x', ['HIT'])).catch(() => 0)"),
    "login by federation": _script(
        "navigator.credentials.get({identity: {providers: [{configURL: 'HIT', clientId: 'x'}]}}).catch(() => 0)"),
    "login with a related site": _script(
        "navigator.credentials.get({publicKey: {challenge: new Uint8Array(9), rpId: 'localhost'}}).catch(() => 0)"),
    "payment": _script("new PaymentRequest([{supportedMethods: 'HITS'}],"
        "{total: {label: 'x', amount: {currency: 'EUR', value: '1'}}}).canMakePayment().catch(() => 0)"),
    "presentation": _script("new PresentationRequest('HITS').getAvailability().catch(() => 0)"),
}  # fmt: skip
HINTS = {
    "prefetch": "<link rel=prefetch href='HIT'>",
    "preload": "<link rel=preload as=image href='HIT'>",
    "module preload": "<link rel=modulepreload href='HIT'>",
    "preconnect": "<link rel=preconnect href='HITS'>",
    "dns prefetch": "<link rel=dns-prefetch href='HIT'>",
    "prerender link": "<link rel=prerender href='HIT'>",
    "dictionary": "<link rel=compression-dictionary href='HIT'>",
    "link header": "",
}
MOVES = {
    "location": _script("location = 'HIT'"),
    "location.replace": _script("location.replace('HIT')"),
    "navigation api": _script("navigation.navigate('HIT')"),
    "link": _clicked("<a href='HIT' id=a>x</a>"),
    "link in svg": "<svg><a href='HIT' id=a><text>x</text></a></svg>"
    + _script("a.dispatchEvent(new MouseEvent('click'))"),
    "area": _clicked("<map name=m><area href='HIT' id=a></map>"),
    "javascript: link": _clicked("<a href=\"javascript:location='HIT'\" id=a>x</a>"),
    "ping of a link": _clicked("<a href='/empty' ping='HIT' id=a>x</a>"),
    "meta refresh": "<meta http-equiv=refresh content='0; url=HIT'>",
    "refresh header": "",
    "form get": _sent("action='HIT'"),
    "form post": _sent("action='HIT' method=post"),
    "action of a button": "<form action='/empty'><button id=a formaction='HIT'></button></form>" + _script("a.click()"),
    "history": _script("history.pushState(0, '', '/redirect-302?HIT'); location.reload()"),
    **{f"{status} of an image": _image(f"/redirect-{status}?HIT") for status in (301, 302, 303, 307, 308)},
    "redirected fetch": _script("fetch('/redirect-307?HIT', {method: 'POST', mode: 'no-cors'}).catch(() => 0)"),
    "redirected frame": "<iframe src='/redirect-302?HIT'></iframe>",
    "redirected form": _sent("action='/redirect-308?HIT' method=post"),
    "redirected script": "<script src='/redirect-301?HIT'></script>",
    "redirected event source": _script("new EventSource('/redirect-302?HIT')"),
    "redirected worker": _script("new Worker('/redirect-302?HIT')"),
    "redirected websocket": _script("new WebSocket('ws://HOME/redirect-302?HIT')"),
}
WINDOWS = {
    "window.open": _script("open('HIT')"),
    "window.open without opener": _script("open('HIT', '_blank', 'noopener')"),
    "blank window": _script("w = open(''); w.document.write('<img src=HIT>')"),
    "blob: window": _script("open(URL.createObjectURL(new Blob(['<img src=HIT>'], {type: 'text/html'})))"),
    "javascript: window": _script("open(\"javascript:location='HIT'\")"),
    "data: window": _script("open('data:text/html,<img src=HIT>')"),
    "view-source: window": _script("open('view-source:HIT')"),
    "filesystem: window": _script("open('filesystem:HIT')"),
    "devtools: window": _script("open('devtools://devtools/bundled/inspector.html?ws=PLACE/x')"),
    "chrome: window": _script("open('chrome://settings/?HIT')"),
    "ftp: window": _script("open('ftp://PLACE/')"),
    "window led by its opener": _script("w = open('/empty'); setTimeout(() => w.location = 'HIT', 200)"),
    "opener led by its window": _script("w = open(''); w.eval(\"opener.location = 'HIT'\")"),
    "link in a new tab": _clicked("<a href='HIT' target=_blank rel=noopener id=a>x</a>"),
    "form in a new tab": _sent("action='HIT' method=post target=_blank"),
    "download": _clicked("<a href='HIT' download id=a>x</a>"),
    "redirected download": _clicked("<a href='/redirect-302?HIT' download id=a>x</a>"),
}
REPORTS = {
    "csp report": _image("/x"),
    "csp report alone": _image("/x"),
    "reporting endpoint": _image("/x") + _moved(""),
}
DATAGRAMS = {
    "webrtc, stun": _peer("stun:127.0.0.1:PORT"),
    "webrtc, stun over ipv6": _peer("stun:[::1]:PORT"),
    "webrtc, stun of a name": _peer("stun:localhost:PORT"),
    "webrtc, turn over udp": _peer("turn:127.0.0.1:PORT?transport=udp"),
    "webrtc, turn over tcp": _peer("turn:127.0.0.1:PORT?transport=tcp"),
    "webrtc, turn over tls": _peer("turns:127.0.0.1:PORT?transport=tcp"),
    "webrtc, candidate": _peers("udp 2113937151 127.0.0.1 PORT typ host"),
    "webrtc, candidate over tcp": _peers("tcp 1518280447 127.0.0.1 PORT typ host tcptype passive"),
    "webrtc, candidate with a .local name": _peers("udp 2113937151 asked-of-everybody.local PORT typ host"),
    "webrtc, turn at a .local name": _peer("turn:asked-of-everybody.local:PORT?transport=tcp"),
    "webtransport": _script("new WebTransport('HITS')"),
}
FRAMED = {
    **LOADED, **FRAMES, **REQUESTS, **HINTS, **MOVES, **WINDOWS, **REPORTS, **DATAGRAMS,
    **{f"image from {host}": _image(f"http://{host}:PORT/") for host in (*SECOND_SITE, *SPELLINGS)},
    **{f"link with {what}": _clicked(f"<a href='{ODD_ADDRESSES[what]}' id=a>x</a>") for what in ODD_ADDRESSES},
}  # fmt: skip
"""Each in a frame of its own, all in one page."""

ALONE = {
    **{f"{status} of the start page": f"/redirect-{status}?HIT" for status in (301, 302, 303, 307, 308)},
    "refresh of the start page": "<meta http-equiv=refresh content='0; url=HIT'>",
    "form of the start page": _sent("action='HIT' method=post"),
    "frame that leads the top": _sandboxed("allow-scripts allow-top-navigation", "top.location = 'HIT'"),
    "icon": "<link rel=icon href='HIT'><link rel=apple-touch-icon href='HIT'>",
    "manifest": "<link rel=manifest href='HIT'>",
    "speculative prefetch": _speculated("prefetch"),
    "speculative prefetch of another site": _speculated("prefetch", "http://localhost:PORT/"),
    "speculative prefetch by a foreign proxy": _speculated(
        "prefetch", "https://localhost:PORT/", ', "requires": ["anonymous-client-ip-when-cross-origin"]'
    ),
    "prerendering": _speculated("prerender"),
    "mail address": _script("location = 'mailto:a@PLACE'"),
}
"""Each in a context of its own: the body of the start page, or the path of it."""

HEADERS = {
    "link header": ("Link: <HIT>; rel=preload; as=image",),
    "refresh header": ("Refresh: 0; url=HIT",),
    "csp report": ("Content-Security-Policy: img-src 'none'; report-uri HIT",),
    "csp report alone": ("Content-Security-Policy-Report-Only: img-src 'none'; report-uri HIT",),
    "reporting endpoint": ("Content-Security-Policy: img-src 'none'; report-to x", 'Reporting-Endpoints: x="HIT"'),
}
"""Of the page of that way."""

TLS = {
    "issuer of a certificate": (),
    "early hints": (),
    "alternative service": ('Alt-Svc: h3=":PORT"; ma=99',),
    "network error log": (
        'Report-To: {"group":"n","max_age":99,"endpoints":[{"url":"HITS"}]}',
        'NEL: {"report_to":"n","max_age":99,"success_fraction":1}',
    ),
    "strict transport": ("Strict-Transport-Security: max-age=99; includeSubDomains",),
}
"""Headers of a start page over TLS; the issuer's address lies in its certificate."""

CLOSED_SCHEMES = {
    "data:": "data:text/html,<img src='HIT'>",
    "blob:": "BLOB",
    "file:": "FILE",
    "view-source:": "view-source:HIT",
    "javascript:": "javascript:location='HIT'",
    "chrome:": "chrome://settings/?HIT",
    "devtools:": "devtools://devtools/bundled/inspector.html?ws=PLACE/x",
    "filesystem:": "filesystem:HIT",
    "ftp:": "ftp://PLACE/",
    "ws:": "ws://PLACE/",
    "about:": "about:srcdoc?HIT",
    "mailto:": "mailto:a@PLACE",
    "intent:": "intent://PLACE/#Intent;scheme=http;end",
}
"""Addresses that nobody may send the browser to; BLOB and FILE stand for ones that hold an image from HIT."""

MULTICAST = frozenset(name for name in DATAGRAMS if ".local" in name)
"""What would be asked of the whole local network by multicast: no trap sees it, only Chromium's own log tells."""

UNGUARDED = frozenset(DATAGRAMS) - {"webrtc, turn over tcp", "webrtc, turn over tls"} - MULTICAST | {
    "fetch later",
    "speculative prefetch of another site",
}
"""What arrives only from a browser without our switches, permissions and proxy: there its control is run."""

_OWN_BROWSER = "the headless shell has no such feature, a whole Chromium may"
_CREDENTIALS = "Chromium follows no link with a user name in a frame; as addresses for goto they have their control"
_NOT_OPENED = "Chromium does not open it either"
_NOT_ALLOWED_EITHER = "the session refuses it even where all hosts are allowed"

SPEECHLESS = {
    "xsl stylesheet": "Chromium takes it from the page's own origin alone",
    "window of a service worker": "Chromium wants a click on a notification first",
    "background fetch": "it needs a permission, and all are denied",
    "login with a related site": "Chromium wants a name with a public suffix",
    "payment": _OWN_BROWSER,
    "presentation": _OWN_BROWSER,
    "preconnect": _OWN_BROWSER,
    "dns prefetch": _OWN_BROWSER,
    "prerender link": _OWN_BROWSER,
    "icon": _OWN_BROWSER,
    "manifest": _OWN_BROWSER,
    "mail address": "it starts another program or none: test_network_browser.py",
    "redirected worker": "Chromium follows no redirect to another origin there",
    "redirected websocket": "Chromium follows no redirect there",
    "reporting endpoint": "reports wait for a minute",
    "network error log": "reports wait for a minute, and for a certificate that is trusted",
    "alternative service": "Chromium wants a certificate that is trusted",
    "strict transport": "it makes Chromium stricter",
    "speculative prefetch by a foreign proxy": "that proxy belongs to builds of Chrome",
    **{f"link with {what}": _CREDENTIALS for what in ("user name", "user and password", "home as user, encoded")},
    "goto with no scheme": _NOT_ALLOWED_EITHER,
    "goto with leading zeros of the port": _NOT_ALLOWED_EITHER,
    **{f"{scheme} window": _NOT_OPENED for scheme in ("data:", "view-source:", "filesystem:")},
    **{f"{scheme} window": _NOT_OPENED for scheme in ("devtools:", "chrome:", "ftp:")},
    **{
        f"goto of a {scheme} address": _NOT_OPENED
        for scheme in CLOSED_SCHEMES
        if scheme not in ("data:", "file:", "view-source:", "javascript:")
    },
    **dict.fromkeys(MULTICAST, "the log is its trap"),
}  # fmt: skip
"""What has no control, and why: it does not arrive where it is allowed either. Tried all the same."""
