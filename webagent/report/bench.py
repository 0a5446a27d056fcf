"""A benchmark as a page: the headline with its interval, subsets, every task, and failed episodes to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from webagent.datasets import read_episode
from webagent.envs.errors import DataDamaged
from webagent.evaluate import BenchSettings
from webagent.report.charts import histogram, skyline
from webagent.report.episode import Outcome, badge, duration, facts, render_steps
from webagent.report.page import Html, join, tag
from webagent.scores import EpisodeResult
from webagent.words import clean

COLUMNS = ("Task", "Success", "Raw > 0", "Reward", "Steps", "Episodes", "Broken", "Look")
WORST = 20
"""Failed episodes that are put into the page; more would make it heavy to open and to send."""


def render_bench(
    folder: Path, settings: BenchSettings, results: Sequence[EpisodeResult], data: Mapping[str, Any]
) -> Html:
    """The whole page's body. ``data``: the aggregates of ``bench --json``."""
    shown = choose_worst(results, data["tasks"])
    return join(
        tag("header", _head(settings, data), class_="head"),
        tag(
            "main",
            _charts(data),
            _subsets(data),
            _task_table(data["tasks"], shown),
            _broken(results),
            _episodes(folder, shown),
            class_="bench",
        ),
    )


def choose_worst(results: Sequence[EpisodeResult], tasks: Mapping[str, Any]) -> list[EpisodeResult]:
    """Stored episodes of the tasks that do worst, one of each task before the second of any."""
    kept = [r for r in results if r.stored]
    turn: dict[str, int] = {}
    ranked = []
    for result in sorted(kept, key=lambda r: (r.task, r.i)):
        turn[result.task] = turn.get(result.task, -1) + 1
        ranked.append((turn[result.task], tasks[result.task]["success"], result.task, result))
    return [r for *_, r in sorted(ranked, key=lambda row: row[:3])[:WORST]]


def _head(settings: BenchSettings, data: Mapping[str, Any]) -> Html:
    low, high = data["ci95"]
    interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f} %"
    if settings.episodes == 1:
        interval = "no interval: that needs two episodes a task or more"
    planned = settings.episodes * len(settings.tasks)
    missing = planned - data["episodes"]
    return join(
        tag("p", tag("span", "webagent", class_="brand"), " benchmark report", class_="crumb"),
        tag("h1", f"{settings.policy} on {Path(settings.suite).stem}"),
        tag("div",
            tag("div", tag("span", f"{100 * data['mean']:.1f}", class_="big"), tag("span", " %", class_="unit"),
                class_="headline"),
            tag("div", tag("p", f"mean success over {len(data['tasks'])} tasks, strict"),
                tag("p", interval, class_="muted"),
                tag("p", f"raw reward above 0: {100 * data['mean_positive']:.1f} %", class_="muted")),
            class_="score"),
        tag("p", f"Not finished: {missing} of {planned} episodes are still to be played.", class_="warning")
        if missing > 0 else None,
        facts(
            ("Episodes", data["episodes"]),
            ("Seed", settings.seed),
            ("Step limit", settings.max_steps or "each task's own"),
            ("Clock", "on" if settings.clock else None),
            ("Decision p50", duration(data["ms_per_decision"]["p50"])),
            ("Decision p95", duration(data["ms_per_decision"]["p95"])),
            ("Environment", f"{data['env_steps_per_s']} steps/s" if data["env_steps_per_s"] else None),
            ("Peak memory", f"{data['peak_rss_mb']:.0f} MB" if data.get("peak_rss_mb") else None),
            ("Broken episodes", data["errors"] or None),
        ),
    )  # fmt: skip


def _charts(data: Mapping[str, Any]) -> Html:
    rates = {task: row["success"] for task, row in data["tasks"].items()}
    return tag(
        "section",
        tag("figure", tag("figcaption", "Every task, best first"), skyline(rates, data["mean"])),
        tag("figure", tag("figcaption", "Tasks by success"), histogram(list(rates.values()))),
        class_="card charts",
    )


def _subsets(data: Mapping[str, Any]) -> Html | None:
    if not data["subsets"]:
        return None
    rows = []
    for name, mean in data["subsets"].items():
        played, all_of_it = data["subsets_n"][name]
        partly = tag("span", "in part", class_="state") if played < all_of_it else None
        rows.append(tag("tr", tag("th", name, scope="row"), _rate_cell(mean), tag("td", f"{played} of {all_of_it}"),
                        tag("td", partly)))  # fmt: skip
    head = tag("tr", *[tag("th", name, scope="col") for name in ("Subset", "Success", "Tasks", "")])
    table = tag("table", tag("thead", head), tag("tbody", *rows))
    return tag("section", tag("h2", "Subsets"), tag("div", table, class_="scrolls"), class_="card")


def _task_table(tasks: Mapping[str, Any], shown: Sequence[EpisodeResult]) -> Html:
    links: dict[str, list[Html]] = {}
    for result in shown:
        links.setdefault(result.task, []).append(tag("a", f"#{result.i}", href=f"#ep-{result.stored}"))
    rows = [
        tag("tr",
            tag("th", task, scope="row"),
            _rate_cell(row["success"]),
            _figure_cell(row["success_positive"], f"{100 * row['success_positive']:.0f} %"),
            _figure_cell(row["reward_mean"], f"{row['reward_mean']:.2f}"),
            _figure_cell(row["steps_mean"], f"{row['steps_mean']:.1f}"),
            _figure_cell(row["episodes"], row["episodes"]),
            _figure_cell(row["errors"], row["errors"] or "", "bad-text" if row["errors"] else ""),
            tag("td", *links.get(task, ()), class_="links"))
        for task, row in tasks.items()
    ]  # fmt: skip
    head = tag("tr", *[tag("th", name, scope="col") for name in COLUMNS])
    find = tag("input", type="search", placeholder="Find a task", aria_label="Find a task", class_="find")
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="sortable")
    return tag(
        "section",
        tag("div", tag("h2", "Tasks"), find, class_="title-row"),
        tag("div", table, class_="scrolls"),
        class_="card",
    )


def _rate_cell(rate: float) -> Html:
    bar = tag("div", tag("div", style=f"width:{100 * rate:.1f}%"), class_="bar")
    return tag("td", bar, tag("span", f"{100 * rate:.0f} %"), class_="rate", data_value=rate)


def _figure_cell(value: float, words: object, class_: str = "") -> Html:
    return tag("td", words, class_=f"figure {class_}".strip(), data_value=value)


def _broken(results: Sequence[EpisodeResult]) -> Html | None:
    broken = [r for r in results if r.error]
    if not broken:
        return None
    rows = [tag("li", tag("b", f"{r.task} #{r.i}"), " ", tag("span", r.error, class_="muted")) for r in broken[:50]]
    more = tag("p", f"and {len(broken) - 50} more", class_="muted") if len(broken) > 50 else None
    title = tag("summary", tag("b", counted(len(broken), "broken episode")), " (each counts as failed)")
    return tag("section", tag("details", title, tag("ul", *rows, class_="broken"), more), class_="card")


def _episodes(folder: Path, shown: Sequence[EpisodeResult]) -> Html | None:
    if not shown:
        return None
    return tag(
        "section",
        tag("h2", "Failed episodes of the hardest tasks"),
        *[_one_episode(folder, result) for result in shown],
        class_="worst",
    )


def _one_episode(folder: Path, result: EpisodeResult) -> Html:
    prefix = f"ep-{result.stored}-"
    try:
        episode, screens = read_episode(f"{folder}#{result.stored}")
        body = tag("div", render_steps(episode, screens, prefix), class_="cards")
    except DataDamaged as error:
        body = tag("p", str(error), class_="error")
    told = f"{counted(result.steps, 'step')}, {result.error or result.reason}"
    summary = tag(
        "summary", badge(Outcome("Failed", "bad")), tag("b", f"{result.task} #{result.i}"),
        tag("span", clean(result.goal, 120), class_="goal"), tag("span", told, class_="muted"),
    )  # fmt: skip
    return tag("details", summary, body, class_="card folded", id=f"ep-{result.stored}")


def counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
