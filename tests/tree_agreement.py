"""How far the tree of saved markup agrees with the tree of the live page.

``python tests/tree_agreement.py [miniwob|demo|awkward] [NAME]`` prints one line a page, and with NAME the differences.

Each page is read three ways at the same moment: live; live with only the listeners that markup shows (``onclick=…``);
and ``tree_from_html`` of the markup. Two markups are compared: ``outerHTML``, which lacks style sheets in files, frames
and shadow roots; and the page "saved whole" as browsers save it, which has them inside.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from awkward_site import read_manifest, serve_awkward

from webagent.envs.browser import Browser
from webagent.envs.html import tree_from_html
from webagent.envs.session import Options, Session
from webagent.envs.suites.catalogue import make_scenario, task_ids
from webagent.envs.suites.server import StaticServer
from webagent.envs.types import ActionTree, Element

BUDGET = 5000
SEED = 7
DEMO = Path(str(files("webagent.envs.suites"))) / "demo"

OUTER = "document.documentElement.outerHTML"
WHOLE = r"""(() => {
  const EMPTY = new Set(["area", "base", "br", "col", "embed", "hr", "img", "input", "meta", "source", "track", "wbr"]);
  const RAW = new Set(["style", "xmp", "iframe", "noembed", "noframes", "noscript"]);
  const text = (s) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const attribute = (name, s) => ` ${name}="${s.replace(/&/g, "&amp;").replace(/"/g, "&quot;")}"`;
  const rules = (sheet) => {
    try { return [...sheet.cssRules].map((r) => r.cssText).join("\n"); } catch { return ""; }
  };
  const kids = (node) => [...node.childNodes].map(write).join("");
  const write = (node) => {
    if (node.nodeType === 3) return RAW.has(node.parentNode.localName) ? node.data : text(node.data);
    if (node.nodeType !== 1 || node.localName === "script") return "";
    const tag = node.localName;
    if (tag === "link") return node.sheet ? `<style>${rules(node.sheet)}</style>` : "";
    const inner = tag === "iframe" && node.contentDocument;
    let head = tag;
    for (const a of node.attributes) if (!(inner && a.name === "srcdoc")) head += attribute(a.name, a.value);
    if (inner) head += attribute("srcdoc", write(inner.documentElement));
    if (EMPTY.has(tag)) return `<${head}>`;
    const shadow = node.shadowRoot ? `<template shadowrootmode="open">${kids(node.shadowRoot)}</template>` : "";
    return `<${head}>${shadow}${tag === "template" ? node.innerHTML : kids(node)}</${tag}>`;
  };
  return write(document.documentElement);
})()"""
MARKED = """(() => {
  const kinds = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "dblclick", "dragstart"];
  const f = [];
  let n = 0;
  const visit = (root) => {
    for (const el of root.querySelectorAll("*")) {
      if ([...kinds, "drop"].some((kind) => el.hasAttribute("on" + kind))) f.push(n);
      n++;
      if (el.shadowRoot) visit(el.shadowRoot);
      if ((el.localName === "iframe" || el.localName === "frame") && el.contentDocument) visit(el.contentDocument);
    }
  };
  visit(document);
  return { n: document.getElementsByTagName("*").length, all: n, f };
})()"""
HAS_MORE = """[...document.querySelectorAll("*")].some(
  (e) => e.shadowRoot || (e.localName === "iframe" && !e.hasAttribute("srcdoc")))"""


@dataclass(frozen=True)
class Page:
    group: str
    name: str
    url: str = ""
    task: str = ""


@dataclass(frozen=True)
class Comparison:
    """Shares of elements that agree.

    ``raw``: live and ``outerHTML``. ``unlistened``: the same, with the live page's listeners set aside where markup
    does not show them. ``whole``: the same, with the page saved whole. ``size``: elements of the live tree.
    ``listeners``: actionables that only listeners make. ``static``: the page stands still and has no frames and no
    shadow roots.
    """

    page: Page
    raw: float
    unlistened: float
    whole: float
    size: int
    listeners: int
    static: bool
    live: ActionTree
    saved: ActionTree


def rows(tree: ActionTree) -> list[tuple[str, str, str, str]]:
    """Painted marks without words are left out: no markup tells what is painted."""
    told = (e for e in tree.elements if e.role != "img" or e.name or e.tag in ("img", "svg"))
    return [(e.role, e.name, *_parent(tree, e)) for e in told]


def _parent(tree: ActionTree, e: Element) -> tuple[str, str]:
    up = tree.find(e.parent) if e.parent else None
    return (up.role, up.name) if up else ("", "")


def agreement(live: ActionTree, saved: ActionTree) -> float:
    """Elements with the same role, name and parent (its role and name), as a share of the longer tree."""
    a, b = rows(live), rows(saved)
    matcher = difflib.SequenceMatcher(None, [r[:2] for r in a], [r[:2] for r in b], autojunk=False)
    same = sum(a[i + k] == b[j + k] for i, j, n in matcher.get_matching_blocks() for k in range(n))
    return same / max(len(a), len(b)) if a or b else 1.0


def differences(live: ActionTree, saved: ActionTree) -> list[str]:
    a, b = ([f"{role} {name!r} in {up} {upname!r}" for role, name, up, upname in rows(t)] for t in (live, saved))
    return list(difflib.unified_diff(a, b, "live", "saved", lineterm="", n=1))


async def compare(session: Session, page: Page) -> Comparison:
    """Read one page in all the ways of this file."""
    await session.goto("about:blank")
    if page.task:
        await make_scenario(page.task).start(session, SEED)
    else:
        await session.goto(page.url)
    live = (await session.observe()).tree
    outer, whole, marked, has_more = await session.evaluate(f"[{OUTER}, {WHOLE}, {MARKED}, {HAS_MORE}]")
    still = rows((await session.observe()).tree) == rows(live)

    async def listeners() -> dict[str, Any]:
        return marked

    session.tab.main.listeners = listeners
    session.tab.main.asked = 0.0  # so that the next look asks again
    unlistened = (await session.observe("input")).tree
    del session.tab.main.listeners
    session.tab.main.asked = 0.0
    url = session.page.url
    saved = tree_from_html(outer, url=url, budget=BUDGET)
    saved_whole = tree_from_html(whole, url=url, budget=BUDGET)
    only = sum(e.actionable for e in live.elements) - sum(e.actionable for e in unlistened.elements)
    return Comparison(
        page, agreement(live, saved), agreement(unlistened, saved), agreement(unlistened, saved_whole),
        len(live.elements), only, still and not has_more, unlistened, saved_whole,
    )  # fmt: skip


def pages(stack: ExitStack, groups: Iterable[str]) -> Iterator[Page]:
    if "miniwob" in groups:
        yield from (Page("miniwob", task.split(".", 1)[1], task=task) for task in task_ids() if task[:8] == "miniwob.")
    if "demo" in groups:
        server = stack.enter_context(StaticServer(DEMO))
        yield from (Page("demo", path.stem, f"{server.url}{path.name}") for path in sorted(DEMO.glob("*.html")))
    if "awkward" in groups:
        root = stack.enter_context(serve_awkward())
        yield from (Page("awkward", entry["page"], root + entry["page"]) for entry in read_manifest())


def measure(browser: Browser, groups: Iterable[str], name: str = "") -> list[Comparison]:
    """Compare every page of these groups whose name holds ``name``."""
    found = []
    with ExitStack() as stack:
        options = Options(budget=BUDGET, viewport=(1280, 720))
        session = browser.call(Session.open(browser.native, options))
        stack.callback(lambda: browser.call(session.close()))
        for page in pages(stack, groups):
            if name in page.name:
                found.append(browser.call(compare(session, page)))
    return found


def overall(comparisons: list[Comparison], key: str) -> float:
    """Mean over all elements of all pages."""
    return sum(getattr(c, key) * c.size for c in comparisons) / max(1, sum(c.size for c in comparisons))


def report(comparisons: list[Comparison], with_differences: bool = False) -> str:
    lines = ["  raw  -lst whole   els  lst"]
    for c in comparisons:
        moves = "" if c.static else "  (not static)"
        lines.append(f"{_shares([c])} {c.size:5d} {c.listeners:4d}  {c.page.group} {c.page.name}{moves}")
        lines += differences(c.live, c.saved) if with_differences else []
    for group in dict.fromkeys(c.page.group for c in comparisons):
        for kind, wanted in (("static", (True,)), ("all", (True, False))):
            mine = [c for c in comparisons if c.page.group == group and c.static in wanted]
            size, count = sum(c.size for c in mine), sum(c.listeners for c in mine)
            lines.append(f"{_shares(mine)} {size:5d} {count:4d}  {group}: {kind} {len(mine)} pages")
    return "\n".join(lines)


def _shares(comparisons: list[Comparison]) -> str:
    return " ".join(f"{100 * overall(comparisons, key):5.1f}" for key in ("raw", "unlistened", "whole"))


if __name__ == "__main__":
    wanted = sys.argv[1:2] or ["miniwob", "demo", "awkward"]
    with Browser() as chromium:
        print(report(measure(chromium, wanted, *sys.argv[2:3]), with_differences=len(sys.argv) > 2))
