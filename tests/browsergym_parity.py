"""The same actions in BrowserGym and in our view of it: do they leave the same page, does the agent see the same?

    python tests/browsergym_parity.py --peer-python OTHER/bin/python [--looks] [--only click] [--out FOLDER]

OTHER is an environment in which ``browsergym-core`` is installed. The script runs itself there (``--side peer``) and
here (``--side ours``), each case on a fresh page served from loopback, and compares what both wrote down. Cases are in
``browsergym_cases.py``. State is what the page's own script tells (``pages/browsergym/record.js``).

BrowserGym runs as it is but for two things. Both of its browsers are given the path of ours. And its screenshot leaves
the window's size alone: as BrowserGym makes it, a protocol session that holds the size is detached, which in newer
versions of Chromium sets the window to 800 x 600 for the rest of the episode.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from browsergym_cases import CASES, LOOKS, PAGES, Case

HERE = Path(__file__).resolve().parent
READ = ("dom_object", "axtree_object", "extra_element_properties")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def served() -> Iterator[int]:
    """The pages on a port of loopback, under both of its names."""
    server = http.server.ThreadingHTTPServer(("", 0), partial(Quiet, directory=str(PAGES)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


# ---- either side -----------------------------------------------------------------------------------------------------


def play(env: Any, case: Case, url: str, folder: Path) -> dict[str, Any]:
    """One case on a fresh page: what the agent saw, and what the pages say of themselves."""
    env.unwrapped.task_kwargs["start_url"] = url + case.page
    observation, _ = env.reset(seed=0)
    first = observation
    began = time.time()
    words = {"url": url + "browsergym/", "dir": str(folder)}
    for action in (*case.before, case.action):
        words |= bids_by_id(observation["dom_object"])  # also of what has left the page since
        text = action.format_map(words)
        observation, reward, terminated, truncated, info = env.step(text)
    raw = env.unwrapped
    return {
        "first": seen(first), "last": seen(observation), "states": states(raw.context), "action": text,
        "error": observation["last_action_error"], "result": [reward, terminated, truncated],
        "info": sorted(info), "seconds": time.time() - began,
        "chat": [[m["role"], m["message"]] for m in observation["chat_messages"]][1:],
        "read": {key: observation[key] for key in READ},
        "read_first": {key: first[key] for key in READ},
    }  # fmt: skip


def bids_by_id(snapshot: dict[str, Any]) -> dict[str, str]:
    """Bids, quoted, by the HTML id of their element."""
    found = {}
    for _, attributes in elements(snapshot):
        if attributes.get("id") and attributes.get("bid"):
            found[attributes["id"]] = repr(attributes["bid"])
    return found


def elements(snapshot: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    strings = [*snapshot["strings"], ""]  # -1 is the empty string
    for document in snapshot["documents"]:
        nodes = document["nodes"]
        for name, flat in zip(nodes["nodeName"], nodes["attributes"], strict=True):
            yield strings[name], {strings[k]: strings[v] for k, v in zip(flat[::2], flat[1::2], strict=True)}


def seen(observation: dict[str, Any]) -> dict[str, Any]:
    """What of an observation must be the same on both sides."""
    return {
        "types": {k: kind(v) for k, v in sorted(observation.items())},
        "bids": [[t, a.get("id", ""), a["bid"]] for t, a in elements(observation["dom_object"]) if "bid" in a],
        "focused": observation["focused_element_bid"],
        "tabs": [len(observation["open_pages_urls"]), int(observation["active_page_index"][0])],
        "urls": [observation["url"], *observation["open_pages_urls"]],
        "titles": list(observation["open_pages_titles"]),
        "goal": [observation["goal"], list(observation["goal_object"])],
        "boxes": observation["extra_element_properties"],
    }  # fmt: skip


def kind(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return type(value).__name__ + (f"{value.dtype}{list(shape)}" if shape is not None else "")


def states(context: Any) -> list[Any]:
    """What every frame of every tab says of itself."""
    script = "() => typeof state === 'function' ? state() : location.href"
    found = []
    for page in context.pages:
        for frame in page.frames:
            sandboxed = frame.parent_frame is not None and frame.frame_element().get_attribute("sandbox") is not None
            found.append("sandboxed" if sandboxed else frame.evaluate(script))
    return found


def ours(url: str, folder: Path) -> Any:
    from webagent.envs.browsergym import ActionSet, BrowserGymEnv, OpenEndedTask
    from webagent.envs.browsergym.functions import SUBSETS

    task = {"start_url": url, "goal": "Try it"}
    actions = ActionSet(list(SUBSETS)[:6])
    return BrowserGymEnv(OpenEndedTask, task, action_mapping=actions.to_python_code, files=folder)


def peer(url: str) -> Any:
    import base64
    import io

    import browsergym.core.env
    import gymnasium as gym
    import numpy
    import PIL.Image
    import playwright.sync_api as playwright
    from browsergym.core.action import functions
    from browsergym.core.action.highlevel import HighLevelActionSet

    launch = playwright.BrowserType.launch

    def launched(self: Any, **options: Any) -> Any:  # its chat window, too, starts a browser and takes no path
        options["executable_path"] = os.environ["PEER_BROWSER"]
        options["args"] = [*(options.get("args") or []), "--no-sandbox", "--disable-gpu"]
        return launch(self, **options)

    def screenshot(page: Any) -> Any:
        data = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "png"})["data"]
        return numpy.array(PIL.Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))

    playwright.BrowserType.launch = launched
    browsergym.core.env.extract_screenshot = screenshot
    subsets = ["chat", "infeas", "bid", "coord", "nav", "tab", "custom"]
    actions = HighLevelActionSet(subsets, custom_actions=[functions.check, functions.uncheck], demo_mode="off")
    return gym.make(
        "browsergym/openended", task_kwargs={"start_url": url, "goal": "Try it"}, slow_mo=0,
        action_mapping=actions.to_python_code, disable_env_checker=True,
    )  # fmt: skip


def chosen(given: argparse.Namespace) -> list[tuple[int, Case]]:
    return [(n, c) for n, c in enumerate(LOOKS if given.looks else CASES) if given.only in c.action + c.page]


def run_side(given: argparse.Namespace, folder: Path) -> None:
    side, url = given.side, given.url
    env = ours(url, folder) if side == "ours" else peer(url)
    for number, case in chosen(given):
        action = case.peer if side == "peer" and case.peer else case.action
        try:
            done = play(env, case._replace(action=action), url, folder)
        except Exception as error:  # noqa: BLE001 (BrowserGym raises from step where a page is odd; the case is lost then)
            done = {"raised": f"{type(error).__name__}: {error}"}
        (folder / f"{side}-{number}.json").write_text(json.dumps(done, default=list), encoding="utf8")
        print(side, number, case.page, action, flush=True)
    env.close()


def texts(folder: Path) -> None:
    """With BrowserGym's own functions: what its agents are shown of what either side read."""
    from browsergym.utils.obs import flatten_axtree_to_str, flatten_dom_to_str, prune_html

    for path in sorted(folder.glob("*-*.json")):
        data = json.loads(path.read_text(encoding="utf8"))
        for key in ("read", "read_first") if "read" in data else ():
            read = data.pop(key)
            marked = {"with_visible": True, "with_clickable": True, "with_som": True}
            boxes = read["extra_element_properties"]
            html = flatten_dom_to_str(read["dom_object"], boxes, **marked)
            data["axtree" + key[4:]] = flatten_axtree_to_str(read["axtree_object"], boxes, **marked)
            data["html" + key[4:]] = prune_html(html)
        path.write_text(json.dumps(data), encoding="utf8")


# ---- comparing -------------------------------------------------------------------------------------------------------


def error_of(text: str) -> str:
    """What of an error counts: all of what checks the action, the first line of what Playwright says."""
    name = text.split(":")[0]
    return name if name in ("TimeoutError", "Error") else text


def compare(folder: Path, cases: list[tuple[int, Case]]) -> int:
    aspects = ("state", "bids", "types", "error", "info", "focused", "tabs", "chat", "axtree", "html", "boxes")
    counts = dict.fromkeys(aspects, 0)
    seconds = {"ours": 0.0, "peer": 0.0}
    for number, case in cases:
        a, b = (json.loads((folder / f"{s}-{number}.json").read_text(encoding="utf8")) for s in ("peer", "ours"))
        if "raised" in a or "raised" in b:
            print(f"{case.page} {case.action}\n    raised: peer {a.get('raised')} | ours {b.get('raised')}")
            continue
        seconds["ours"] += b["seconds"]
        seconds["peer"] += a["seconds"]
        for aspect in aspects:
            wrong = difference(aspect, a, b)
            counts[aspect] += not wrong
            if wrong:
                print(f"{case.page} {case.action}\n    {aspect}: {wrong}")
    print(f"\nof {len(cases)} cases, the same on both sides:", json.dumps(counts))
    print("seconds for all steps:", {k: round(v, 1) for k, v in seconds.items()})
    return 0 if counts["state"] == len(cases) else 1


def difference(aspect: str, a: dict[str, Any], b: dict[str, Any]) -> str:
    """Where two sides differ in an aspect; "" if they do not. ``a`` is BrowserGym."""
    if aspect == "state":
        return first_difference(a["states"], b["states"])
    if aspect == "bids":
        return first_difference([a[k]["bids"] for k in ("first", "last")], [b[k]["bids"] for k in ("first", "last")])
    if aspect == "error":
        return first_difference(error_of(a["error"]), error_of(b["error"]))
    if aspect in ("axtree", "html"):
        keys = (aspect, aspect + "_first")
        return first_difference([a[k].splitlines() for k in keys], [b[k].splitlines() for k in keys])
    if aspect in ("info", "chat"):
        return first_difference([a[aspect], a["result"]], [b[aspect], b["result"]])
    if aspect == "tabs":
        keys = ("tabs", "urls", "titles", "goal")
        return first_difference([a["last"][k] for k in keys], [b["last"][k] for k in keys])
    return first_difference([a[k][aspect] for k in ("first", "last")], [b[k][aspect] for k in ("first", "last")])


def first_difference(a: Any, b: Any, path: str = "") -> str:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in a or key not in b:
                return f"{path}.{key}: only in {'ours' if key in b else 'peer'}"
            if found := first_difference(a[key], b[key], f"{path}.{key}"):
                return found
        return ""
    if isinstance(a, list) and isinstance(b, list):
        for n in range(max(len(a), len(b))):
            if n >= len(a) or n >= len(b):
                return f"{path}[{n}]: peer {a[n:][:3]} | ours {b[n:][:3]}"
            if found := first_difference(a[n], b[n], f"{path}[{n}]"):
                return found
        return ""
    return "" if a == b else f"{path}: peer {a!r:.300} | ours {b!r:.300}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", help="a Python in which browsergym-core is installed")
    parser.add_argument("--side", choices=["ours", "peer", "texts"], help="(used by the script itself)")
    parser.add_argument("--url", default="")
    parser.add_argument("--looks", action="store_true", help="compare what is seen of the awkward pages, do nothing")
    parser.add_argument("--only", default="", help="cases whose action or page holds this text")
    parser.add_argument("--out", default="", help="where the two sides write")
    given = parser.parse_args()
    folder = Path(given.out or "webagent-out/parity").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if given.side == "texts":
        texts(folder)
        return 0
    if given.side:
        run_side(given, folder)
        return 0
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(name, encoding="utf8")
    from webagent.envs.chromium import find_browser

    environment = {**os.environ, "PEER_BROWSER": str(find_browser()), "PYTHONSAFEPATH": "", "PYTHONPATH": str(HERE)}
    with served() as port:
        for side, python in (("ours", sys.executable), ("peer", given.peer_python)):
            command = [python, __file__, "--side", side, "--url", f"http://127.0.0.1:{port}/"]
            further = ["--only", given.only, "--out", str(folder), *(["--looks"] if given.looks else [])]
            subprocess.run([*command, *further], env=environment, check=True)
    subprocess.run([given.peer_python, __file__, "--side", "texts", "--out", str(folder)], env=environment, check=True)
    return compare(folder, chosen(given))


if __name__ == "__main__":
    sys.exit(main())
