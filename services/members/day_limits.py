"""What mandates allow on one delivery day: money spent, energy traded, and whether the mandate still holds.

Counted are the trades of the day, made early or in a call, what rests in its continuous books, stands in its day-ahead
book or waits for a call, and the orders asked about, each at the most it may cost or move. So no sequence of orders and
fills goes beyond a mandate. An order that would is refused whole and uses up nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from domain.order import Order, Side
from domain.party import NO_DAY_LIMITS, Mandate
from memory import registry
from memory.trading import order_commands, trades
from services.orders.open_of_day import open_of_day
from services.orders.order_book import Desk
from services.orders.screening import cost_ujpy
from services.rules import DayRules

EXPIRED, SPENT, TRADED = "mandate_expired", "above_day_spend", "above_day_energy"
NO_LIMIT = 2**62


class Used(NamedTuple):
    """What a site has used up of a day: uJPY spent, Wh traded."""

    spent_ujpy: int = 0
    traded_wh: int = 0


def beyond_mandates(tx: Connection, desk: Desk, day: date, orders: Sequence[Order]) -> dict[str, str]:
    """The orders of a day that go beyond their mandate's day, by id, each with its reason; by time of entry.

    Whatever else rests, stands or waits under their ids is what they replace. Nobody else's order of a bound site is
    judged until this transaction ends.
    """
    ordering = {each.site_id for each in orders}
    bound = {site: each for site, each in registry.mandates(tx).items() if site in ordering and _is_bound(each)}
    if not bound:
        return {}
    order_commands.lock_sites(tx, bound)
    names = {each.id for each in orders}
    others = [each for each in open_of_day(tx, desk, day) if each.id not in names]
    rules = desk.rules.of(day)
    return judged(bound, _used(tx, desk, day, bound, others), rules, day, orders)


def judged(
    mandates: Mapping[str, Mandate], used_up: Mapping[str, Used], rules: DayRules, day: date, orders: Sequence[Order]
) -> dict[str, str]:
    """The same over mandates by site and what each site has used up already. Orders of other sites pass."""
    used, refused = dict(used_up), dict[str, str]()
    for order in sorted((each for each in orders if each.site_id in mandates), key=lambda each: each.entered):
        mandate, after = mandates[order.site_id], _with(used[order.site_id], order, rules)
        if mandate.valid_until is not None and day > mandate.valid_until:
            refused[order.id] = EXPIRED
        elif order.side is Side.BUY and after.spent_ujpy > _or_none(mandate.day.spend_max_ujpy_per_day):
            refused[order.id] = SPENT
        elif after.traded_wh > _or_none(mandate.day.trade_max_wh_per_day):
            refused[order.id] = TRADED
        else:
            used[order.site_id] = after
    return refused


def _is_bound(mandate: Mandate) -> bool:
    return mandate.day != NO_DAY_LIMITS or mandate.valid_until is not None


def _or_none(limit: int | None) -> int:
    return NO_LIMIT if limit is None else limit


def _with(used: Used, order: Order, rules: DayRules) -> Used:
    cost = cost_ujpy(rules, order.energy_wh, order.limit_mjpy_per_kwh) if order.side is Side.BUY else 0
    return _more(used, cost, order.energy_wh)


def _used(tx: Connection, desk: Desk, day: date, sites: Iterable[str], others: Sequence[Order]) -> dict[str, Used]:
    """What each site has used up of the day. others: orders that may still trade."""
    found: dict[str, Used] = dict.fromkeys(sites, Used())
    slots, rules = desk.time.slots_of(day), desk.rules.of(day)
    for trade in trades.between(tx, slots[0], slots[-1]):
        cost = cost_ujpy(rules, trade.energy_wh, trade.price_mjpy_per_kwh)
        for site, spent in ((trade.buyer_site, cost), (trade.seller_site, 0)):
            if site in found:
                found[site] = _more(found[site], spent, trade.energy_wh)
    for order in others:
        if order.site_id in found:
            found[order.site_id] = _with(found[order.site_id], order, rules)
    return found


def _more(used: Used, spent_ujpy: int, energy_wh: int) -> Used:
    return Used(used.spent_ujpy + spent_ujpy, used.traded_wh + energy_wh)
