"""Small recorded demonstrations of MiniWoB++, as the recorder of 2017 wrote them, for the tests of their reader."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

Node = dict[str, Any]


def node(tag: str, ref: int, *children: Node, box: tuple[float, ...] = (2, 60, 90, 20), **more: Any) -> Node:
    left, top, width, height = box
    made = {"tag": tag, "left": left, "top": top, "width": width, "height": height, "children": list(children)}
    return {**made, "id": "", "classes": "", "ref": ref, "bgColor": "rgba(0, 0, 0, 0)", **more}


def page(*children: Node, ref: int = 1) -> Node:
    area = node("DIV", ref + 2, *children, box=(0, 50, 160, 150), id="area")
    return node("BODY", ref, node("DIV", ref + 1, area, box=(0, 0, 160, 210), id="wrap"), box=(0, 0, 900, 210))


def aim(dom: Node, ref: int) -> Node:
    """A copy in which that node is marked as the target of the event."""
    children = [aim(child, ref) for child in dom["children"]]
    return {**dom, "children": children, **({"recordingTarget": True} if dom["ref"] == ref else {})}


def event(kind: str, dom: Node, ref: int, x: float = 5, **more: Any) -> list[dict[str, Any]]:
    """Both times that the recorder wrote an event down."""
    at = {} if kind.startswith("key") else {"x": x, "y": 70}
    done = [{"type": kind, **at, **more, "timing": timing} for timing in (1, 3)]
    return [{"time": 100, "action": action, "dom": aim(dom, ref)} for action in done]


def click(dom: Node, ref: int) -> list[dict[str, Any]]:
    return [state for kind in ("mousedown", "mouseup", "click") for state in event(kind, dom, ref)]


def key(dom: Node, ref: int, code: int = 65) -> list[dict[str, Any]]:
    return event("keydown", dom, ref, keyCode=code, charCode=0)


def record(*parts: list[dict[str, Any]], goal: str = "Press Go.", raw: float = 1, **more: Any) -> dict[str, Any]:
    states = [state for part in parts for state in part]
    start = [{"time": 0, "action": None, "dom": states[0]["dom"]}] if states else []
    return {
        "taskName": "click-button",
        "utterance": goal,
        **more,
        "states": start + states,
        "reward": raw / 2,
        "rawReward": raw,
    }


BUTTON = page(node("BUTTON", 5, text="Go"))


def packed(demo: object) -> bytes:
    return gzip.compress(json.dumps(demo).encode())


def archive(path: Path, files: dict[str, bytes | None]) -> Path:
    """A tar of these files; None makes a link that leads nowhere."""
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"2017/click-button/{name}.json.gz")
            if data is None:
                member.type, member.linkname = tarfile.SYMTYPE, "../elsewhere"
            member.size = len(data or b"")
            tar.addfile(member, io.BytesIO(data or b""))
    return path


def mixed(folder: Path) -> Path:
    """An archive with two good demonstrations and six others."""
    good = packed(record(click(BUTTON, 5)))
    files: dict[str, bytes | None] = {"click-button_A_d1": good, "click-button_A_d2": good, "linked": None}
    files["failed"] = packed(record(click(BUTTON, 5), raw=-1))
    files["partial"] = packed(record(click(BUTTON, 5), raw=0.5))
    files["cut"] = good[: len(good) // 2]
    files["other"] = packed([1, 2])
    files["empty"] = packed(record())
    return archive(folder / "demos.tar", files)
