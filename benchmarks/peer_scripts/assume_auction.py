"""ASSUME's uniform-price auction, run by the Python of an environment that has it; see benchmarks.peer_scripts.

The market role is called as it stands, without the agents and messages around it: only its clearing is measured. It
breaks ties by chance, which is seeded. Buyers' volumes are negative there. The package is imported by name, because it
is no dependency of ours and never runs in our process.
"""

import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

START = datetime(2026, 5, 20, tzinfo=UTC)
PRODUCT = (START, START + timedelta(minutes=30), None)


def main() -> None:
    """The book of standard input, cleared."""
    asked = json.load(sys.stdin)
    signed = [(price, -energy) for price, energy in asked["bids"]] + [
        (price, energy) for price, energy in asked["asks"]
    ]
    json.dump({"pay as clear": auction(signed)}, sys.stdout)


def auction(signed: list[tuple[int, int]]) -> dict[str, Any]:
    """CPU seconds of one clearing, and what it filled of each order."""
    role = pay_as_clear()
    names = ("start_time", "end_time", "only_hours", "price", "volume", "bid_id")
    book = [dict(zip(names, (*PRODUCT, *order, row), strict=True)) for row, order in enumerate(signed)]
    random.seed(1)
    started_s = time.process_time()
    accepted, *_ = role.clear(book, [PRODUCT])
    cpu_s = time.process_time() - started_s
    filled = [0.0] * len(signed)
    for order in accepted:
        filled[order["bid_id"]] += abs(float(order["accepted_volume"]))
    return {"cpu_s": cpu_s, "filled": filled}


def pay_as_clear() -> Any:
    """The role of a market that opens once a day for one half hour; it asks for both before it clears anything."""
    objects, rrule = import_module("assume.common.market_objects"), import_module("dateutil.rrule")
    config = objects.MarketConfig(
        market_id="community",
        opening_hours=rrule.rrule(rrule.DAILY, dtstart=START, until=START + timedelta(days=1)),
        market_mechanism="pay_as_clear",
        market_products=[objects.MarketProduct(timedelta(minutes=30), 1, timedelta())],
    )
    return import_module("assume.markets.clearing_algorithms").clearing_mechanisms["pay_as_clear"](config)


if __name__ == "__main__":
    main()
