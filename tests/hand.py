"""A person's hand: real mouse and key events through an X server, over a site with many kinds of doing.

    PYTHONPATH=tests .venv/bin/python tests/hand.py [--only GLOB] [--keep FOLDER] [--replay] [--export] [--kill N]

Xvfb and xdotool drive ``webagent record`` from outside: nothing of Playwright's acts. Each ``Doing`` says what
the hand does and what must have been recorded. Prints one line a doing and, last, one JSON document.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hand_doings import SECRETS, Doing, Hand, doings

SITE = Path(__file__).parent / "pages" / "hand"


class Site(http.server.SimpleHTTPRequestHandler):
    """The pages, and where the pointer was when the page first saw it."""

    where: dict[str, float]

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/where":
            type(self).where.update({k: float(v[0]) for k, v in parse_qs(asked.query).items()})
            self.send_response(204)
            return self.end_headers()
        super().do_GET()

    def log_message(self, *_: Any) -> None: ...


@contextlib.contextmanager
def serving() -> Iterator[tuple[int, dict[str, float]]]:
    """The site on a port of its own, reachable as 127.0.0.1 and, as another site, as localhost."""
    where: dict[str, float] = {}
    handler = type("Handler", (Site,), {"where": where})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=SITE))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, where
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextlib.contextmanager
def display() -> Iterator[str]:
    """An X server of our own."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1880x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as told:
        name = f":{told.readline().strip()}"
    try:
        yield name
    finally:
        server.terminate()
        server.wait(10)


def steps_of(folder: Path) -> list[dict[str, Any]]:
    found = sorted(folder.glob("episodes/*/steps.jsonl"))
    return [json.loads(line)["step"] for line in found[0].read_text().splitlines()] if found else []


def told(step: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """Op, name of the target and text of one step."""
    action, elements = step["action"], step["observation"]["tree"]["elements"]
    names = {e["ref"]: e["name"] for e in elements}
    return action["op"], names.get(action["target"]), action["text"]


def holds(found: list[tuple[str, str | None, str | None]], wanted: Doing) -> bool:
    """Whether the wanted steps are among those found, in order."""
    rest = iter(found)
    return all(
        any(op == w[0] and w[1] in (None, name) and w[2] in (None, text) for op, name, text in rest)
        for w in wanted.wanted
    )


def leaks(folder: Path) -> list[str]:
    """Files in which a secret stands, whatever their format."""
    bad = []
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        bad += [f"{path.name}: {secret}" for secret in SECRETS if secret.encode() in data]
    return bad


@contextlib.contextmanager
def recording(out: Path, url: str, name: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "webagent", "record", url, "--out", str(out)]
    with (out.parent / "record.log").open("ab") as log:
        process = subprocess.Popen(command, env={**os.environ, "DISPLAY": name}, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(150)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def show(out: Path, pattern: str, name: str, port: int, where: dict[str, float]) -> dict[str, bool]:
    """Do everything whose kind matches, and see what was recorded of each."""
    hand = Hand(name)
    right: dict[str, bool] = {}
    with recording(out, f"http://127.0.0.1:{port}/index.html", name):
        hand.find(where)
        time.sleep(2.0)
        for doing in doings(port, out.parent):
            if not any(fnmatch(doing.kind, part) for part in pattern.split(",")):
                continue
            before = len(steps_of(out))
            doing.act(hand)
            end = time.monotonic() + 4.0
            found: list[tuple[str, str | None, str | None]] = []
            while not holds(found, doing) and time.monotonic() < end:
                time.sleep(0.2)
                found = [told(step) for step in steps_of(out)[before:]]
            right[doing.kind] = holds(found, doing)
            print("ok  " if right[doing.kind] else "FAIL", doing.kind, found, flush=True)
    return right


def kill_and_read(folder: Path, name: str, times: int) -> dict[str, int]:
    """Kill recordings at random moments while the hand works; how many left a valid episode and a sound corpus."""
    from webagent.datasets import read_episode
    from webagent.datasets.corpus import Corpus

    sound = steps = 0
    chance = random.Random(7)
    for n in range(times):
        out = folder / f"killed-{n}"
        with serving() as (port, where), recording(out, f"http://127.0.0.1:{port}/index.html", name) as process:
            hand = Hand(name)
            hand.find(where)
            killer = threading.Timer(chance.uniform(1.0, 9.0), process.kill)
            killer.start()
            for x, y in [(90, 37), (200, 27), (90, 97), (250, 437), (570, 507), (30, 150)] * 3:
                if process.poll() is None:
                    hand.click(x, y)
            killer.join()
        damage: list[str] = []
        episode, _ = read_episode(next((out / "episodes").iterdir()))
        kept = list(Corpus(str(out), damage.append).episodes())
        steps += len(episode.steps)
        sound += not damage and len(kept) == 1 and "damaged" not in episode.info and episode.source == "human"
        print(f"killed: {len(episode.steps)} steps, {len(kept[0].steps)} in the corpus, damage {damage}", flush=True)
    return {"times": times, "sound": sound, "steps": steps}


def run_exported(folder: Path, form: str, secrets: dict[str, str]) -> dict[str, Any]:
    """Export what was shown, and run that in a process of its own: how it ended, and where the script ended up."""
    from webagent.datasets import read_episode
    from webagent.envs.chromium import find_browser

    script = folder / f"{form}_of_shown.py"
    make = [sys.executable, "-m", "webagent", "export", str(folder / "shown"), "--to", form, "--out", str(script)]
    subprocess.run(make, check=True, timeout=60, stdout=subprocess.DEVNULL)
    how = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if form == "pytest" else []
    environment = {**os.environ, **secrets, "WEBAGENT_BROWSER": str(find_browser())}
    done = subprocess.run(
        [sys.executable, *how, str(script)], capture_output=True, text=True, timeout=300, cwd=folder, env=environment
    )
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:])
    final = read_episode(folder / "shown")[0].final
    told = {"ran": done.returncode == 0, "leaks": sum(s in script.read_text() for s in SECRETS)}
    return told if form == "pytest" else {**told, "same": done.stdout.splitlines() == [final.url, final.title]}


def run_imported(folder: Path, secrets: dict[str, str]) -> dict[str, Any]:
    """Import the exported script, as one of another tool, and replay that: how far it came."""
    corpus = folder / "imported"
    webagent = [sys.executable, "-m", "webagent"]
    script = str(folder / "playwright_of_shown.py")
    made = [*webagent, "data", "import", "codegen", script, "--out", str(corpus)]
    subprocess.run(made, check=True, timeout=60, stdout=subprocess.DEVNULL)
    if (folder / "playwright_of_shown_files").is_dir():
        shutil.copytree(folder / "playwright_of_shown_files", corpus / "uploads")
    named = [word for name in secrets for word in ("--secret", f"{name}={name}")]
    done = subprocess.run([*webagent, "replay", str(corpus), "--json", *named], capture_output=True, text=True,
                          timeout=300, check=False, env={**os.environ, **secrets})  # fmt: skip
    print(done.stderr)
    told = json.loads(done.stdout)["data"]
    return {"steps": len(told["steps"]), **{key: told[key] for key in ("of", "stopped")}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--export", action="store_true", help="and run the exported script and test")
    parser.add_argument(
        "--kill", type=int, default=0, metavar="N", help="instead: kill N recordings, read what is left"
    )
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="webagent-hand-"))
    folder.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {}
    if args.kill:
        with display() as name:
            print(json.dumps(kill_and_read(folder, name, args.kill)))
        return 0
    with serving() as (port, where), display() as name:
        right = show(folder / "shown", args.only, name, port, where)
        result = {"kinds": len(right), "right": sum(right.values()), "leaks": leaks(folder / "shown")}
        secrets = dict(zip(("PASSWORD", "CARD_NUMBER", "INNER_SECRET"), SECRETS, strict=True))
        if args.replay:
            command = [sys.executable, "-m", "webagent", "replay", str(folder / "shown"), "--json"]
            for secret, value in secrets.items():
                os.environ[f"HAND_{secret}"] = value
                command += ["--secret", f"{secret}=HAND_{secret}"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            print(done.stderr)
            result["replay"] = {k: v for k, v in json.loads(done.stdout)["data"].items() if k != "steps"}
        if args.export:
            result["export"] = {form: run_exported(folder, form, secrets) for form in ("playwright", "pytest")}
            result["imported"] = run_imported(folder, secrets)
    print((folder / "record.log").read_text()[-3000:])
    if not args.keep:
        shutil.rmtree(folder)
    print(json.dumps(result))
    return 0 if result["right"] == result["kinds"] and not result["leaks"] else 1


if __name__ == "__main__":
    sys.exit(main())
