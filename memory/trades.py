"""Trades of each slot: who sells how much to whom, where, and at which price."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from domain.trade import Venue
from memory import tables
from memory.rows import write_once


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


def between(tx: Connection, first_slot: int, last_slot: int) -> list[TradeRow]:
    """The trades of slots from first to last, by slot, then id."""
    trade = tables.trade.c
    wanted = select(tables.trade).where(trade.slot.between(first_slot, last_slot)).order_by(trade.slot, trade.id)
    return [TradeRow(**{**row._mapping, "market": Venue(row.market)}) for row in tx.execute(wanted)]
