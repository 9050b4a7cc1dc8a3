"""A market that only looks: the real database and chain, and nobody who could forecast, dispatch or write."""

from typing import Any, NoReturn

from domain.slot import SLOTS_PER_DAY, slots_of_day
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


def market_to_look_at(world: Existing) -> TradeContext:
    """The context of a world for reports and audits."""
    assert world.plan is not None, "a live world is looked at through its API"
    first = slots_of_day(world.plan.first_day, world.house.zone)[0].index
    nobody = Nobody()
    rules = load_rules(world.house.settings)
    return open_market(
        world.house, rules, nobody, nobody, first - HISTORY_DAYS * SLOTS_PER_DAY, recalls=world.plan.memory
    )
