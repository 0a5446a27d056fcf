"""The maze: its plan by hand, and in a browser; what a search finds there that no policy can."""

from __future__ import annotations

import networkx as nx
import pytest

from webagent.envs.browser import Browser
from webagent.envs.errors import UnknownName
from webagent.envs.suites.maze import LEVELS, MazeScenario, draw
from webagent.envs.types import Action
from webagent.envs.web_env import WebEnv


@pytest.mark.parametrize("width", LEVELS.values())
def test_every_page_has_its_links_and_one_is_wanted(width: int) -> None:
    for seed in range(20):
        maze = draw(width, seed)
        assert len(maze.pages) == 1 + width + width**2 + width**3
        assert len({page.title for page in maze.pages}) == len(maze.pages)
        graph = nx.DiGraph((n, there) for n, page in enumerate(maze.pages) for _, there in page.links)
        assert nx.is_strongly_connected(graph)
        assert nx.shortest_path_length(graph, 0, maze.wanted) in (2, 3), "a link across may save a step"
        assert [len(maze.pages[n].links) for n in maze.way] == [width, width + 3, width + 3, 3]
        assert maze.goal == f'Open the page "{maze.pages[maze.wanted].title}".'


def test_the_same_seed_draws_the_same_maze() -> None:
    assert draw(3, 5) == draw(3, 5) != draw(3, 6)


def test_unknown_mazes_are_told() -> None:
    with pytest.raises(UnknownName, match="unknown maze 'smal'"):
        MazeScenario("smal")


@pytest.mark.browser
def test_the_way_leads_there_and_ends_the_episode(chromium: Browser) -> None:
    with WebEnv(MazeScenario("small"), browser=chromium) as env:
        for seed in (1, 2):
            env.reset(seed=seed)
            maze = draw(LEVELS["small"], seed)
            assert env.task.goal == maze.goal
            for n in maze.way[1:]:
                link = next(e for e in env.observation.tree.elements if e.name == maze.pages[n].title)
                assert link.role == "link" and link.href.endswith(f"?page={n}")
                _, reward, terminated, _, info = env.step(Action("click", link.ref))
            assert terminated and reward == 1.0 and info["success"]
            assert len(env.graph.graph) > len(maze.way), "linked pages are in the site graph, unseen"
