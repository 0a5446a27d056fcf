"""HTML by construction: text becomes safe on the way in, so that a hostile page cannot speak in its own report.

    tag("p", "1 < 2", class_="note")     →  <p class="note">1 &lt; 2</p>

``document`` makes one file that needs neither network nor server, and whose policy lets nothing but its own script run.
"""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.resources
from typing import Any

VOID = frozenset({"img", "meta", "input", "br", "hr"})
# Control characters, and the direction marks that make one text read as another.
_CONTROL = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {0x09, 0x0A}
_DROPPED = dict.fromkeys(_CONTROL, "\ufffd")


class Html(str):
    """Text that is HTML already and will not be escaped again."""

    __slots__ = ()


def escape(text: object) -> Html:
    return text if isinstance(text, Html) else Html(html.escape(str(text).translate(_DROPPED), quote=True))


def join(*parts: object) -> Html:
    """One after the other; None is left out."""
    return Html("".join(escape(part) for part in parts if part is not None))


def tag(name: str, /, *children: object, **attributes: Any) -> Html:
    """An element. ``class_`` is ``class``, ``data_box`` is ``data-box``; None and False leave an attribute out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def svg(*children: object, width: float, height: float, **attributes: Any) -> Html:
    """An inline picture; ``width`` and ``height`` are its own units, its size on the page is the style sheet's."""
    box = f"0 0 {number(width)} {number(height)}"
    return Html(tag("svg", *children, viewBox=box, **attributes))


def number(value: float) -> str:
    """Short, without trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def picture(jpeg: bytes, alt: str) -> Html:
    data = base64.b64encode(jpeg).decode("ascii")
    return tag("img", src=f"data:image/jpeg;base64,{data}", alt=alt, loading="lazy", decoding="async")


def video(data: bytes, suffix: str, label: str) -> Html:
    """A player with the whole film inside. ``suffix``: ``.webm`` or ``.mp4``."""
    source = f"data:video/{suffix.lstrip('.')};base64,{base64.b64encode(data).decode('ascii')}"
    return tag("video", src=source, aria_label=label, controls=True, muted=True, playsinline=True, preload="metadata")


def document(title: str, *body: object) -> bytes:
    """The whole file, UTF-8."""
    style, script = _asset("style.css"), _asset("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    page = tag("html", head, tag("body", *body, tag("script", Html(script))), lang="en")
    return ("<!doctype html>\n" + page + "\n").encode("utf-8", "replace")


def _asset(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
