"""An agent written for BrowserGym, unchanged, on our environment: BrowserGym's demo agent in BrowserGym's own loop.

    OTHER/bin/python tests/browsergym_agent.py path/to/BrowserGym/demo_agent/agent.py [--seeds 3]

OTHER has ``webagent``, ``browsergym-core``, ``browsergym-miniwob`` and ``browsergym-experiments``. The agent's file is
loaded as it is; behind it, in place of a language model's service, answers a script that reads nothing but the agent's
prompt. BrowserGym's ids are made to mean our environment; what reads the observation is all BrowserGym's.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

TASKS = (
    "click-test", "click-test-2", "click-button", "click-link", "click-dialog", "enter-text", "focus-text",
    "login-user", "click-checkboxes", "choose-list", "click-option", "enter-password",
)  # fmt: skip


def answer(prompt: str) -> str:
    """The next action, from the words of the prompt: the goal, the accessibility tree and what was done before."""
    goal = re.search(r"# Goal\n\s*(.*?)\n\s*# Currently open tabs", prompt, re.DOTALL)
    tree = re.search(r"# Current page Accessibility Tree\n(.*?)# Action Space", prompt, re.DOTALL)
    done = prompt.split("# History of past actions")[1] if "# History of past actions" in prompt else ""
    wanted = goal[1] if goal else ""
    lines = re.findall(r"\[(\w+)\] (\w+) '(.*?)'(.*)", tree[1] if tree else "")
    page = prompt.split("# Current page DOM")[1] if "# Current page DOM" in prompt else ""
    lines += [(b, "link", name, "") for b, name in re.findall(r'<span bid="(\w+)" class="alink">\s*(.*?)\s*<', page)]
    steps = [step for step in plan(wanted, lines) if step not in done]
    return f"I go on with the goal.\n```{steps[0] if steps else 'noop()'}```"


def plan(goal: str, lines: list[tuple[str, str, str, str]]) -> list[str]:
    """All steps that the goal asks for on a page with these elements (bid, role, name, rest), in order."""
    quoted = re.findall(r'"(.+?)"', goal)
    if goal.startswith("Click on the "):
        return [f"click('{bid}')" for bid, role, name, _ in lines if role in ("button", "link") and name in quoted]
    fields = [bid for bid, role, *_ in lines if role == "textbox"]
    steps = []
    if "password" in goal and len(fields) == 2 and len(quoted) == 1:
        quoted = quoted * 2
    if fields and quoted and "ocus" not in goal:
        steps += [f"fill('{bid}', '{text}')" for bid, text in zip(fields, quoted)]
    elif "ocus" in goal and fields:
        return [f"focus('{fields[0]}')"]
    words = quoted or re.split(r", | and ", re.sub(r"^Select | and click Submit.*| from the list.*", "", goal))
    for bid, role, name, _ in lines:
        if role in ("checkbox", "radio") and name in words:
            steps.append(f"click('{bid}')")
        elif role == "combobox" and not quoted:
            steps.append(f"select_option('{bid}', '{words[0]}')")
        elif role in ("button", "link") and name in words and not fields:
            steps.append(f"click('{bid}')")
    names = {name.lower(): bid for bid, role, name, _ in lines if role == "button"}
    last = next((n for n in ("submit", "login", "ok", "click me!", "close", "one") if n in names), None)
    if last and (fields or not any(name in words for _, role, name, _ in lines if role in ("button", "link"))):
        steps.append(f"click('{names[last]}')")
    return steps


def stand_in() -> None:
    """Modules by the names of the services that the agent asks."""

    def create(*, messages: list[dict[str, Any]], **_: Any) -> Any:
        texts = [part["text"] for message in messages for part in message["content"] if part["type"] == "text"]
        reply = types.SimpleNamespace(message=types.SimpleNamespace(content=answer("\n".join(texts))))
        return types.SimpleNamespace(choices=[reply])

    service = types.SimpleNamespace(chat=types.SimpleNamespace(completions=types.SimpleNamespace(create=create)))
    sys.modules["openai"] = types.ModuleType("openai")
    sys.modules["openai"].OpenAI = lambda: service  # type: ignore[attr-defined]
    sys.modules["langsmith"] = types.ModuleType("langsmith")
    helpers = sys.modules["langsmith.run_helpers"] = types.ModuleType("langsmith.run_helpers")
    helpers.traceable = lambda **_: lambda function: function  # type: ignore[attr-defined]
    os.environ.update(OPENAI_API_KEY="none", LANGCHAIN_API_KEY="none")


def register_ours() -> None:
    """BrowserGym's MiniWoB++ ids, with our environment behind them."""
    os.environ.setdefault("MINIWOB_URL", "unused")
    import browsergym.miniwob  # noqa: F401 (it registers its ids when it is first imported)
    import gymnasium as gym

    for task in TASKS:
        id = f"browsergym/miniwob.{task}"
        del gym.registry[id]
        entry = "webagent.envs.browsergym.registration:make_scenario_env"
        gym.register(id, entry, nondeterministic=True, kwargs={"task": f"miniwob.{task}"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("agent", type=Path, help="BrowserGym's demo_agent/agent.py")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    stand_in()
    spec = importlib.util.spec_from_file_location("demo_agent", given.agent)
    assert spec is not None and spec.loader is not None
    demo = sys.modules["demo_agent"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    register_ours()
    from browsergym.experiments import loop
    from browsergym.experiments.loop import EnvArgs, ExpArgs, get_exp_result

    loop.count_tokens = lambda text, *_: len(text) // 4  # the tokenizer's tables come over the network
    right = errors = 0
    with tempfile.TemporaryDirectory() as folder:
        for task in TASKS:
            for seed in range(given.seeds):
                args = demo.DemoAgentArgs(use_html=True, use_screenshot=True)
                episode = ExpArgs(args, EnvArgs(f"miniwob.{task}", task_seed=seed, max_steps=10))
                episode.prepare(Path(folder))
                episode.run()
                result = get_exp_result(episode.exp_dir).summary_info
                right += result["cum_reward"] == 1.0
                errors += bool(result["err_msg"])
                print(task, seed, result["cum_reward"], result["n_steps"], result["err_msg"] or "", flush=True)
    print(f"episodes: {len(TASKS) * given.seeds}, solved: {right}, ended by an error: {errors}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
