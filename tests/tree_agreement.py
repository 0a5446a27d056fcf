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
from webagent.envs.suites.catalogue import task_ids
from webagent.envs.suites.server import StaticServer
from webagent.envs.types import ActionTree, Element

BUDGET = 5000
DEMO = Path(str(files("webagent.envs.suites"))) / "demo"

OUTER = "document.documentElement.outerHTML"
WHOLE = """(() => {
  const VOID = new Set(["area","base","br","col","embed","hr","img","input","link","meta","source","track","wbr"]);
  const RAW = new Set(["script","style","xmp","iframe","noembed","noframes","noscript"]);
  const quote = (s) => s.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
  const css = (sheet) => { try { return [...sheet.cssRules].map((r) => r.cssText).join("\\n"); } catch { return ""; } };
  const write = (node) => {
    if (node.nodeType === 3) return RAW.has(node.parentNode.localName) ? node.data : node.data.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    if (node.nodeType !== 1) return "";
    const tag = node.localName;
    if (tag === "script") return "";
    if (tag === "link" && node.sheet) return `<style>${css(node.sheet)}</style>`;
    let attributes = [...node.attributes].filter((a) => !(tag === "iframe" && a.name === "srcdoc")).map((a) => ` ${a.name}="${quote(a.value)}"`).join("");
    if (tag === "iframe" && node.contentDocument) attributes += ` srcdoc="${quote(write(node.contentDocument.documentElement))}"`;
    if (VOID.has(tag)) return `<${tag}${attributes}>`;
    const root = node.shadowRoot ? `<template shadowrootmode="open">${kids(node.shadowRoot)}</template>` : "";
    return `<${tag}${attributes}>${root}${tag === "template" ? node.innerHTML : kids(node)}</${tag}>`;
  };
  const kids = (node) => [...node.childNodes].map(write).join("");
  return write(document.documentElement);
})()"""
MARKED = """(() => {
  const kinds = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "dblclick", "dragstart", "drop"];
  const f = [];
  let n = 0;
  const visit = (root) => {
    for (const el of root.querySelectorAll("*")) {
      if (kinds.some((kind) => el.hasAttribute("on" + kind))) f.push(n);
      n++;
      if (el.shadowRoot) visit(el.shadowRoot);
      if ((el.localName === "iframe" || el.localName === "frame") && el.contentDocument) visit(el.contentDocument);
    }
  };
  visit(document);
  return { n: document.getElementsByTagName("*").length, all: n, f };
})()"""
START = """(() => {
  if (typeof core === "undefined" || !document.getElementById("sync-task-cover")) return false;
  core.EPISODE_MAX_TIME = 1e9;
  Math.seedrandom("7");
  core.startEpisodeReal();
  return true;
})()"""


@dataclass(frozen=True)
class Page:
    """``start``: JavaScript that brings it to the moment of comparison."""

    group: str
    name: str
    url: str
    start: str = "true"


@dataclass(frozen=True)
class Comparison:
    """Shares of elements that agree, and how many elements only a script's listeners made."""

    page: Page
    raw: float
    unlistened: float
    whole: float
    size: int
    listeners: int
    live: ActionTree
    saved: ActionTree


def rows(tree: ActionTree) -> list[tuple[str, str, str, str]]:
    return [(e.role, e.name, *_parent(tree, e)) for e in tree.elements]


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
    return [line for line in difflib.unified_diff(a, b, "live", "saved", lineterm="", n=1)]


async def compare(session: Session, page: Page) -> Comparison:
    """Read one page in all the ways of this file."""
    await session.goto("about:blank")
    await session.goto(page.url)
    await session.observe()
    await session.evaluate(page.start)
    live = (await session.observe()).tree
    outer = await session.evaluate(OUTER)
    whole = await session.evaluate(WHOLE)
    marked = await session.evaluate(MARKED)

    async def listeners() -> dict[str, Any]:
        return marked

    session.tab.main.listeners = listeners
    unlistened = (await session.observe("input")).tree
    del session.tab.main.listeners
    url = session.page.url
    saved = tree_from_html(outer, url=url, budget=BUDGET)
    saved_whole = tree_from_html(whole, url=url, budget=BUDGET)
    only = sum(e.actionable for e in live.elements) - sum(e.actionable for e in unlistened.elements)
    return Comparison(
        page, agreement(live, saved), agreement(unlistened, saved), agreement(unlistened, saved_whole),
        len(live.elements), only, unlistened, saved_whole,
    )  # fmt: skip


def pages(stack: ExitStack, groups: Iterable[str]) -> Iterator[Page]:
    if "miniwob" in groups:
        root = Path(str(files("miniwob"))) / "html"
        server = stack.enter_context(StaticServer(root))
        for task in task_ids():
            suite, _, name = task.partition(".")
            if suite == "miniwob" and (root / "miniwob" / f"{name}.html").is_file():
                yield Page("miniwob", name, f"{server.url}miniwob/{name}.html", START)
    if "demo" in groups:
        server = stack.enter_context(StaticServer(DEMO))
        yield from (Page("demo", path.stem, f"{server.url}{path.name}") for path in sorted(DEMO.glob("*.html")))
    if "awkward" in groups:
        root_url = stack.enter_context(serve_awkward())
        for entry in read_manifest():
            yield Page("awkward", entry["page"], root_url + entry["page"])


def measure(browser: Browser, groups: Iterable[str], name: str = "") -> list[Comparison]:
    found = []
    with ExitStack() as stack:
        session = browser.call(Session.open(browser.native, Options(budget=BUDGET)))
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
        shares = " ".join(f"{100 * share:5.1f}" for share in (c.raw, c.unlistened, c.whole))
        lines.append(f"{shares} {c.size:5d} {c.listeners:4d}  {c.page.group} {c.page.name}")
        lines += differences(c.live, c.saved) if with_differences else []
    for group in dict.fromkeys(c.page.group for c in comparisons):
        mine = [c for c in comparisons if c.page.group == group]
        shares = " ".join(f"{100 * overall(mine, key):5.1f}" for key in ("raw", "unlistened", "whole"))
        size, count = sum(c.size for c in mine), sum(c.listeners for c in mine)
        lines.append(f"{shares} {size:5d} {count:4d}  {group}: all {len(mine)} pages")
    return "\n".join(lines)


if __name__ == "__main__":
    wanted = sys.argv[1:2] or ["miniwob", "demo", "awkward"]
    with Browser() as chromium:
        print(report(measure(chromium, wanted, *sys.argv[2:3]), with_differences=len(sys.argv) > 2))
