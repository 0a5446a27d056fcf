"""Suites of tasks: each file here turns one collection of pages into ``Scenario``s that ``WebEnv`` can play."""
