"""What tests read in BrowserGym's observations."""

from __future__ import annotations

from typing import Any


def elements(observation: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Tag and attributes of every element of the DOM snapshot, frames included."""
    snapshot = observation["dom_object"]
    strings = [*snapshot["strings"], ""]
    found = []
    for document in snapshot["documents"]:
        nodes = document["nodes"]
        for kind, name, flat in zip(nodes["nodeType"], nodes["nodeName"], nodes["attributes"]):
            if kind == 1 and not strings[name].startswith("::"):
                found.append((strings[name].lower(), {strings[k]: strings[v] for k, v in zip(flat[::2], flat[1::2])}))
    return found


def bids(observation: dict[str, Any]) -> dict[str, str]:
    """By HTML id."""
    return {a["id"]: a["bid"] for _, a in elements(observation) if "id" in a and "bid" in a}


def named(observation: dict[str, Any]) -> dict[str, str]:
    """Accessible names by bid."""
    nodes = observation["axtree_object"]["nodes"]
    return {n["browsergym_id"]: n["name"]["value"] for n in nodes if "browsergym_id" in n and "name" in n}


def with_role(observation: dict[str, Any], role: str) -> list[tuple[str, str]]:
    """Bid and name of every node of that role in the accessibility tree, in its order."""
    nodes = [n for n in observation["axtree_object"]["nodes"] if "browsergym_id" in n]
    return [(n["browsergym_id"], n["name"]["value"]) for n in nodes if n["role"]["value"] == role]
