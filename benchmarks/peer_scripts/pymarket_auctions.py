"""pymarket's two auctions, run by the Python of an environment that has pymarket; see benchmarks.peer_scripts.

The package is imported by name, because it is no dependency of ours and never runs in our process.
"""

import json
import sys
import time
from importlib import import_module
from typing import Any

import numpy as np


def main() -> None:
    """Each mechanism on the book of standard input."""
    asked = json.load(sys.stdin)
    orders = [(*order, True) for order in asked["bids"]] + [(*order, False) for order in asked["asks"]]
    json.dump({mechanism: auction(mechanism, orders) for mechanism in ("huang", "muda")}, sys.stdout)


def auction(mechanism: str, orders: list[tuple[int, int, bool]]) -> dict[str, Any]:
    """CPU seconds of one mechanism, and what it filled of each order."""
    market = import_module("pymarket").Market()
    for user, (price, energy, is_bid) in enumerate(orders):
        market.accept_bid(energy, price, user, is_bid)
    seeded = {"r": np.random.RandomState(1)} if mechanism == "muda" else {}
    started_s = time.process_time()
    transactions, _ = market.run(mechanism, **seeded)
    cpu_s = time.process_time() - started_s
    table, filled = transactions.get_df(), [0.0] * len(orders)
    for bid, energy in zip(table["bid"], table["quantity"], strict=True):
        filled[int(bid)] += float(energy)
    return {"cpu_s": cpu_s, "filled": filled}


if __name__ == "__main__":
    main()
