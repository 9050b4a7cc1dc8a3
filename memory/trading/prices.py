"""Market prices around the community: wholesale and imbalance, by slot and area, mJPY/kWh."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from domain.errors import OutsideFailed
from memory import tables
from memory.rows import write_once

NAMES = ("slot", "kind", "area", "mjpy_per_kwh", "source")


def put(tx: Connection, slot: int, kind: str, area: str, mjpy: int, source: str) -> None:
    """Write one price with the label of its source. Raises Conflict when another one is already written."""
    write_once(tx, tables.market_price, [dict(zip(NAMES, (slot, kind, area, mjpy, source), strict=True))])


def put_many(tx: Connection, kind: str, prices: Iterable[tuple[int, str, int]], source: str) -> None:
    """Write many prices of one kind, (slot, area, mJPY/kWh) each, as :func:`put` writes one."""
    rows = [dict(zip(NAMES, (slot, kind, area, mjpy, source), strict=True)) for slot, area, mjpy in prices]
    write_once(tx, tables.market_price, rows)


def get(tx: Connection, slot: int, kind: str, area: str) -> int:
    """One price, mJPY/kWh. Raises OutsideFailed naming what has not come: nothing is settled on a guess."""
    price = tables.market_price.c
    wanted = select(price.mjpy_per_kwh).where(price.slot == slot, price.kind == kind, price.area == area)
    found = tx.execute(wanted).scalar_one_or_none()
    if found is None:
        raise OutsideFailed(f"the {kind} price of slot {slot} in {area} is missing: import it, then run the same again")
    return int(found)


def between(tx: Connection, first_slot: int, last_slot: int, kind: str, area: str) -> dict[int, int]:
    """The known prices of slots from first to last, mJPY/kWh, by slot."""
    price = tables.market_price.c
    wanted = (
        select(price.slot, price.mjpy_per_kwh)
        .where(price.slot.between(first_slot, last_slot), price.kind == kind, price.area == area)
        .order_by(price.slot)
    )
    return {row.slot: row.mjpy_per_kwh for row in tx.execute(wanted)}
