"""``webagent data``: corpora of episodes — what is in one, others' formats, demonstrations of the experts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from webagent.commands import Result
from webagent.commands.options import AsJson, Browser, Quiet, Split, Subset, Tasks, flag
from webagent.console import Console

if TYPE_CHECKING:
    from webagent.scores import EpisodeResult

NAME = "data"
HELP = "Corpora of episodes: list, stats, import, expert."
SHOWN = 5

CorpusUrl = Annotated[str, typer.Argument(metavar="CORPUS", help="A folder, or any URL that fsspec opens.")]
Limit = Annotated[int, flag("--limit", "How many at most.", metavar="N", min=1)]
Out = Annotated[str, flag("--out", "The corpus to add to; made if need be.", metavar="CORPUS")]


def list_(corpus: CorpusUrl, tasks: Tasks = None, limit: Limit = 50, as_json: AsJson = False) -> Result:
    """List the episodes of a corpus."""
    damage = Damage()
    rows = [row for row in _ends(corpus, damage) if _matches(row["task"], tasks)]
    lines = [
        f"{row['episode'][:12]}  {_outcome(row['success'])}  {row['step']:>3} steps  {row['source']:<16} {row['task']}"
        for row in rows[:limit]
    ]
    more = [f"… and {len(rows) - limit} more (--limit)"] if len(rows) > limit else []
    data = {"corpus": corpus, "episodes": rows[:limit], "of": len(rows), "damaged": damage.lines}
    return Result(data, "\n".join([*(lines or ["no episodes"]), *more, *damage.told()]))


def stats(corpus: CorpusUrl, as_json: AsJson = False) -> Result:
    """Tell how many episodes and steps a corpus holds, of which tasks, from whom, and how many succeeded."""
    damage = Damage()
    rows = _ends(corpus, damage)
    by_task: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_task.setdefault(row["task"], []).append(row)
    tasks = {name: _summary(of) for name, of in sorted(by_task.items())}
    data = {
        "corpus": corpus,
        **_summary(rows),
        "sources": dict(Counter(row["source"] for row in rows)),
        "tasks": tasks,
        "damaged": damage.lines,
    }
    widest = max(map(len, tasks), default=0)
    lines = [f"{len(rows)} episodes, {data['steps']} steps, {len(tasks)} tasks"]
    lines += [f"from {source}: {count}" for source, count in data["sources"].items()]
    lines += [
        f"  {n:<{widest}}  {t['episodes']:>6} episodes  {t['steps']:>7} steps  {_rate(t)}" for n, t in tasks.items()
    ]
    return Result(data, "\n".join([*lines, *damage.told()]))


def import_(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="What is read; an unknown name lists all.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file or folder.")],
    out: Out,
    per_task: Annotated[int | None, flag("--per-task", "At most so many of each task.", metavar="N", min=1)] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Add episodes of another format to a corpus; what cannot be used is counted with the reason."""
    from webagent.datasets.corpus import CorpusWriter
    from webagent.datasets.readers import reader

    reads = reader(form)
    kept: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    examples: list[str] = []

    def refuse(what: str, why: str) -> None:
        refused[why] += 1
        if len(examples) < SHOWN:
            examples.append(f"{what}: {why}")

    with CorpusWriter(out) as writer, Console(quiet).progress(f"import {form}", 0) as progress:
        for episode in reads.read(path, refuse):
            if per_task is not None and kept[episode.task.id] >= per_task:
                refuse(episode.task.id, "more than --per-task")
                continue
            writer.add(episode)
            kept[episode.task.id] += 1
            progress.advance(kept.total(), "")
    data = {
        "format": form, "out": out, "kept": kept.total(), "refused": refused.total(),
        "tasks": dict(kept), "reasons": dict(refused.most_common()), "examples": examples,
    }  # fmt: skip
    lines = [f"{kept.total()} kept, {refused.total()} refused, {len(kept)} tasks, in {out}"]
    lines += [f"  {count:>6}  {why}" for why, count in refused.most_common(2 * SHOWN)]
    return Result(data, "\n".join(lines))


def expert(
    suite: Annotated[str, typer.Argument(metavar="[SUITE]", help="miniwob or practice.")] = "miniwob",
    tasks: Tasks = None,
    subset: Subset = None,
    split: Split = None,
    episodes: Annotated[int, flag("--episodes", "Episodes a task.", metavar="N", min=1)] = 20,
    first: Annotated[int, flag("--first", "Number of the first episode.", metavar="N", min=0)] = 0,
    seed: Annotated[int, flag("--seed", "From which every episode's own seed is derived.", metavar="N", min=0)] = 0,
    jobs: Annotated[int, flag("--jobs", "Processes, each with a browser of its own.", metavar="N", min=1)] = 1,
    out: Annotated[str, flag("--out", "The corpus to add to (default: only play).", metavar="CORPUS")] = "",
    frames: Annotated[int, flag("--frames", "Of the last screen frames, kept with each step.", metavar="K", min=0)] = 0,
    browser: Browser = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> Result:
    """Let the experts play, tell how often they succeed, and keep what they did.

    The seeds are those of training: none is ever asked for by bench.
    """
    from webagent.agents.expert import has_expert
    from webagent.datasets.experts import expert_for
    from webagent.demonstrate import Demonstration, demonstrate
    from webagent.suites import open_suite

    found = open_suite(suite)
    chosen = found.select(tasks, subset, split)
    able = tuple(task for task in chosen if has_expert(task))
    if not able:
        expert_for(chosen[0])  # says which there are
    settings = Demonstration(able, episodes, seed, first, out, browser=browser, frames=frames)
    won: Counter[str] = Counter()
    played: Counter[str] = Counter()
    with Console(quiet).progress(f"{found.name} expert", episodes * len(able)) as progress:

        def on_result(result: EpisodeResult, done: int) -> None:
            won[result.task] += result.success
            played[result.task] += 1
            whole = played[result.task] == episodes
            told = f"{result.task}: {won[result.task]} of {episodes}" if whole else ""
            progress.advance(done, f"{result.task} #{result.i} broken: {result.error}" if result.error else told)

        data = demonstrate(settings, jobs, on_result)
    data["without_expert"] = [task for task in chosen if task not in able]
    widest = max(map(len, data["tasks"]), default=0)
    lines = [f"{100 * data['mean']:.2f} % success over {len(able)} tasks, {data['episodes']} episodes"]
    lines += [
        f"  {task:<{widest}}  {100 * row['success']:6.2f} %  {row['steps_mean']:5.1f} steps"
        for task, row in data["tasks"].items()
    ]
    return Result(data, "\n".join(lines + ([f"added to {out}"] if out else [])))


COMMANDS: tuple[tuple[str, Callable[..., Result], str], ...] = (
    ("list", list_, "Example:  webagent data list demos --tasks 'miniwob.click-*'"),
    ("stats", stats, "Example:  webagent data stats demos"),
    ("import", import_, "Example:  webagent data import mind2web mind2web_raw.json --out goals"),
    ("expert", expert, "Example:  webagent data expert miniwob --tasks 'click-*' --episodes 100 --out demos"),
)


class Damage:
    """Lines about what could not be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)

    def told(self) -> list[str]:
        return [f"damaged, skipped: {line}" for line in self.lines]


def _ends(url: str, damage: Damage) -> list[dict[str, Any]]:
    """The light columns of each episode's last row."""
    from webagent.datasets.corpus import LIGHT, Corpus

    corpus = Corpus(url, damage)
    tables = (corpus.table(shard, LIGHT) for shard in corpus.shards())
    return [row for table in tables if table is not None for row in table.to_pylist() if row["op"] is None]


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    judged = [row["success"] for row in rows if row["success"] is not None]
    return {
        "episodes": len(rows),
        "steps": sum(row["step"] for row in rows),
        "success": round(sum(judged) / len(judged), 4) if judged else None,
    }


def _rate(summary: dict[str, Any]) -> str:
    return f"{100 * summary['success']:.1f} % succeed" if summary["success"] is not None else "not judged"


def _outcome(success: bool | None) -> str:
    return {True: "success", False: "failure", None: "  ?    "}[success]


def _matches(task: str, glob: str | None) -> bool:
    from fnmatch import fnmatchcase

    return glob is None or any(fnmatchcase(task, p.strip()) for p in glob.split(","))
