"""What an area used and made becomes part of the market's picture: revision by revision, under its file's label.

Operators publish the same half hours again with better values. A value that differs is the next revision, one that is
the same is nothing new, and a file that was taken before is not taken again: an old copy never overrules a newer one.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from memory.trading import area_energy
from memory.trading.area_energy import AreaRow
from services.devices.metered_file import ACTOR, IMPORTED
from services.steps import Steps


class AreaEnergy(NamedTuple):
    """Energy of one kind in one slot, Wh; less than nothing is what went out of the area or into a store."""

    slot: int
    kind: str
    energy_wh: int


class AreaFile(NamedTuple):
    """A file's values. id: its content's digest. missing: half hours between its first and last that it lacks. absent:
    cells that it leaves blank."""

    id: str
    area: str
    values: Sequence[AreaEnergy]
    missing: int
    absent: int


def take_area(tx: Connection, steps: Steps, file: AreaFile) -> dict[str, int | bool]:
    """Write a file's values inside the caller's transaction; how many it has, how many are new or revised."""
    source = f"file {file.id[:16]}"
    if area_energy.has_source(tx, file.area, source):
        return {"values": len(file.values), "new": 0, "revised": 0, "duplicate": True}
    slots = [each.slot for each in file.values] or [0]
    known = {(row.slot, row.kind): row for row in area_energy.latest(tx, file.area, min(slots), max(slots))}
    rows = []
    for each in file.values:
        before = known.get((each.slot, each.kind))
        if before is None or before.energy_wh != each.energy_wh:
            revision = before.revision + 1 if before else 1
            rows.append(AreaRow(file.area, each.slot, each.kind, revision, each.energy_wh, source))
    area_energy.put_many(tx, rows)
    revised = sum(row.revision > 1 for row in rows)
    if rows:
        body = {"source": "area", "area": file.area, "values": len(file.values), "new": len(rows) - revised}
        steps.note(tx, ACTOR, IMPORTED, file.id, body | {"revised": revised})
    counts = {"values": len(file.values), "new": len(rows) - revised, "revised": revised}
    return counts | {"missing": file.missing, "absent": file.absent}
