"""What charge points have counted, sample by sample, and which number each of their transactions bears.

A sample that came again counts once. Samples are kept until the half hours that rest on them are readings; of each
connector the last one before stays, for the next half hour begins at it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables

UNKNOWN, AWAY = 0, -1


class Sample(NamedTuple):
    """A connector's energy register at a moment, Wh, and what its vehicle held: percent, UNKNOWN while nobody says,
    AWAY when no transaction goes on."""

    connector: int
    at: datetime
    register_wh: int
    stored_percent: int = AWAY


def put(tx: Connection, device_id: str, samples: Sequence[Sample]) -> None:
    """Keep samples; of two at one moment the first register stays, and that the vehicle left."""
    rows = [each._asdict() | {"device_id": device_id} for each in samples]
    if not rows:
        return
    new = insert(tables.charger_sample)
    held = func.least(tables.charger_sample.c.stored_percent, new.excluded.stored_percent)
    keys = ["device_id", "connector", "at"]
    tx.execute(new.on_conflict_do_update(index_elements=keys, set_={"stored_percent": held}), rows)


def of_device(tx: Connection, device_id: str) -> list[Sample]:
    """Every sample of a charge point, by connector, then time."""
    known = tables.charger_sample.c
    wanted = select(known.connector, known.at, known.register_wh, known.stored_percent).where(
        known.device_id == device_id
    )
    return [Sample(*row) for row in tx.execute(wanted.order_by(known.connector, known.at))]


def forget_before(tx: Connection, device_id: str, moment: datetime) -> None:
    """Drop what came before the last sample of each connector that is not later than a moment."""
    known, kept = tables.charger_sample.c, tables.charger_sample.alias("kept")
    last = select(func.max(kept.c.at)).where(
        kept.c.device_id == known.device_id, kept.c.connector == known.connector, kept.c.at <= moment
    )
    tx.execute(delete(tables.charger_sample).where(known.device_id == device_id, known.at < last.scalar_subquery()))


def number_of(tx: Connection, device_id: str, reference: str, connector: int) -> int:
    """The number of a transaction: the same again for the same reference, else the charge point's next one."""
    known = tables.charger_transaction.c
    last = select(func.coalesce(func.max(known.number), 0)).where(known.device_id == device_id)
    row = {"device_id": device_id, "reference": reference, "connector": connector}
    following = tx.execute(last).scalar_one() + 1
    tx.execute(insert(tables.charger_transaction).values(row | {"number": following}).on_conflict_do_nothing())
    found = select(known.number).where(known.device_id == device_id, known.reference == reference)
    return int(tx.execute(found).scalar_one())


def connector_of(tx: Connection, device_id: str, *, number: int = -1, reference: str = "") -> int | None:
    """Where a transaction takes place, by its number or its reference; None when nobody heard of it."""
    known = tables.charger_transaction.c
    named = known.reference == reference if reference else known.number == number
    return tx.execute(select(known.connector).where(known.device_id == device_id, named)).scalar_one_or_none()
