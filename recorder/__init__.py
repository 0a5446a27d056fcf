"""The recorder: a person shows a task once in a real browser; it becomes an episode, a script and a report."""
