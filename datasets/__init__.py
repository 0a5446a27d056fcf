"""Episodes at rest: written to and read from folders, imported from and exported to other formats."""

from .episodes import EpisodeWriter, find_episode, is_episode, list_episodes, read_episode, write_episode

__all__ = ["EpisodeWriter", "find_episode", "is_episode", "list_episodes", "read_episode", "write_episode"]
