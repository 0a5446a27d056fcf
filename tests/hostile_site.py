"""The hostile pages, what is done on each and what must be seen then, and the two loopback servers behind them.

    with serve_hostile() as site:
        ...  # site.url + "loop-click.html"

Most pages lie in ``pages/hostile``; what a file cannot do (answers that never come, endless redirects) is made here.
In every page ``{{HONEST}}`` stands for one honest control: a button "Go" that counts its clicks in words.
``python tests/hostile_site.py`` serves them for a person to look at.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from webagent.envs.suites.server import TYPES

HOSTILE = Path(__file__).parent / "pages" / "hostile"
HONEST = b"""<button id="go">Go</button> <p id="out">pressed 0</p>
<script>(() => {
  const words = document.getElementById("out").firstChild;
  const write = Object.getOwnPropertyDescriptor(CharacterData.prototype, "data").set.bind(words);
  let n = 0;
  document.getElementById("go").onclick = () => write("pressed " + ++n);
})()</script>"""

Do = tuple[str, str, str]
"""op, name of its target ("" for none), text"""
GO: Do = ("click", "Go", "")
WAIT: Do = ("wait", "", "")
OK: Do = ("click", "OK", "")
"""Presses OK if a JavaScript dialog is open, waits otherwise."""


@dataclass(frozen=True)
class Kind:
    """One hostile page.

    ``do``: the steps after reset. ``see``: words that the tree holds after the last one ("" claims nothing).
    ``error``: how the last step's ``last_error`` begins; None claims nothing. ``listed``: the honest button is there
    from the beginning. ``dies``: a step may end the episode, because Chromium itself gives the page up. ``leave``: to
    where the visit goes on: ``here`` (the same origin), ``elsewhere`` (that origin is taken for good), ``not`` at all.
    ``hasty``: most of its time would be spent on waiting, as for one of the others, so it is visited with less
    patience. ``page``: its address below the server, the id and ``.html`` by itself.
    """

    id: str
    about: str
    do: tuple[Do, ...] = (GO,)
    see: str = "pressed 1"
    error: str | None = ""
    listed: bool = True
    dies: bool = False
    leave: str = "here"
    hasty: bool = False
    page: str = ""

    @property
    def path(self) -> str:
        return self.page or f"{self.id}.html"

    def honest(self, site: Site) -> str:
        """An honest page for the visit to go on; "" if none can be reached in this context."""
        roots = {"here": site.url, "elsewhere": f"http://{site.other}/"}
        return roots[self.leave] + "plain.html" if self.leave in roots else ""


def _odd(id: str, about: str, *do: Do, see: str = "", error: str | None = None, **more: Any) -> Kind:
    """A kind whose steps may fail, but must fail well."""
    return Kind(id, about, do or (GO,), see, error, **more)


def _link(name: str, about: str, *, see: str = "", **more: bool) -> Kind:
    do: tuple[Do, ...] = (("click", name, ""), WAIT)
    return Kind(f"link-{name.lower()}", about, do, see, None, **more, page="links.html")


DIALOGS = (
    _odd("alert-endless", "alerts without end from one script", GO, OK, OK, listed=False),
    _odd("alert-at-load", "alerts before the page is parsed", OK, OK, listed=False),
    _odd("alert-timers", "an alert and a confirm from timers, again and again", OK, OK, OK, listed=False),
    _odd("dialog-chain", "a confirm that asks on with prompts and alerts", ("click", "Chain", ""), OK, OK),
    _odd("dialog-odd", "a prompt of 200,000 characters, halves of pairs among them", ("click", "Ask", ""), OK),
    Kind("beforeunload-trap", "asks to stay whenever it is left"),
    Kind("beforeunload-loop", "loops for ever when it is left"),
    Kind("unload-alerts", "alerts and loops while it is left", dies=True),
    Kind("print-loop", "prints again and again"),
)
SIZES = (
    Kind("flat-100k", "100,000 elements side by side"),
    Kind("flat-buttons", "20,000 buttons with listeners", see=""),
    _link("Deep", "100,000 elements, each in the other: more than Chromium's own stack takes", dies=True),
    Kind("deep-2k", "2,000 named groups, each in the other"),
    Kind("deep-inline", "3,000 spans, each in the other"),
    Kind("huge-attributes", "10 MB in titles, names, values, classes"),
    Kind("huge-text", "megabytes of words in a paragraph and in fields"),
    Kind("huge-word", "words of a megabyte on one line"),
    Kind("select-5000", "lists of 5,000 options"),
    Kind("labels-5000", "5,000 labels of one field, 20,000 references to one name"),
    Kind("aria-circles", "elements that name and own each other, tables with columns without end"),
    Kind("canvas-16k", "canvases as large as the browser makes them"),
    Kind("memory-500mb", "holds 500 MB"),
    Kind("workers", "workers that loop, and thirty that send without end"),
)
LOOPS = (
    _odd("loop-load", "a script without end while it loads", GO),
    _odd("loop-click", "a click handler without end", GO, WAIT, see="pressed 1"),
    _odd("loop-mousedown", "a mousedown handler without end", GO, WAIT, hasty=True),
    _odd("loop-interval", "a timer without end, again and again", WAIT, GO, hasty=True),
    _odd("loop-microtask", "promises that never let go of the thread", GO, WAIT, see="pressed 1", hasty=True),
    _odd("loop-observer", "two mutation observers that wake each other", GO, see="pressed 1", hasty=True),
    Kind("loop-raf", "every frame takes 60 ms"),
    _odd(
        "loop-raf-endless",
        "a frame callback without end, asked for again each time",
        GO,
        WAIT,
        see="pressed 1",
        hasty=True,
    ),
    Kind("loop-resize-observer", "sizes that never rest"),
    Kind("loop-events", "slow listeners on everything and a channel that talks to itself"),
    Kind("loop-getters", "an element whose own getters never return"),
)
MOVES = (
    Kind("history-storm", "pushState twenty times every 5 ms"),
    Kind("hash-loop", "its fragment changes without end"),
    Kind("huge-hash", "an address of a megabyte"),
    _odd("reload-storm", "reloads itself every 120 ms", GO, WAIT),
    _odd("redirect-client", "goes to itself while it loads, for ever", WAIT, GO, listed=False),
    _odd("redirect-meta", "refreshes itself at once, for ever", WAIT, GO, listed=False),
    Kind("click-leaves", "the click leads elsewhere", see="pressed 0"),
    Kind("click-leaves-late", "a hundred navigations after one click", (GO, WAIT), see="pressed 0"),
    Kind("mousedown-leaves", "leaves between the press and the release", see="pressed 0"),
    Kind("closes-itself", "a tab that closes itself when clicked", (GO, GO)),
    Kind("closes-at-load", "tabs that close themselves at once", (GO, WAIT)),
    _odd("popups-50", "fifty tabs from one click", GO, WAIT, see="pressed 0"),
    _odd("popup-loop", "every tab opens further tabs", GO, GO, leave="not"),
    _odd("popup-opener", "a tab that leads its opener away and closes itself", GO, WAIT),
    _link("Redirects", "a server that redirects for ever"),
    _link("Never", "an answer that never begins"),
    _link("Garbage", "an answer whose encoding is a lie"),
    _link("Nothing", "204, no content", see="pressed 0"),
    _link("Password", "401, asks for a password"),
    _link("Cut", "an answer that ends in the middle"),
    _link("Binary", "bytes under no known type", see="pressed 0"),
    _link("Mixed", "an answer of many parts that never ends", hasty=True),
    _link("Script", "a javascript: address without end", hasty=True),
    _link("Data", "a data: address", see="pressed 0"),
    _link("Header", "a header of 200 kB"),
    _link("Drawing", "a document that is a drawing", see="Away"),
    _link("Feed", "a document of entities that grow eightfold four times"),
    _link("Bad", "an address that cannot be parsed"),
    _link("Chrome", "an address of the browser itself", see="pressed 0"),
    _link("Mail", "a program outside the browser", see="pressed 0"),
    _link("Intent", "a scheme that nobody knows", see="pressed 0"),
    Kind("endless-body", "a document that never ends", page="endless", hasty=True),
)
DOCUMENTS = (
    Kind("root-removed", "takes out its root element", see="", error=None),
    Kind("root-replaced", "puts an element of another language in the place of its root", see="", error=None),
    Kind("body-removed", "takes out its body", see=""),
    Kind("write-after-load", "writes over itself fifty times", see="Written 49"),
    Kind("document-open", "opens itself and never closes", see="Open"),
    _odd("body-storm", "a new body every 4 ms", GO),  # one that comes between press and release takes the click
    _odd("rebuilt-storm", "all its elements are made anew each frame", GO),
    _odd("vanishing-target", "the button leaves when the pointer comes", GO),
    Kind("iframes-200", "200 frames"),
    Kind("iframes-other-50", "50 frames of another origin"),
    Kind("iframes-nested", "30 frames, each in the other"),
    Kind("iframe-itself", "a page that shows itself in a frame"),
    Kind("frame-never", "frames that never load"),
    Kind("frame-srcdoc", "frames from words: eight deep, boxed, scripted"),
    Kind("frame-huge", "a boxed frame of five megabytes"),
    Kind("frame-loop", "a frame of another origin whose script never ends", hasty=True),
    Kind("frame-loop-boxed", "a boxed frame whose script never ends", (GO, GO), see="pressed", error=None, hasty=True),
    _odd("frame-alerts", "frames that alert without end", OK, OK, listed=False),
    Kind("frame-removed", "a frame leaves during the click"),
    Kind("frame-storm", "frames come and go every 100 ms"),
    _odd("frame-navigates-top", "a frame that leads the page away", GO),
    Kind("shadow-200", "200 open shadow roots, each in the other"),
    Kind("shadow-closed-200", "200 closed shadow roots, each in the other"),
    Kind("shadow-slots", "60 roots that show the same slot twice"),
    Kind("svg-use", "drawings that use each other, and one that grows threefold six times"),
    Kind("svg-odd", "foreign objects in foreign objects, paths of 400,000 lines, no numbers"),
)
OVERRIDES = (
    Kind("override-json", "JSON and toJSON throw"),
    Kind("override-array", "every method of arrays, strings, maps, promises throws"),
    Kind("override-object", "Object.prototype has getters that throw"),
    Kind("override-globals", "Map, Promise, Object, Node and the like are gone"),
    Kind("override-time", "timers, frames, clocks and promises do nothing"),
    Kind("override-element", "every getter and method of Node and Element loops for ever"),
    Kind("override-document", "the document's own getters throw"),
    Kind("override-listeners", "addEventListener and getEventListeners lie, lists never end"),
    Kind("listeners-lie", "the answer about listeners is made up"),
    Kind("listeners-huge", "the answer about listeners has 20 MB"),
    Kind("proxies", "proxies that throw, in the place of prototypes"),
    Kind("primitives", "toString, valueOf, Symbol.toPrimitive throw"),
    Kind("throws-everywhere", "errors, rejections and log lines without end"),
    Kind("foreign-names", "elements of other languages under names of HTML"),
    Kind("base-odd", "addresses that lead nowhere, under a base that is none"),
    Kind("clobber-form", "form fields named like the members of an element"),
    Kind("clobber-document", "images and forms named like the members of a document"),
    Kind("clobber-window", "elements and frames named like globals"),
)
LOOKS = (
    Kind("modals", "a hundred modal dialogs, the last one opened again and again"),
    Kind("design-mode", "editors in editors, a document as a field"),
    Kind("css-contents", "display: contents everywhere"),
    Kind("css-animated", "endless animations of everything"),
    _odd("css-flicker", "a button that is there every other 50 ms", GO, WAIT, listed=False),
    _odd("css-pointer-none", "nothing takes the pointer", GO),
    Kind("css-scale-zero", "transforms to nothing"),
    Kind("css-huge", "lengths and scales beyond numbers"),
    _odd("overlay-follows", "an overlay under the pointer", GO),
    _odd("runs-away", "a button that leaves when the pointer comes", GO, GO),
    _odd("click-jacked", "an invisible link over everything", GO, error="ElementCovered"),
    _odd("endless-scroll", "grows and scrolls for ever", ("scroll", "", "down"), ("scroll", "", "down"), GO),
    Kind("fullscreen", "takes the whole screen and the pointer with every click"),
    _odd("focus-thief", "one field takes the focus all the time", ("type", "Name", "abc"), GO, see="pressed 1"),
    Kind("keys-dead", "swallows every key", (("type", "Name", "abc"), GO)),
    Kind("mouse-dead", "swallows every press and click", see="pressed 0"),
    Kind("clipboard", "fills the clipboard without end", (("press", "", "Control+A"), ("press", "", "Control+C"), GO)),
    Kind("permissions", "asks for every permission and a file"),
    Kind("downloads", "ten downloads from one click, under odd names"),
    Kind("resize", "makes its window as small as it can"),
    Kind("viewport-meta", "zooms and turns its root"),
    Kind(
        "text-odd",
        "halves of pairs, NUL, directions, control characters",
        (GO, ("type", "odd \ufffd button", "x")),
        error="NotEditable: button 'odd \ufffd button'",
    ),
    Kind("text-cut-pairs", "words that any limit cuts inside a pair"),
    Kind("text-zero-width", "names of no width"),
    Kind("slow-parts", "pictures, scripts and requests that never end"),
    _odd("slow-css", "a style sheet that never comes", GO, hasty=True),
    Kind("slow-script", "a script that never comes"),
    Kind("fetch-storm", "100 requests a second"),
    Kind("service-worker", "a worker that answers no request", leave="elsewhere"),
)  # fmt: skip
KINDS = (*DIALOGS, *SIZES, *LOOPS, *MOVES, *DOCUMENTS, *OVERRIDES, *LOOKS)


class Site(NamedTuple):
    """``url``: ``http://127.0.0.1:PORT/``; ``other``: ``localhost:PORT`` of the second origin."""

    url: str
    other: str


@contextmanager
def serve_hostile() -> Iterator[Site]:
    """The pages on two origins."""
    with _Server() as here, _Server() as there:
        here.other, there.other = f"http://localhost:{there.server_port}", f"http://127.0.0.1:{here.server_port}"
        for server in (here, there):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield Site(there.other + "/", here.other.removeprefix("http://"))
        finally:
            for server in (here, there):
                server.over.set()
                server.shutdown()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    other = ""

    def __init__(self) -> None:
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a browser drops connections whenever it navigates


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = self.path.split("?")[0].lstrip("/")
        name = path.split("/")[0]
        if name.startswith("never."):
            self.server.over.wait()
        elif name in _MADE:
            _MADE[name](self, path)
        else:
            self._file(path)

    def do_POST(self) -> None:
        self.do_GET()

    def _file(self, path: str) -> None:
        file = HOSTILE / path
        if not file.resolve().is_relative_to(HOSTILE) or not file.is_file():
            return self.send_error(404)
        self.answer(file.read_bytes(), TYPES[file.suffix] + "; charset=utf-8")

    def answer(self, body: bytes, kind: str, code: int = 200, **headers: str) -> None:
        """A whole page; HTML gets its title and its honest control."""
        if kind.startswith("text/html"):
            body = b"<!doctype html><title>Page</title>\n" + body.replace(b"{{HONEST}}", HONEST)
            body = body.replace(b"{{OTHER_ORIGIN}}", self.server.other.encode())
        self.begin(kind, code, **{"Content_Length": str(len(body)), **headers})
        self.wfile.write(body)

    def begin(self, kind: str, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()

    def drip(self, piece: bytes, seconds: float) -> None:
        """The same bytes again and again."""
        while not self.server.over.wait(seconds):
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass


HTML = "text/html; charset=utf-8"


def _redirect(handler: _Handler, path: str) -> None:
    n = int(path.rpartition("/")[2] or 0)
    handler.begin(HTML, 302, Location=f"/redirect/{n + 1}", Content_Length="0")


def _endless(handler: _Handler, path: str) -> None:
    handler.begin(HTML)
    handler.wfile.write(b"<!doctype html><title>Page</title>" + HONEST)
    handler.drip(b"<p>more</p>" * 20, 0.02)


def _mixed(handler: _Handler, path: str) -> None:
    handler.begin("multipart/x-mixed-replace; boundary=cut")
    handler.drip(b"--cut\r\nContent-Type: text/html\r\n\r\n<button>Part</button>\r\n", 0.05)


_MADE: dict[str, Callable[[_Handler, str], None]] = {
    "redirect": _redirect,
    "redirects.html": lambda h, _: h.begin(HTML, 302, Location="/redirect/0", Content_Length="0"),
    "endless": _endless,
    "mixed": _mixed,
    "garbage": lambda h, _: h.answer(b"\x00\xff" * 5000, HTML, Content_Encoding="gzip"),
    "nothing": lambda h, _: h.begin(HTML, 204),
    "password": lambda h, _: h.answer(b"{{HONEST}}", HTML, 401, WWW_Authenticate='Basic realm="x"'),
    "cut": lambda h, _: h.answer(b"<button>Half</but", HTML, Content_Length="99999"),
    "binary": lambda h, _: h.answer(bytes(range(256)) * 100, "application/x-unheard-of"),
    "header": lambda h, _: h.answer(b"{{HONEST}}", HTML, X_Long="x" * 200_000),
}


if __name__ == "__main__":
    with serve_hostile() as site:
        print(*(f"{site.url}{kind.path}  {kind.about}" for kind in KINDS), sep="\n")
        input("Enter ends it. ")
