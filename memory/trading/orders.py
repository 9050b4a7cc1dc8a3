"""Orders of each slot, and why some were refused."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from domain.order import Order, Side
from memory import tables
from memory.rows import write_once


def save(tx: Connection, rows: Sequence[Order], refused: Mapping[str, str]) -> None:
    """Write orders, with the reason beside those refused already. Raises Conflict when an id has other content."""
    write_once(
        tx,
        tables.orders,
        [
            {
                "id": order.id,
                "slot": order.slot,
                "site_id": order.site_id,
                "side": int(order.side),
                "limit_mjpy_per_kwh": order.limit_mjpy_per_kwh,
                "energy_wh": order.energy_wh,
                "entered": order.entered,
                "firm": order.firm,
                "refused": refused.get(order.id),
            }
            for order in rows
        ],
        grows=["refused"],
    )


def refuse(tx: Connection, refused: Mapping[str, str]) -> None:
    """Write reasons, by order id, beside orders that are written already."""
    if refused:
        marked = (
            update(tables.orders).where(tables.orders.c.id == bindparam("order")).values(refused=bindparam("reason"))
        )
        tx.execute(marked, [{"order": order, "reason": reason} for order, reason in sorted(refused.items())])


def of_slot(tx: Connection, slot: int) -> list[Order]:
    """Every order of the slot, refused ones included, by arrival, then id."""
    return [_order(row) for row in tx.execute(_of_slot(slot))]


def admitted_of_slot(tx: Connection, slot: int) -> list[Order]:
    """The orders of the slot that nobody refused, by arrival, then id."""
    return [_order(row) for row in tx.execute(_of_slot(slot).where(tables.orders.c.refused.is_(None)))]


def refused_of_slot(tx: Connection, slot: int) -> dict[str, str]:
    """Why orders of the slot were refused, by order id."""
    return {row.id: row.refused for row in tx.execute(_of_slot(slot).where(tables.orders.c.refused.is_not(None)))}


def _of_slot(slot: int) -> Select[tuple[object, ...]]:
    order = tables.orders.c
    return select(tables.orders).where(order.slot == slot).order_by(order.entered, order.id)


def _order(row: Row[tuple[object, ...]]) -> Order:
    return Order(
        row.id, row.slot, row.site_id, Side(row.side), row.limit_mjpy_per_kwh, row.energy_wh, row.entered, row.firm
    )
