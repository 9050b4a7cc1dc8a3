"""What areas used and made, by slot and kind, Wh: every revision that was published, the highest one counts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from memory import tables
from memory.rows import write_once
from memory.window import Window


@dataclass(frozen=True, slots=True)
class AreaRow:
    """Energy of a kind (demand, solar, wind, interconnection ...) in an area and slot. source: which file said it."""

    area: str
    slot: int
    kind: str
    revision: int
    energy_wh: int
    source: str


def put_many(tx: Connection, rows: Sequence[AreaRow]) -> None:
    """Write revisions. Raises Conflict when one stands there with another value."""
    write_once(tx, tables.area_energy, [asdict(row) for row in rows])


def has_source(tx: Connection, area: str, source: str) -> bool:
    """Whether anything of an area came from this source."""
    row = tables.area_energy.c
    return bool(tx.execute(select(exists().where(row.area == area, row.source == source))).scalar_one())


def latest(tx: Connection, area: str, first_slot: int, last_slot: int, window: Window | None = None) -> list[AreaRow]:
    """What counts in slots from first to last, by slot, then kind; the window's key is these two, None for all."""
    row = tables.area_energy.c
    wanted = select(tables.area_energy).ext(distinct_on(row.slot, row.kind))
    wanted = wanted.where(row.area == area, row.slot.between(first_slot, last_slot))
    if window is not None and window.after:
        slot, kind = window.after
        wanted = wanted.where((row.slot > slot) | ((row.slot == slot) & (row.kind > kind)))
    wanted = wanted.order_by(row.slot, row.kind, row.revision.desc())
    if window is not None:
        wanted = wanted.limit(window.limit + 1)
    return [AreaRow(*found) for found in tx.execute(wanted)]
