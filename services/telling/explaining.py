"""Why this price: the facts of one site in one slot, and the words a member reads.

The price is the middle of the interval in which every price clears the market (``market.auction.clearing``). Its bounds
are found again from orders and trades (``services.telling.margin``), so an explanation does not repeat what the
auction said of itself; the neighbours at the margin are told apart by what they did, never named.
"""

from collections import Counter
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection

from domain.contract import ContractState
from domain.errors import Fault, InputRefused
from domain.order import Order, Side
from memory.books import settlements, steps
from memory.books.settlements import SettlementRow
from memory.trading import clearings, contracts, orders, trades
from memory.trading.trades import TradeRow
from services.context import TradeContext
from services.grid.grid_story import grid_facts
from services.grid.grid_words import Record, cut_facts, lost_wh
from services.orders import early_trades
from services.orders.market_view import alternatives
from services.orders.order_book import parsed_id
from services.telling.margin import margin
from services.telling.site_prices import site_prices
from services.telling.wish_story import wish_facts
from services.telling.wording import in_words
from services.vehicles.vehicle_story import vehicle_facts

Facts = dict[str, Any]
NEAREST = 5
DENIED = frozenset({ContractState.BLOCKED, ContractState.REJECTED})


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a member reads, who wrote it, and the facts it rests on, amounts in whole units named by their suffix."""

    text: str
    written_by: str
    facts: Facts


def explain(ctx: TradeContext, facts: Facts, language: str) -> Explanation:
    """The facts in ``ja`` or ``en``: by the writer, or by the stand-in when the writer is down or invents a number."""
    text, author = in_words(ctx, lambda writer: writer.explain_trade(facts, language))
    return Explanation(text, author, facts)


def price_facts(tx: Connection, ctx: TradeContext, site_id: str, slot: int) -> Facts:
    """All that is on record of a site in a slot; what is not known has no name in it. uJPY, mJPY/kWh, Wh.

    Raises InputRefused on an unknown site, or a slot that nobody traded.
    """
    require_site(ctx, site_id)
    _require_opened(tx, ctx, slot)
    placed, refused = orders.of_slot(tx, slot), orders.refused_of_slot(tx, slot)
    own = [order for order in placed if order.site_id == site_id]
    settled = next((row for row in settlements.of_slots(tx, slot, slot) if row.site_id == site_id), None)
    stopped = steps.find(tx, ctx.thread(slot), "stopped")
    facts: Facts = {"site": site_id, "slot": ctx.time.label(slot)}
    facts |= _order_facts(own, refused)
    screened = steps.find(tx, ctx.thread(slot), "screen") or {}
    facts |= screened.get("credit", {}).get(site_id, {})
    facts |= {"stopped_at": stopped["stopped_at"], "stopped_because": stopped["reason"]} if stopped else {}
    admitted, filled_wh = [order for order in placed if order.id not in refused], _filled_wh(tx, slot)
    facts |= _clearing_facts(tx, ctx, slot, admitted, filled_wh, site_id)
    facts |= grid_facts(tx, ctx, slot, site_id)
    facts |= early_facts(early_trades.of_slot(tx, slot), site_id)
    facts |= _withheld(tx, site_id, slot) | vehicle_facts(tx, ctx, site_id, slot)
    side = _side(own, settled)
    if (price := facts.get("price_mjpy_per_kwh")) is not None:
        facts |= _comparison(ctx, site_id, slot, side, price)
    return facts | (_settled_facts(settled, side) if settled else {"unsettled": True})


def require_site(ctx: TradeContext, site_id: str) -> None:
    """Raises InputRefused, with the nearest names, when no such site takes part."""
    if site_id not in ctx.roster.position:
        near = get_close_matches(site_id, ctx.roster.ids, NEAREST) or ctx.roster.ids[:NEAREST]
        said = f"no site {site_id!r} among {len(ctx.roster.ids)}; try {', '.join(near)}"
        raise InputRefused([Fault("SITE", "unknown_site", said)])


def _require_opened(tx: Connection, ctx: TradeContext, slot: int) -> None:
    if not any(steps.find(tx, ctx.thread(slot), node) for node in ("open", "stopped")):
        opened = [each.slot for each in clearings.between(tx, 0, 2**31)]
        span = f"from {ctx.time.label(opened[0])} to {ctx.time.label(opened[-1])}" if opened else "none yet"
        raise InputRefused([Fault("SLOT", "unknown_slot", f"slot {slot} was not traded here; traded: {span}")])


def _order_facts(own: list[Order], refused: dict[str, str]) -> Facts:
    """The site's orders: at most one of its agent's, one of its battery, and what its owner ordered in person. Refused
    ones bear only their reason."""
    facts: Facts = {} if own else {"no_order": True}
    for order in own:
        if order.id in refused:
            facts["refused"] = refused[order.id]
            continue
        if parsed_id(order.id) is not None:
            name = "own_ask_wh" if order.side is Side.SELL else "own_bid_wh"
            facts[name] = facts.get(name, 0) + order.energy_wh
            continue
        name = ("battery_" if order.firm else "") + ("ask" if order.side is Side.SELL else "bid")
        facts |= {f"{name}_wh": order.energy_wh, f"{name}_limit_mjpy_per_kwh": order.limit_mjpy_per_kwh}
    return facts


def _clearing_facts(
    tx: Connection, ctx: TradeContext, slot: int, admitted: list[Order], filled_wh: Counter[str], site_id: str
) -> Facts:
    """The price, where it might have lain, and whose orders bound it; or that nothing met."""
    cleared = clearings.get(tx, slot)
    if cleared is None:
        return {}
    cuts = cut_facts(cleared.detail["cuts"], [order for order in admitted if order.site_id == site_id])
    prices = site_prices(ctx, cleared)
    if prices is None:
        return cuts | {"unmatched_wanted_wh": cleared.detail["wanted_wh"], "unmatched_offered_wh": cleared.offered_wh}
    price, corridor = int(prices[ctx.roster.position[site_id]]), ctx.rules.of(ctx.day_of(slot)).corridor
    full, left = cleared.detail["full"], _left(admitted, cleared.detail["cuts"])
    return cuts | {
        "price_mjpy_per_kwh": price,
        "corridor_floor_mjpy_per_kwh": corridor.floor,
        "corridor_cap_mjpy_per_kwh": corridor.cap,
        **(_full_line(ctx, site_id, full) if full else {}),
        **({} if full else _margin(left, filled_wh, site_id)),
        **wish_facts(tx, cleared, site_id),
        **_went_without([order for order in left if order.site_id == site_id], filled_wh, price),
    }


def _left(admitted: list[Order], cuts: list[Record]) -> list[Order]:
    """The orders as they were cleared: less what the grid check cut, without those that it cut to nothing."""
    lost = lost_wh(cuts)
    cut = [replace(order, energy_wh=order.energy_wh - lost[order.id]) for order in admitted]
    return [order for order in cut if order.energy_wh]


def _full_line(ctx: TradeContext, site_id: str, full: list[dict[str, Any]]) -> Facts:
    """Which full branch parts the site's price from the others': the nearest above it that earns, else that prices
    differ elsewhere. Branches that earn nothing are full at one price."""
    feeder, node = ctx.connections.feeder, int(ctx.connections.node[ctx.roster.position[site_id]])
    found = {each["node"]: each for each in full if each["rent_ujpy"]}
    if not found:
        return {"full_at_one_price": full[0]["branch"]}
    while node > 0 and node not in found:
        node = int(feeder.parent[node])
    if node == 0:
        return {"full_elsewhere": next(iter(found.values()))["branch"]}
    return {found[node]["state"]: found[node]["branch"], "full_at_wh": found[node]["limit_wh"]}


def _went_without(own: list[Order], filled_wh: Counter[str], price: int) -> Facts:
    """Why none of the site's orders found a partner, when none did."""
    if not own or any(filled_wh[order.id] for order in own):
        return {}
    if all(order.limit_mjpy_per_kwh == price for order in own):
        return {"others_came_first": True}
    return {"asks_above_price": True} if own[0].side is Side.SELL else {"bids_below_price": True}


def _filled_wh(tx: Connection, slot: int) -> Counter[str]:
    """How much of each order found a partner in the slot's call, by order id."""
    filled: Counter[str] = Counter()
    for trade in (each for each in trades.of_slot(tx, slot) if not each.early):
        filled.update({trade.sell_order: trade.energy_wh, trade.buy_order: trade.energy_wh})
    return filled


def early_facts(made: list[TradeRow], site_id: str) -> Facts:
    """What the site sold or bought before the slot's call, and between which prices."""
    own = [each for each in made if site_id in (each.seller_site, each.buyer_site)]
    if not own:
        return {}
    name = "early_sold_wh" if own[0].seller_site == site_id else "early_bought_wh"
    prices = sorted(each.price_mjpy_per_kwh for each in own)
    facts: Facts = {name: sum(each.energy_wh for each in own)}
    if prices[0] == prices[-1]:
        return facts | {"early_price_mjpy_per_kwh": prices[0]}
    return facts | {"early_price_low_mjpy_per_kwh": prices[0], "early_price_high_mjpy_per_kwh": prices[-1]}


def _margin(admitted: list[Order], filled_wh: Counter[str], site_id: str) -> Facts:
    """The bounds of the price, what the orders there do, and whether one of them is the site's own."""
    low, high = margin(admitted, filled_wh)
    facts: Facts = {f"{bound.role}_mjpy_per_kwh": bound.limit_mjpy_per_kwh for bound in (low, high)}
    bounds = (low.limit_mjpy_per_kwh, high.limit_mjpy_per_kwh)
    if bounds[0] == bounds[1]:
        facts["only_price_mjpy_per_kwh"] = bounds[0]
    else:
        facts |= {"price_low_mjpy_per_kwh": bounds[0], "price_high_mjpy_per_kwh": bounds[1]}
    own = {order.limit_mjpy_per_kwh for order in admitted if order.site_id == site_id}.intersection(bounds)
    return facts | ({"own_at_margin_mjpy_per_kwh": min(own)} if own else {})


def _side(own: list[Order], settled: SettlementRow | None) -> Side:
    """Where the site stood: by what it traded, else by its order, else by its larger register."""
    if settled and (settled.sold_wh or settled.bought_wh):
        return Side.SELL if settled.sold_wh else Side.BUY
    if own:
        return own[0].side
    return Side.SELL if settled and settled.export_wh > settled.import_wh else Side.BUY


def _comparison(ctx: TradeContext, site_id: str, slot: int, side: Side, price: int) -> Facts:
    """What the price means at the site's own meter, beside what the utility would charge or pay."""
    day = ctx.day_of(slot)
    rules = ctx.rules.of(day)
    if side is Side.SELL:
        return {"buyback_mjpy_per_kwh": rules.tariff.buyback}
    stack = rules.stack
    return {
        "losses_mjpy_per_kwh": stack.losses(price),
        "wheeling_mjpy_per_kwh": stack.wheeling,
        "levy_mjpy_per_kwh": stack.levy,
        "adders_mjpy_per_kwh": stack.capacity + stack.imbalance + stack.service,
        "fee_mjpy_per_kwh": stack.fee(price),
        "delivered_mjpy_per_kwh": stack.delivered(price),
        "utility_mjpy_per_kwh": int(alternatives(ctx, day)[ctx.roster.position[site_id]]),
    }


def _withheld(tx: Connection, site_id: str, slot: int) -> Facts:
    """What cleared and became no contract, because rules or people refused it."""
    withheld_wh = sum(
        each.energy_wh
        for each in contracts.of_slot(tx, slot)
        if each.trade_id and each.state in DENIED and site_id in (each.seller_site, each.buyer_site)
    )
    return {"withheld_wh": withheld_wh} if withheld_wh else {}


def _settled_facts(row: SettlementRow, side: Side) -> Facts:
    """Contracted, metered, traded, and what trading was worth in the slot alone."""
    facts: Facts
    if side is Side.SELL:
        facts = {
            "contracted_sell_wh": row.contracted_sell_wh,
            "exported_wh": row.export_wh,
            "sold_wh": row.sold_wh,
            "to_utility_wh": row.export_wh - row.sold_wh,
        }
    else:
        facts = {
            "contracted_buy_wh": row.contracted_buy_wh,
            "imported_wh": row.import_wh,
            "bought_wh": row.bought_wh,
            "from_utility_wh": row.import_wh - row.bought_wh,
        }
    if row.no_trade_ujpy is not None and (row.sold_wh or row.bought_wh):
        saving_ujpy = row.net_ujpy - row.no_trade_ujpy
        facts |= {"saved_ujpy": saving_ujpy} if saving_ujpy >= 0 else {"lost_ujpy": -saving_ujpy}
    return facts
