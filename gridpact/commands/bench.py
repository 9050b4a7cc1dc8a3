"""``gridpact bench``: one part measured beside a floor or a peer in the same run.

A bench is a module with ``measure``, which takes the options its row names, by name, and returns one document: figures
by name, or parts that hold figures by name. An option that is not given keeps the bench's own default.
"""

import argparse
import json
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

from domain.errors import Fault, InputRefused

OPTIONS = ("orders", "sites", "grid", "peers", "readings", "kill", "trades", "cases", "days", "histories", "kills")


class Bench(NamedTuple):
    """Where a bench is, and which of OPTIONS its ``measure`` takes."""

    module: str
    takes: tuple[str, ...] = ()


BENCHES = {
    "battery": Bench("benchmarks.battery", ("sites",)),
    "blocks": Bench("benchmarks.blocks"),
    "cases": Bench("benchmarks.cases", ("cases", "days", "sites")),
    "clearing": Bench("benchmarks.clearing", ("orders",)),
    "continuous": Bench("benchmarks.continuous", ("orders",)),
    "day": Bench("benchmarks.day"),
    "desk": Bench("benchmarks.desk", ("cases",)),
    "grid": Bench("benchmarks.grid", ("orders", "grid")),
    "identity": Bench("benchmarks.identity"),
    "ingest": Bench("benchmarks.ingest", ("readings", "kill")),
    "ledger": Bench("benchmarks.ledger", ("histories", "kills")),
    "mqtt": Bench("benchmarks.mqtt"),
    "negotiation": Bench("benchmarks.negotiation"),
    "peers": Bench("benchmarks.peers", ("orders", "peers")),
    "policies": Bench("benchmarks.policies", ("trades",)),
    "resume": Bench("benchmarks.resume"),
}


def run(options: argparse.Namespace) -> int:
    """Measure and print the figures. Raises InputRefused on an unknown name or options that the bench does not take."""
    bench = _known(options.name)
    given = {name: value for name in OPTIONS if (value := getattr(options, name)) is not None}
    if faults := [_not_taken(options.name, bench, name) for name in given if name not in bench.takes]:
        raise InputRefused(faults)
    measure: Callable[..., dict[str, Any]] = import_module(bench.module).measure
    found = measure(**given)
    if options.json:
        print(json.dumps(found))
        return 0
    for name, value in found.items():
        for label, figure in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"{name:24} {label:34} {figure}")
    return 0


def _known(name: str) -> Bench:
    """The bench of this name, or a refusal that says the nearest one."""
    if name in BENCHES:
        return BENCHES[name]
    near = get_close_matches(name, BENCHES, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InputRefused([Fault("NAME", "unknown_bench", f"{hint}known: {', '.join(BENCHES)}")])


def _not_taken(name: str, bench: Bench, option: str) -> Fault:
    takes = " and ".join(f"--{each}" for each in bench.takes) or "no option of this kind"
    return Fault(f"--{option}", "option_not_taken", f"bench {name} takes {takes}")
