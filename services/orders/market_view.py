"""What each site would pay elsewhere, and so up to which price it gains by trading."""

from datetime import date

import numpy as np
from sqlalchemy import Connection

from domain.order import Column
from memory import world as facts
from services.context import TradeContext
from services.roster import BILLING_DAYS, alternative_prices, mandates_in_force


def alternatives(ctx: TradeContext, day: date) -> Column:
    """The utility's price of one kWh more, by each site's own marginal tier. Shape (sites,), mJPY/kWh.

    The tier comes from the 30 days that were metered when the day's first book closed. It is written down then and
    holds for the day, whatever is corrected later.
    """
    with ctx.database.read() as tx:
        fixed = facts.get(tx, _key(day))
    if fixed is not None:
        return np.array([fixed[site] for site in ctx.roster.ids], np.int64)
    last = ctx.time.slots_of(day)[0] - ctx.time.unknown
    import_wh = ctx.histories.until(last)["import_wh"][:, -BILLING_DAYS * ctx.time.per_day :]
    return alternative_prices(import_wh, ctx.rules.of(day).tariff)


def fix_alternatives(tx: Connection, ctx: TradeContext, day: date) -> None:
    """Write the day's alternatives down when its first book closes; what is written stays."""
    if facts.get(tx, _key(day)) is None:
        facts.put(tx, _key(day), dict(zip(ctx.roster.ids, alternatives(ctx, day).tolist(), strict=True)))


def _key(day: date) -> str:
    return f"alternatives:{day}"


def own_caps(ctx: TradeContext, day: date) -> Column:
    """The highest price at which buying from a neighbour costs each site no more than the utility. Shape (sites,),
    mJPY/kWh at the seller's meter, -1 where no price does."""
    stack = ctx.rules.of(day).stack
    prices = alternatives(ctx, day)
    caps = {price: stack.cap(price) for price in np.unique(prices).tolist()}
    return np.array([caps[price] for price in prices.tolist()], np.int64)


def own_limits(tx: Connection, ctx: TradeContext, day: date) -> tuple[Column, Column]:
    """The limits that tariffs and the mandates in force give each site's standard ask and bid. Shape (sites,) each,
    mJPY/kWh; one beyond the corridor is never ordered."""
    mandates, corridor = mandates_in_force(tx, ctx.roster), ctx.rules.of(day).corridor
    bids = np.minimum(np.minimum(mandates.buy_max_mjpy_per_kwh, own_caps(ctx, day)), corridor.cap)
    return np.maximum(mandates.sell_min_mjpy_per_kwh, corridor.floor), bids
