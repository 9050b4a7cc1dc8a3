"""``gridpact bench``: one part measured beside a floor or a peer in the same run."""

import argparse
import json
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from domain.errors import Fault, InputRefused

BENCHES = {"clearing": "benchmarks.clearing", "day": "benchmarks.day", "resume": "benchmarks.resume"}


def run(options: argparse.Namespace) -> int:
    """Measure and print the figures. Raises InputRefused on an unknown name."""
    if options.name not in BENCHES:
        near = get_close_matches(options.name, BENCHES, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InputRefused([Fault("NAME", "unknown_bench", f"{hint}known: {', '.join(BENCHES)}")])
    measure: Callable[[], dict[str, Any]] = import_module(BENCHES[options.name]).measure
    found = measure()
    if options.json:
        print(json.dumps(found))
        return 0
    for part in ("figures", "floor"):
        for name, value in found[part].items():
            print(f"{part:8} {name:34} {value}")
    print(f"machine  {found['machine']}")
    return 0
