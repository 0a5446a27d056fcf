"""The document of a measurement as a table for people."""

from __future__ import annotations

from typing import Any

NAMES = {"browsergym": "BrowserGym", "miniwob": "MiniWoB++/Selenium"}
VARIANTS = {"stripped": "stripped", "bare": "stripped, no slow motion"}


def table(data: dict[str, Any]) -> str:
    """Units stand in the heads of the columns."""
    parts = [_head(data), _own(data), _sums(data)]
    if data["peers"]:
        parts.append(_peers(data["peers"]))
    return "\n\n".join(parts)


def _head(data: dict[str, Any]) -> str:
    machine = data["machine"]
    return (
        f"{data['page']}: {data['click']}, then the whole observation (view {data['view']})\n"
        f"{machine['processors']} processors, load {machine['load']}, {machine['browser']}"
    )


def _own(data: dict[str, Any]) -> str:
    raw = data["raw"]
    rows: list[tuple[str, ...]] = [("", "steps/s", "p50 ms", "p95 ms", "of raw", "reset p50", "p95 ms")]
    rows.append(("raw click, then evaluate", *_pace(raw), "1.00", "", ""))
    for name, level in data["levels"].items():
        resets = (f"{level['reset_ms']:.1f}", f"{level['reset_p95_ms']:.1f}")
        rows.append((f"environment, level {name}", *_pace(level), f"{level['ratio_raw']:.2f}", *resets))
    for size in data["vector"]["sizes"]:
        rows.append((f"vector of {size['contexts']}, level {data['level']}", *_pace(size), "", "", ""))
        rows.append(("  in parts", f"{size['in_parts_steps_per_s']:.1f}", "", "", "", "", ""))
    if data["pool"] is not None:
        pool = data["pool"]
        rows.append((f"pool of {pool['contexts']} in {pool['processes']} processes", *_pace(pool), "", "", ""))
        rows.append(("  in parts", f"{pool['in_parts_steps_per_s']:.1f}", "", "", "", "", ""))
    return _aligned(rows)


def _sums(data: dict[str, Any]) -> str:
    vector, raw, level = data["vector"], data["raw"], data["env"]
    lines = [
        f"a round trip of evaluate alone: {raw['round_trip_ms']['p50']:.2f} ms; a reset is"
        f" {level['reset_per_raw_step']:.1f} raw steps, {level['reset_per_raw_round_trip']:.1f} round trips"
        f" (level input: {data['levels']['input']['reset_per_raw_step']:.1f},"
        f" {data['levels']['input']['reset_per_raw_round_trip']:.1f})",
        f"{vector['contexts']} contexts do {vector['ratio']:.2f} times the steps of one",
    ]
    if vector["mb_per_context"] is not None:
        lines[-1] += f"; a further context holds {vector['mb_per_context']:.1f} MB ({vector['memory'].upper()})"
    p50, p95 = data["decision_ms"]["p50"], data["decision_ms"]["p95"]
    lines.append(f"a decision of {data['policy']}: {p50:.2f} ms, p95 {p95:.2f} ms")
    lines += [f"{NAMES[name]} did not run: {why}" for name, why in data["peers_failed"].items()]
    return "\n".join(lines)


def _peers(peers: dict[str, Any]) -> str:
    rows: list[tuple[str, ...]] = [("peer", "steps/s", "p50 ms", "p95 ms", "reset p50", "we: frame", "input", "resets")]
    for name, peer in peers.items():
        rows.append((f"{NAMES[name]} {peer['version']} as shipped", *_compared(peer)))
        rows += [(f"  {VARIANTS[key]}", *_compared(peer[key])) for key in VARIANTS if key in peer]
    return _aligned(rows)


def _compared(peer: dict[str, Any]) -> tuple[str, ...]:
    ratios = (peer["ratio"], peer["ratio_input"], peer["ratio_reset"])
    return (*_pace(peer), f"{peer['reset_ms']:.0f}", *(f"{ratio:.1f} x" for ratio in ratios))


def _pace(numbers: dict[str, Any]) -> tuple[str, str, str]:
    return f"{numbers['steps_per_s']:.1f}", f"{numbers['p50_ms']:.2f}", f"{numbers['p95_ms']:.2f}"


def _aligned(rows: list[tuple[str, ...]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
