"""For how many slots of the last four weeks sites were read and measured, kept in columns and grown slot by slot.

Screening asks for it in every slot and for every order, over all sites. Counting four weeks of everybody's readings
each time would cost more than the rest of screening, so the grid stays in the process and only slots of which something
came since are read again. It holds nothing that the database does not: a new process counts the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from psycopg import sql
from sqlalchemy import Connection, func, select

from domain.order import Column
from domain.reading import Quality
from memory import tables
from memory.devices import readings
from memory.rows import read_columns

COVERED_SLOTS = 1_344  # four weeks of half hours
UNREAD, READ, MEASURED = 0, 1, 2


class Covered(NamedTuple):
    """Of how many slots something could be known, and for how many something was measured."""

    slots: int
    measured: int


class _Kept(NamedTuple):
    """What is known up to a mark. seen: UNREAD, READ or MEASURED, shape (sites, COVERED_SLOTS), up to slot ``last``."""

    site_ids: list[str]
    mark: str
    last: int
    seen: Column


@dataclass(slots=True)
class Coverage:
    """Grown by whoever asks; threads that ask at once do the same work twice and agree. Not for a transaction that
    takes in readings itself and might be given up."""

    _kept: _Kept | None = field(default=None)

    def by_site(self, tx: Connection, site_ids: Sequence[str]) -> dict[str, Covered]:
        """By site that was ever read: of the last ``COVERED_SLOTS`` up to the latest of anybody those since its first
        reading, and for how many something was measured. Four weeks are read, however long the market runs."""
        kept = self._kept = self._up_to_date(tx, list(site_ids))
        read = kept.seen > UNREAD
        slots = np.where(read.any(axis=1), COVERED_SLOTS - read.argmax(axis=1), 0).tolist()
        measured = (kept.seen == MEASURED).sum(axis=1).tolist()
        found = dict(zip(kept.site_ids, map(Covered, slots, measured), strict=True))
        known = {site: each for site, each in found.items() if each.slots}
        silent = _ever_read(tx, sorted(found.keys() - known.keys()))
        return known | dict.fromkeys(silent, Covered(COVERED_SLOTS, 0))

    def _up_to_date(self, tx: Connection, site_ids: list[str]) -> _Kept:
        """The mark is taken before looking, so what commits between the two is found twice, never missed."""
        mark, kept = readings.mark(tx), self._kept
        if kept is None or kept.site_ids != site_ids:
            last = readings.last_slot(tx) or 0
            return _Kept(site_ids, mark, last, _seen(tx, site_ids, last - COVERED_SLOTS + 1, last))
        changed = readings.first_slot_since(tx, kept.mark)
        if changed is None:
            return kept._replace(mark=mark)
        last = max(kept.last, _last_from(tx, changed))
        first, known_first = last - COVERED_SLOTS + 1, kept.last - COVERED_SLOTS + 1
        start = max(first, min(changed, kept.last + 1))
        stays = kept.seen[:, first - known_first : start - known_first]
        return _Kept(site_ids, mark, last, np.concatenate([stays, _seen(tx, site_ids, start, last)], axis=1))


def _seen(tx: Connection, site_ids: list[str], first_slot: int, last_slot: int) -> Column:
    """UNREAD, READ or MEASURED of each slot from first to last. Shape (sites, slots), int64."""
    wanted = sql.SQL(
        "SELECT place, slot, (quality = {})::int::bigint AS measured FROM reading "
        "JOIN unnest(%s::text[]) WITH ORDINALITY AS asked(site_id, place) USING (site_id) "
        "WHERE slot BETWEEN %s AND %s"
    ).format(sql.Literal(str(Quality.MEASURED)))
    found = read_columns(tx, wanted, ["place", "slot", "measured"], [site_ids, first_slot, last_slot])
    seen = np.full((len(site_ids), last_slot - first_slot + 1), UNREAD, np.int64)
    cell = (found["place"] - 1, found["slot"] - first_slot)
    np.maximum.at(seen, cell, READ + found["measured"])
    return seen


def _last_from(tx: Connection, slot: int) -> int:
    """The latest slot of which anything was read, of those from one on that was."""
    wanted = select(func.max(tables.reading.c.slot)).where(tables.reading.c.slot >= slot)
    return int(tx.execute(wanted).scalar_one())


def _ever_read(tx: Connection, site_ids: Sequence[str]) -> list[str]:
    """Those of some sites that were ever read."""
    reading = tables.reading.c
    wanted = select(reading.site_id).distinct().where(reading.site_id.in_(list(site_ids)))
    return list(tx.execute(wanted).scalars()) if site_ids else []
