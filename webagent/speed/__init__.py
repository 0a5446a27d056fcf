"""How fast the environment is, against the raw protocol and against its peers: one page, one click, one run.

``measure.measure`` is the whole of it; ``webagent speed`` prints what it gives.
"""
