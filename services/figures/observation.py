"""A period of the market as surveillance sees it: trades, orders, meters and plants, from what the database holds.

Orders are written by the members' own agents, so what a tariff, a mandate and a device make of a limit is known: for a
standard order it is computed again here, for a battery's firm one it is what the agent planned. Orders of a call
auction stand until the call; members' own orders live from their command on.
"""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from domain.order import Column, Order, Side
from domain.site import DeviceKind
from domain.slot import slot_wh
from market.continuous.command import CommandKind
from market.surveillance.observed import Deals, Exports, Flags, Lives, Observed, Plants
from memory.devices import readings
from memory.trading import order_commands, orders, trades
from memory.trading.order_commands import OrderCommand
from memory.trading.trades import TradeRow
from services.context import TradeContext
from services.orders.books import book_of
from services.orders.market_view import own_limits
from services.orders.order_book import order_id, parsed_id
from services.roster import Roster

CALL = 2**31
"""The moment of every call: after all entries of its slot."""
EARLY = -1
"""The moment of an early trade whose market keeps none: before any order of the call is entered."""
WITNESSES_MIN = 3
"""So many other plants must have been read before their silence says that it is dark."""


def observed(tx: Connection, ctx: TradeContext, slots: Sequence[int]) -> Observed:
    """One day's consecutive slots. Parties and sites are positions of the roster, owners those of ``owners``."""
    roster = ctx.roster
    traded = trades.between(tx, slots[0], slots[-1])
    commands = order_commands.between(tx, ctx.market, slots[0], slots[-1])
    admitted = [order for slot in slots for order in orders.admitted_of_slot(tx, slot) if parsed_id(order.id) is None]
    meters = readings.history(tx, roster.ids, slots[0], slots[-1])
    position, names = roster.position, owners(roster)
    owner = np.array([names.index(site.party_id) for site in roster.sites], np.int64)
    own = own_limits(tx, ctx, ctx.day_of(slots[0]))
    moments = {f"{order_id(row.slot, row.seq)}:": row.moment for row in commands}
    return Observed(
        deals=_deals(traded, position, moments),
        lives=together(_lives(admitted, traded, position, own), own_lives(commands, traded, position, own)),
        exports=exports_of(meters["export_wh"], meters["generation_wh"], _sunlit(roster), slots[0]),
        plants=_plants(roster, owner, ctx.time.slot_min),
        owner=owner,
    )


def owners(roster: Roster) -> list[str]:
    """The ids of the members, sorted: a member may hold several sites."""
    return sorted({site.party_id for site in roster.sites})


def exports_of(export_wh: Column, generation_wh: Column, sunlit: Flags, first_slot: int) -> Exports:
    """What the meters saw go out. export, generation: shape (sites, slots), Wh, -1 where nothing was read. sunlit:
    shape (sites,), who has a solar plant.

    It is dark for a site where the plants of others were read and none gave anything: a site's own register is no
    witness of its own sun.
    """
    read = sunlit[:, None] & (generation_wh >= 0)
    given_wh = np.where(read, generation_wh, 0)
    others_wh, others = given_wh.sum(axis=0) - given_wh, read.sum(axis=0) - read
    dark = (others_wh == 0) & (others >= WITNESSES_MIN)
    site, column = np.nonzero(export_wh >= 0)
    return Exports(first_slot + column, site, export_wh[site, column], dark[site, column])


def _deals(traded: Sequence[TradeRow], position: dict[str, int], moments: dict[str, int]) -> Deals:
    """Trades with their moments: a continuous one's is that of the command that made it."""
    rows = [
        (
            each.slot,
            moments.get(each.id[:-2], EARLY) if each.early else CALL,
            position[each.seller_site],
            position[each.buyer_site],
            each.price_mjpy_per_kwh,
            each.energy_wh,
        )
        for each in traded
    ]
    return Deals(*np.array(rows, np.int64).reshape(-1, len(Deals._fields)).T)


def _lives(
    admitted: Sequence[Order], traded: Sequence[TradeRow], position: dict[str, int], own: tuple[Column, Column]
) -> Lives:
    book = book_of(admitted, position)
    asks, bids = own
    standard = np.where(book.side == Side.SELL, asks[book.site], bids[book.site])
    firm = np.array([order.firm for order in admitted], np.bool_)
    filled_wh = _filled_wh(traded)
    return Lives(
        slot=np.array([order.slot for order in admitted], np.int64),
        party=book.site,
        side=book.side,
        limit_mjpy_per_kwh=book.limit_mjpy_per_kwh,
        own_limit_mjpy_per_kwh=np.where(firm, book.limit_mjpy_per_kwh, standard),
        energy_wh=book.energy_wh,
        filled_wh=np.array([filled_wh.get(order.id, 0) for order in admitted], np.int64),
        entered=book.entered,
        left=np.full(len(admitted), CALL, np.int64),
        cancelled=np.zeros(len(admitted), np.int64),
    )


def own_lives(
    commands: Sequence[OrderCommand], traded: Sequence[TradeRow], position: dict[str, int], own: tuple[Column, Column]
) -> Lives:
    """Members' own orders as they last stood, from entry to their cancellation, their end or the call. Moments are
    seconds since 1970; the call comes after all of them."""
    entered = {(row.slot, row.seq): row for row in commands if row.kind == CommandKind.SUBMIT}
    last = entered | {(row.slot, row.order_seq): row for row in commands if row.kind == CommandKind.AMEND}
    ended = {(row.slot, row.order_seq): row for row in commands if row.kind == CommandKind.CANCEL}
    closed = {row.slot: row.moment for row in commands if row.kind == CommandKind.EXPIRE}
    filled_wh, (asks, bids) = _filled_wh(traded), own
    rows = [
        (
            row.slot,
            position[row.site_id],
            row.side,
            last[key].limit_mjpy_per_kwh,
            int((asks if row.side == Side.SELL else bids)[position[row.site_id]]),
            last[key].energy_wh,
            filled_wh.get(order_id(*key), 0),
            row.moment,
            ended[key].moment if key in ended else row.until if row.until < closed.get(row.slot, 0) else CALL,
            int(key in ended and bool(ended[key].person)),
        )
        for key, row in entered.items()
    ]
    return Lives(*np.array(rows, np.int64).reshape(-1, len(Lives._fields)).T)


def together(one: Lives, other: Lives) -> Lives:
    """The rows of both."""
    return Lives(*(np.concatenate(columns) for columns in zip(one, other, strict=True)))


def _filled_wh(traded: Sequence[TradeRow]) -> dict[str, int]:
    """What each order that traded got, Wh, by order id."""
    filled_wh: dict[str, int] = {}
    for each in traded:
        for order in (each.sell_order, each.buy_order):
            filled_wh[order] = filled_wh.get(order, 0) + each.energy_wh
    return filled_wh


def _plants(roster: Roster, owner: Column, slot_min: int) -> Plants:
    """What solar plants and batteries can give in a slot, by their registered power."""
    export_max_wh, storage = np.zeros(len(roster.sites), np.int64), np.zeros(len(roster.sites), np.bool_)
    for device in roster.devices:
        if device.kind in (DeviceKind.PV, DeviceKind.BATTERY):
            export_max_wh[roster.position[device.site_id]] += slot_wh(device.power_w, slot_min)
    storage[list(roster.batteries)] = True
    return Plants(owner, export_max_wh, storage)


def _sunlit(roster: Roster) -> Flags:
    with_sun = {device.site_id for device in roster.devices if device.kind is DeviceKind.PV}
    return np.array([site in with_sun for site in roster.ids], np.bool_)
