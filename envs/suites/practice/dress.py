"""How a site looks and what stands around its pages: colours, fonts, ways, asides, foot; a start page."""

from __future__ import annotations

from typing import Any

from .draw import Draw
from .quest import Block, Builder

FONTS = (
    "sans-serif",
    "serif",
    "Verdana, sans-serif",
    "Georgia, serif",
    "'Trebuchet MS', sans-serif",
    "system-ui",
    "'DejaVu Sans Mono', monospace",
)

FOOT = ("Imprint", "Privacy policy", "Accessibility", "Terms", "Jobs", "Press", "Site map", "Sponsors", "Help")


def dressed(b: Builder, cookies: dict[str, Any] | None) -> dict[str, Any]:
    """The whole description of a site."""
    d = b.d
    brand = f"{d.word('firm')} {d.word('trade')}"
    _start_page(b, brand)
    links = [("Home", "home"), *d.mixed(b.links)] if d.chance(0.7) else d.mixed(b.links)
    kind = d.pick(("bar", "bar", "list", "tabbed", "pills", "burger"))
    nav = {"kind": kind, "links": links, "label": d.pick(("Menu", "Navigation", "Pages", "Site menu"))}
    for name, page in b.pages.items():
        page.setdefault("title", name)
    return {
        "brand": brand, "pages": b.pages, "nav": nav, "style": _style(d), "cookies": cookies, "counter": b.counter,
        "strip": d.word("prose") if d.chance(0.25) else None, "aside": _aside(b) if d.chance(0.35) else None,
        "foot": _foot(b) if d.chance(0.7) else None,
    }  # fmt: skip


def _start_page(b: Builder, brand: str) -> None:
    """A page with some words, a picture, and the ways once more."""
    d = b.d
    blocks: list[Block] = [{"block": "words", "lines": d.few("prose", d.number(1, 3))}]
    if d.chance(0.5):
        blocks.insert(
            0, {"block": "picture", "colours": d.colours(), "alt": d.pick(("", f"{d.word('city')} in spring"))}
        )
    if d.chance(0.4):
        blocks.append(
            {
                "block": "links",
                "links": [[label, page, d.word("prose") if d.chance(0.4) else ""] for label, page in b.links],
                "how": "link",
                "heading": d.pick(("", "Quick links", "Most visited")),
            }
        )
    if d.chance(0.3):
        blocks.append(
            {
                "block": "table",
                "columns": ["Date", "News"],
                "rows": [[d.day().isoformat(), d.word("subject")] for _ in range(d.number(2, 6))],
            }
        )
    heading = d.pick((f"Welcome to {brand}", brand, "Good to see you", "Welcome"))
    b.pages["home"] = {"title": "Home", "heading": heading, "blocks": blocks}


def _style(d: Draw) -> dict[str, Any]:
    hue = d.number(0, 359)
    dark = d.chance(0.12)
    colours = (
        {"ink": "#e8e8ea", "paper": "#1d1f24", "soft": "#2a2d34", "line": "#454a55"}
        if dark
        else {
            "ink": d.pick(("#222", "#1b2733", "#333", "#000")),
            "paper": d.pick(("#fff", "#fff", "#fdfbf6", "#f9fbfd")),
            "soft": f"hsl({hue} 25% 95%)",
            "line": f"hsl({hue} 15% 80%)",
        }
    )
    vars = {
        **colours,
        "accent": f"hsl({hue} {d.number(45, 85)}% {60 if dark else d.number(28, 42)}%)",
        "on": "#111" if dark else "#fff",
        "radius": d.pick(("0", "3px", "6px", "10px", "16px")),
        "font": d.pick(FONTS),
        "size": f"{d.number(13, 17)}px",
        "width": d.pick(("860px", "1040px", "1180px", "1280px")),
        "gap": d.pick(("8px", "12px", "16px", "22px")),
        "card": d.pick(("170px", "210px", "260px")),
    }
    classes = [
        c
        for c, share in (
            ("boxed", 0.35),
            ("shaded", 0.25 if not dark else 0.0),
            ("side", 0.2),
            ("dark-bar", 0.2),
            ("zebra", 0.4),
        )
        if d.chance(share)
    ]
    return {
        "vars": vars,
        "classes": classes,
        "depth": d.number(0, 4),
        "plain": d.chance(0.4),
        "asideFirst": d.chance(0.4),
    }


def _aside(b: Builder) -> list[Block]:
    d = b.d
    some: list[Block] = [
        {
            "block": "words",
            "heading": d.pick(("Did you know?", "Advertisement", "News", "Tip")),
            "head": d.pick(("h2", "h3")),
            "lines": d.few("prose", d.number(1, 3)),
        },
        {
            "block": "facts",
            "heading": "At a glance",
            "facts": [
                [name, d.word("city")] for name in d.some(("Founded by a family of", "Head office", "Partner town"), 2)
            ],
        },
        {"block": "picture", "colours": d.colours(), "alt": "Advertisement"},
    ]
    return d.some(some, d.number(1, 3))


def _foot(b: Builder) -> list[dict[str, Any]]:
    """Columns of links that lead somewhere, so that a page has more ways than the ones needed."""
    d = b.d
    taken = {label for label, _ in b.links}
    free = [label for label in FOOT if label not in taken]
    labels = d.some(free, d.number(2, len(free)))
    for label in labels:
        page = f"about-{label.lower().replace(' ', '-')}"
        b.pages[page] = {"title": label, "heading": label, "blocks": [{"block": "words", "lines": d.few("prose", 2)}]}
    columns = d.number(1, 2)
    parts: list[dict[str, Any]] = [
        {
            "heading": d.pick(("", "More", "Information", "About")),
            "links": [(label, f"about-{label.lower().replace(' ', '-')}") for label in labels[n::columns]],
        }
        for n in range(columns)
    ]
    return [*parts, {"text": f"© {d.number(2019, 2026)} {d.word('firm')}"}]
