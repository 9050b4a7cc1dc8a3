"""All that survives a restart: database, journal, outbox, ledger rows, checkpoints and episodes.

One module per noun, each a handful of functions that take the open transaction first. Facts and the effects they owe
are written in one transaction; whatever is written twice under one key counts once, or is refused when it differs.
"""
