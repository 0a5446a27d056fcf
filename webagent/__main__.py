"""``python -m webagent``: the command line. Nothing else may live here, because spawned processes import this file."""

from webagent.cli import main

if __name__ == "__main__":
    main()
