"""Trades of each slot: who sells how much to whom, where, and at which price."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from domain.trade import Venue
from memory import tables
from memory.rows import write_once
from memory.window import Sites, Window, at_sites, cut


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One trade. sell_order, buy_order: ids of the orders it fills. market: the slot's call, or one before it."""

    id: str
    slot: int
    sell_order: str
    buy_order: str
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int
    market: Venue = Venue.CALL

    @property
    def early(self) -> bool:
        """Was it made before its slot's call?"""
        return self.market is not Venue.CALL


def save(tx: Connection, rows: Sequence[TradeRow]) -> None:
    """Write trades. Raises Conflict when an id has other content."""
    write_once(tx, tables.trade, [asdict(row) | {"market": str(row.market)} for row in rows])


def of_slot(tx: Connection, slot: int) -> list[TradeRow]:
    """The slot's trades, early ones included, by id."""
    return between(tx, slot, slot)


def of_slots(tx: Connection, slots: Sequence[int]) -> list[TradeRow]:
    """The trades of some slots, by slot, then id."""
    trade = tables.trade.c
    return _found(tx, select(tables.trade).where(trade.slot.in_(slots)).order_by(trade.slot, trade.id))


def between(tx: Connection, first_slot: int, last_slot: int) -> list[TradeRow]:
    """The trades of slots from first to last, by slot, then id."""
    trade = tables.trade.c
    wanted = select(tables.trade).where(trade.slot.between(first_slot, last_slot)).order_by(trade.slot, trade.id)
    return _found(tx, wanted)


def part(tx: Connection, sites: Sites, first_slot: int, last_slot: int, window: Window) -> list[TradeRow]:
    """The same where one of the sites sells or buys, in parts: memory.window."""
    trade = tables.trade.c
    among = at_sites(sites, trade.seller_site, trade.buyer_site)
    wanted = select(tables.trade).where(trade.slot.between(first_slot, last_slot), *among)
    return _found(tx, cut(wanted, [trade.slot, trade.id], window))


def find(tx: Connection, sites: Sites, trade_id: str) -> TradeRow | None:
    """One trade, None when there is none of this id in which one of the sites sells or buys."""
    trade = tables.trade.c
    wanted = select(tables.trade).where(trade.id == trade_id, *at_sites(sites, trade.seller_site, trade.buyer_site))
    return next(iter(_found(tx, wanted)), None)


def _found(tx: Connection, wanted: "Select[Any]") -> list[TradeRow]:
    return [TradeRow(**{**row._mapping, "market": Venue(row.market)}) for row in tx.execute(wanted)]
