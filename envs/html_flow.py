"""Does a box of a saved page scroll? An estimate of what it holds, since nothing is laid out."""

from __future__ import annotations

import math
import re

from .html_css import SCREEN
from .html_dom import Node
from .html_style import look, px, size_of, style_of

# px, and what a line's height and a letter's width are of that; low, so that only what surely does not fit scrolls.
FONT, LINE, LETTER = 12.0, 1.2, 0.45
SMALL = 20.0  # px: an image or field that does not say how wide it is
PATIENCE = 2000  # nodes; a box of a fixed height that holds more than these scrolls
PAGE_PATIENCE = 50_000  # nodes, for all such boxes of a page
MAX_DEPTH = 60
_SCROLLS = re.compile("auto|scroll")
_REPLACED = frozenset({"img", "svg", "input", "select", "textarea"})


class Ruler:
    """Adds up the heights of blocks, and of the rows between them that text and small things fill.

    ``inline``: tags that flow with the text. One ruler serves a page, so that its patience does.
    """

    def __init__(self, inline: frozenset[str]) -> None:
        self.inline = inline
        self.width = SCREEN
        self.left = 0
        self.all_left = PAGE_PATIENCE

    def scrolls(self, node: Node) -> bool:
        """A box of a fixed height that may scroll, with more in it than fits."""
        style = style_of(node)
        if not style or not _SCROLLS.search(style.get("overflow-y") or style.get("overflow", "")):
            return False
        height = px(style.get("height", ""))
        height = px(style.get("max-height", "")) if height is None else height
        if not height or self.all_left <= 0:
            return False
        self.width = next((w for w in (px(style_of(n).get("width", "")) for n in node.up()) if w), SCREEN)
        font = next((f for f in (px(style_of(n).get("font-size", "")) for n in node.up()) if f), FONT)
        self.left = PATIENCE
        tall = self.height(node, font) > height
        self.all_left -= PATIENCE - self.left
        return tall

    def height(self, box: Node, font: float, depth: int = 0) -> float:
        total = used = tallest = 0.0
        if depth > MAX_DEPTH or self.left <= 0:
            return 0.0 if self.left > 0 else math.inf
        display = style_of(box).get("display", "")
        in_row = "flex" in display and "column" not in style_of(box).get("flex-direction", "")
        for kid in (box.shadow or box).kids:
            self.left -= 1
            style = style_of(kid) if kid.is_element else {}
            if not kid.is_element:
                used += len(kid.text.strip()) * LETTER * font
            elif not look(kid).rendered or style.get("position") in ("absolute", "fixed"):
                continue
            elif kid.tag == "br":
                total, used, tallest = total + max(tallest, self._lines(used or 1.0, font)), 0.0, 0.0
            else:
                wide, high = self._size(kid, style, font, depth)
                beside = in_row or self._flows(kid, style)
                if not beside or (used and used + wide > self.width and not in_row):
                    total, used, tallest = total + max(tallest, self._lines(used, font)), 0.0, 0.0
                if beside:
                    used, tallest = used + wide, max(tallest, high)
                else:
                    total += high
        return total + max(tallest, self._lines(used, font))

    def _size(self, kid: Node, style: dict[str, str], font: float, depth: int) -> tuple[float, float]:
        wide, high = size_of(kid)
        share = re.fullmatch(r"(\d+)(\.\d+)?%", style.get("width", ""))
        if wide is None:
            text = SMALL if kid.tag in _REPLACED else min(self.width, kid.length * LETTER * font)
            wide = int(share[1]) / 100 * self.width if share else text
        if high is None and kid.tag not in _REPLACED:
            high = self.height(kid, px(style.get("font-size", "")) or font, depth + 1)
        return wide, high or 0.0

    def _flows(self, kid: Node, style: dict[str, str]) -> bool:
        inline = kid.tag in self.inline or kid.tag in _REPLACED or kid.tag in ("td", "th", "button")
        display = style.get("display")
        return "float" in style or (inline if display is None else "inline" in display or "cell" in display)

    def _lines(self, used: float, font: float) -> float:
        return math.ceil(used / self.width) * LINE * font
