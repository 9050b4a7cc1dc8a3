"""``gridpact mandates``: what a site's agent may do, given by its owner and stopped by a word."""

import argparse
import json
from typing import Any

from domain.party import DayLimits, Mandate
from domain.quantity import UJPY_PER_JPY
from gridpact.existing import open_existing
from gridpact.signing import said, whoever_asks
from services.members.mandates import Wanted, give, in_force, stop_by_word


def run(options: argparse.Namespace) -> int:
    """Show a site's mandate, give a new version, or pause it by its word; 1 when it is refused."""
    with open_existing(options) as world:
        steps = world.house.steps
        if options.verb == "give":
            with steps.database.read() as tx:
                day = in_force(tx, options.site).day
            found = give(steps, whoever_asks(world.house, options), options.site, _wanted(options, day))
        elif options.verb == "stop":
            found = stop_by_word(steps, options.site, said("stop word: "))
        else:
            with steps.database.read() as tx:
                found = in_force(tx, options.site)
    record = _record(found)
    print(json.dumps(record) if options.json else "  ".join(f"{name} {value}" for name, value in record.items()))
    return 0


def _wanted(options: argparse.Namespace, day: DayLimits) -> Wanted:
    """What is not said stays as it is."""
    spend = day.spend_max_ujpy_per_day if options.spend_max_jpy is None else options.spend_max_jpy * UJPY_PER_JPY
    energy = day.trade_max_wh_per_day if options.trade_max_wh is None else options.trade_max_wh
    return Wanted(
        options.sell_min,
        options.buy_max,
        options.order_max_wh,
        options.reserve_wh,
        {"pause": False, "resume": True}.get(options.trading or ""),
        DayLimits(spend, energy),
        options.valid_until,
        said("stop word: ") if options.stop_word else None,
    )


def _record(mandate: Mandate) -> dict[str, Any]:
    return {
        "site": mandate.site_id,
        "version": mandate.version,
        "active": mandate.active,
        "sell_min_mjpy_per_kwh": mandate.sell_min_mjpy_per_kwh,
        "buy_max_mjpy_per_kwh": mandate.buy_max_mjpy_per_kwh,
        "order_max_wh": mandate.order_max_wh,
        "reserve_wh": mandate.reserve_wh,
        "spend_max_ujpy_per_day": mandate.day.spend_max_ujpy_per_day,
        "trade_max_wh_per_day": mandate.day.trade_max_wh_per_day,
        "valid_until": str(mandate.valid_until) if mandate.valid_until else None,
        "stop_word": "set" if mandate.stop_word_hash else None,
    }
