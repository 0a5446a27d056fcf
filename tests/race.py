"""Does an observation ever miss what its click did? Counted on ``pages/race.html``, whose clicks write in every way.

``python tests/race.py`` prints the table (``--observations 2000`` a line, ``--animated 300``). "Together": one click
writes in all four ways, and a change of one may buy time for another; "alone": each click writes in one way, in turns.
"Right away" clicks as soon as the last observation is there, by the aim that it took; "pause" waits a random time up to
so many ms before, so that clicks fall anywhere between two frames and the target is looked at again. The lines at level
``input`` prove that the page can tell: there the next task and the next frame have not come yet. The animations
(300 ms) are either waited for or told by ``settled == "busy"``; neither is "untold".
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from webagent.envs.browser import Browser
from webagent.envs.stage import Settings, Settle, Stage
from webagent.envs.suites.task_file import WebScenario
from webagent.envs.types import Action, Observation

PAGE = Path(__file__).parent / "pages" / "race.html"
WAYS = ("sync", "microtask", "timeout", "frame")
ANIMATIONS = ("css", "loop")
BUTTONS: dict[str, dict[str, Sequence[str]]] = {
    "together": {"Write": WAYS},
    "alone": {f"Write {way}": (way,) for way in WAYS},
    "animated": {"Write and animate": WAYS},
}
"""By kind of race, the buttons that are clicked in turns and what each writes at once."""
LONGEST = 3600.0  # seconds that a whole race may take


@dataclass(frozen=True)
class Race:
    """``observations`` in all, spread over ``contexts`` of one browser that do not wait for each other.

    ``pause``: each click waits a random time up to so many ms.
    """

    contexts: int = 1
    observations: int = 100
    kind: Literal["together", "alone", "animated"] = "together"
    pause: float = 0.0
    level: Settle = "frame"


@dataclass
class Outcome:
    """``missed``: by way of writing, observations that do not show the click before them.

    ``untold``: by animation, observations before its end that do not say ``busy``. ``told``: those that do. ``aimed``:
    clicks that needed no second look. ``errors``: clicks that failed, by message.
    """

    missed: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
    told: int = 0
    aimed: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    observations: int = 0

    def see(self, seen: Observation, count: int, ways: Sequence[str], animations: Sequence[str] = ()) -> None:
        """Count one observation after click number ``count`` of its page, which wrote in these ways."""
        self.observations += 1
        if seen.last_error:
            self.errors[seen.last_error] += 1
        shown = {e.name for e in seen.tree.elements}
        self.missed.update(way for way in ways if f"{way} {count}" not in shown)
        late = [way for way in animations if f"{way} {count}" not in shown]
        if seen.settled == "busy":
            self.told += bool(late)
        else:
            self.untold.update(late)


def run(browser: Browser, race: Race, seed: int = 0) -> Outcome:
    """Hold one race; raises what a reset raises."""
    return browser.call(_run(browser, race, seed), timeout=LONGEST)


async def _run(browser: Browser, race: Race, seed: int) -> Outcome:
    outcome = Outcome()
    scenario = WebScenario(str(PAGE), "")
    stages = [Stage(browser, scenario, Settings(settle=race.level)) for _ in range(race.contexts)]
    try:
        laps = []
        for i, stage in enumerate(stages):
            await stage.reset(seed)
            _count_aims(stage, outcome)
            share = len(range(i, race.observations, race.contexts))
            laps.append(_laps(stage, race, share, outcome, random.Random(f"{seed} {i}")))
        await asyncio.gather(*laps)
    finally:
        for stage in stages:
            await stage.close()
        scenario.close()
    return outcome


async def _laps(stage: Stage, race: Race, count: int, outcome: Outcome, chance: random.Random) -> None:
    refs = {e.name: e.ref for e in stage.observation.tree.elements}
    turns = itertools.cycle(BUTTONS[race.kind].items())
    animations = ANIMATIONS if race.kind == "animated" else ()
    for n in range(1, count + 1):
        name, ways = next(turns)
        if race.pause:
            await asyncio.sleep(chance.uniform(0, race.pause / 1000))
        moment = await stage.step(Action("click", refs[name]))
        outcome.see(moment.observation, n, ways, animations)


def _count_aims(stage: Stage, outcome: Outcome) -> None:
    """Let the tab tell how many clicks went by the aim of the last look."""
    assert stage.session is not None
    tab = stage.session.tab
    take = tab.take_aim

    def counting(ref: str) -> tuple[float, float] | None:
        aim = take(ref)
        outcome.aimed += aim is not None
        return aim

    tab.take_aim = counting  # type: ignore[method-assign]


def races(observations: int, animated: int) -> Iterator[Race]:
    """Every line of the table."""
    for contexts in (1, 8):
        for pause in (0.0, 20.0):
            yield Race(contexts, observations, "together", pause)
            yield Race(contexts, observations, "alone", pause)
            yield Race(contexts, animated, "animated", pause)
        yield Race(contexts, max(observations // 10, 1), "together", 20.0, level="input")


HEAD = (
    "level  contexts  writes    click       observations  aimed "
    + "".join(f"{way:>11}" for way in WAYS)
    + "  told  untold  errors"
)


def line(race: Race, outcome: Outcome) -> str:
    """One line of the table: misses by way of writing."""
    when = f"pause {race.pause:g}" if race.pause else "right away"
    misses = "".join(f"{outcome.missed[way]:>11}" for way in WAYS)
    told, untold = (outcome.told, outcome.untold.total()) if race.kind == "animated" else ("-", "-")
    return (
        f"{race.level:<5}  {race.contexts:>8}  {race.kind:<8}  {when:<10}  {outcome.observations:>12}"
        f"  {outcome.aimed:>5} {misses}  {told:>4}  {untold:>6}  {outcome.errors.total():>6}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--observations", type=int, default=2000)
    parser.add_argument("--animated", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(HEAD)
    with Browser() as browser:
        for race in races(asked.observations, asked.animated):
            print(line(race, run(browser, race, asked.seed)), flush=True)


if __name__ == "__main__":
    main()
