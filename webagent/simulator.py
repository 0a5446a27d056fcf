"""``simulate``, made of an environment: where actions lead, tried in a second context beside the real one.

    with closing(Simulator(env)) as simulator:
        simulator.stand()                                       # the root is where the environment is now
        transition = simulator((Action("click", "e7"),))

The second context is forked once, and brought to a moment by replay; a way that goes on where it stands takes one step.
Nothing is tried twice. Two moments are one if they look alike (``envs.state_hash``) and either one is on the way to the
other (a tick and its undoing) or the same was done before both, links aside, in any order: "Saved" looks alike whatever
was saved. A link to a page that was opened, with nothing done since, leads there without a step. So what changes a site
without a trace on the page at hand counts as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from webagent.envs.errors import UsageError
from webagent.envs.site_graph import SiteGraph, page_of
from webagent.envs.snapshots import Snapshot
from webagent.envs.state_hash import address, state_hash
from webagent.envs.types import Action, Observation
from webagent.search import Transition

Path = tuple[Action, ...]


def check_replayable(sandboxed: bool, task: str) -> None:
    """Raise ``UsageError`` where actions must not be tried out, because they cannot be taken back."""
    if not sandboxed:
        hint = "search in a suite whose pages are served from this machine, or leave out --search"
        raise UsageError(f"expected a sandboxed task to search in, found {task}: what is tried there is done", hint)


@dataclass
class Known:
    """A moment: where a transition led, how to come back (None where an episode ended), and what was done on the way
    that may have changed the site, sorted."""

    transition: Transition
    snapshot: Snapshot | None
    deeds: tuple[str, ...]


class Simulator:
    """For one episode of ``env`` (a ``WebEnv``). Closed by who made it.

    ``rewards``: whether a search may know them: 1 where the task is done, -1 where it ended otherwise, else 0; what a
    task gives for half of it would keep a search from the whole.

    ``steps``: browser steps so far, those of replays included. ``inexact``: replays that came to another page. Raises
    ``UsageError`` for an environment whose actions may not be done again, and what stepping it raises.
    """

    def __init__(self, env: Any, *, rewards: bool = True) -> None:
        check_replayable(env.replayable, env.task.id)
        self._env, self._rewards = env, rewards
        self._twin: Any = None
        self._at: Path | None = None  # where the twin stands
        self._root: Path = ()
        self._known: dict[Path, Known] = {}
        self._names: dict[Path, Path] = {}  # of a way, the known one to the same moment
        self._by_state: dict[Hashable, Path] = {}
        self._pages: dict[tuple[tuple[str, ...], str], Path] = {}
        self._of: dict[Observation, Path] = {}
        self.inexact = 0

    @property
    def steps(self) -> int:
        return int(self._twin.cost.steps) if self._twin is not None else 0

    @property
    def graph(self) -> SiteGraph:
        """The pages that were come by, and the links between them."""
        graph: SiteGraph = (self._twin or self._env).graph
        return graph

    @property
    def state(self) -> Hashable:
        """The name of the root's moment."""
        return self._known[self._root].transition.state

    def stand(self) -> None:
        """Make the environment's present moment the root; what was found about it before stays known."""
        snapshot, observation = self._env.snapshot(), self._env.observation
        path = tuple(entry for entry in snapshot.trail if isinstance(entry, Action))
        known = self._known.get(path)
        if known is not None and (known.snapshot is None or known.snapshot.hash != snapshot.hash):
            self._forget(path)  # it went otherwise than it did when it was tried
            known = None
        deeds = known.deeds if known else ()
        if known is None and path[:-1] in self._known:
            deeds = self._deeds(path[:-1], path[-1], observation)
        self._known[path] = Known(Transition(observation, (snapshot.hash, deeds)), snapshot, deeds)
        self._names[path] = path
        self._root = path
        self._remember(path)

    def __call__(self, actions: Path) -> Transition:
        """Where ``actions`` lead from the root."""
        return self._known[self._name((*self._root, *actions))].transition

    def known(self, actions: Path) -> Transition | None:
        """The same, if it needs no browser: done before, or a link to a page that was opened."""
        name = self._named((*self._root, *actions))
        return None if name is None else self._known[name].transition

    def past(self, observation: Observation) -> tuple[tuple[Observation, Action], ...]:
        """What was seen and done before a moment that this simulator gave, from the episode's first look on."""
        path = self._of[observation]
        return tuple((self._known[path[:n]].transition.observation, action) for n, action in enumerate(path))

    def close(self) -> None:
        """Close the second context; may be called twice."""
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.close()

    # ---- ways and their names -----------------------------------------------------------------------------------

    def _name(self, path: Path) -> Path:
        """The known way to where this one leads; tried now if need be."""
        name = self._named(path)
        if name is None:
            before = self._name(path[:-1])
            own = (*before, path[-1])
            self._known[own] = known = self._try(before, path[-1])
            name = self._alike(own, known)
            self._names[own] = name
            if name == own:
                self._remember(own)
        self._names[path] = name
        return name

    def _alike(self, own: Path, known: Known) -> Path:
        """The way to the same moment that was known before; if none was, its own."""
        if known.snapshot is None:
            return own
        for n in range(len(own) - 1, -1, -1):
            above = self._known.get(own[:n])
            if above is not None and above.snapshot is not None and above.snapshot.hash == known.snapshot.hash:
                return own[:n]
        return self._by_state.get(known.transition.state, own)

    def _named(self, path: Path) -> Path | None:
        """The known way to where this one leads, if that need not be tried."""
        if path in self._names:
            return self._names[path]
        before = self._names.get(path[:-1])
        if before is None:
            return None
        if self._known[before].transition.ended:
            return before
        return self._names.get((*before, path[-1])) or self._by_link(before, path[-1])

    def _remember(self, path: Path) -> None:
        """Let a moment be found by its looks and by its page."""
        known = self._known[path]
        seen = known.transition.observation
        self._of[seen] = path
        if known.snapshot is not None:
            self._by_state[known.transition.state] = path
        if known.snapshot is not None or known.transition.reward == 1.0:  # another end may be the step limit's
            self._pages[known.deeds, page_of(seen.url)] = path

    def _by_link(self, before: Path, action: Action) -> Path | None:
        """The known moment that a link leads to, if it leads to a page that was opened and not changed since."""
        known = self._known[before]
        page = _linked(known.transition.observation, action)
        return self._pages.get((known.deeds, page)) if page else None

    def _deeds(self, before: Path, action: Action, after: Observation) -> tuple[str, ...]:
        """What may have changed the site: all actions but links that led where they say."""
        known = self._known[before]
        seen = known.transition.observation
        page = _linked(seen, action)
        if page and page == page_of(after.url) and len(after.tabs) == len(seen.tabs):
            return known.deeds
        on = seen.tree.by_ref.get(action.target or "")
        what = (address(seen.url), action.op, on and (on.role, on.name, on.context), action.text, action.point)
        return tuple(sorted([*known.deeds, repr(what)]))

    def _forget(self, path: Path) -> None:
        """Whatever was found behind a way."""

        def stays(way: Path) -> bool:
            return way[: len(path)] != path

        self._known = {way: known for way, known in self._known.items() if stays(way)}
        self._names = {way: name for way, name in self._names.items() if stays(way) and stays(name)}
        self._by_state = {state: way for state, way in self._by_state.items() if stays(way)}
        self._pages = {page: way for page, way in self._pages.items() if stays(way)}
        self._of = {seen: way for seen, way in self._of.items() if stays(way)}

    # ---- in the browser -----------------------------------------------------------------------------------------

    def _try(self, before: Path, action: Action) -> Known:
        twin = self._twin_at(before)
        _, _, terminated, truncated, _ = twin.step(action)
        seen: Observation = twin.observation
        ended = bool(terminated or truncated)
        self._at = None if ended else (*before, action)
        snapshot = None if ended else twin.snapshot()
        deeds = self._deeds(before, action, seen)
        state = (state_hash(seen) if snapshot is None else snapshot.hash, deeds)
        told = (1.0 if twin.verdict.success else -float(ended)) if self._rewards else None
        return Known(Transition(seen, state, told, ended), snapshot, deeds)

    def _twin_at(self, path: Path) -> Any:
        """The second context, brought to a moment."""
        if self._twin is None:
            self._twin, self._at = self._env.fork(), self._root
            self.inexact += not self._twin.restored.exact
        if self._at != path:
            self._at = None
            restored = self._twin.restore(self._known[path].snapshot)
            self.inexact += not restored.exact
        return self._twin


def _linked(seen: Observation, action: Action) -> str:
    """The other page that a click leads to by what its element says; "" if it is no such click."""
    element = seen.tree.by_ref.get(action.target or "") if action.op == "click" else None
    page = page_of(element.href) if element is not None else ""
    return page if page != page_of(seen.url) else ""
