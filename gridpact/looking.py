"""A market that only looks: the real database and chain, and nobody who could forecast, dispatch or write."""

from typing import Any, NoReturn

from gridpact.existing import Existing
from gridpact.wiring import load_rules, open_market
from gridpact.world import HISTORY_DAYS
from services.context import TradeContext


class Nobody:
    """Stands where a port is never asked."""

    def forecast(self, *asked: Any) -> NoReturn:
        raise AssertionError("nobody forecasts when a world is only looked at")

    baseline = forecast
    dispatch = forecast
    place_loads = forecast


def market_to_look_at(world: Existing) -> TradeContext:
    """The context of a world for reports and audits."""
    time = world.house.time
    first = time.slots_of(world.plan.first_day)[0] if world.plan else time.at(world.house.clock())
    nobody = Nobody()
    rules = load_rules(world.house.settings)
    recalls = world.plan is not None and world.plan.memory
    return open_market(world.house, rules, nobody, nobody, first - HISTORY_DAYS * time.per_day, recalls=recalls)
