"""Episodes at rest: single ones in folders (here), many in a corpus (``datasets.corpus``), others' formats
(``datasets.readers`` and ``datasets.writers``), and scripted demonstrators (``datasets.experts``), each imported by
whoever needs it."""

from .episodes import EpisodeWriter, find_episode, is_episode, list_episodes, read_episode, write_episode

__all__ = ["EpisodeWriter", "find_episode", "is_episode", "list_episodes", "read_episode", "write_episode"]
