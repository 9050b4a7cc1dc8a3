"""Peers: other people's markets, each a script for a Python environment of its own, which no part of this one imports.

A script reads one book on standard input, {"bids": [[price, energy], ...], "asks": ...}, and writes what it cleared on
standard output: {"name": {"cpu_s": seconds, "filled": [of each bid, then of each ask]}, ...}.
"""
