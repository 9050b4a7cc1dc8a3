"""Readings lie in partitions of time: what is asked of a few slots touches a few files, and the old is let go in one.

A partition holds SLOTS slots: 32 days of half hours. Whoever keeps readings makes the partitions that they need and
the one after, so that the turn of a partition finds it there. Letting go detaches whole partitions: their tables stay
in the schema ``telemetry``, to be archived or dropped by whoever keeps the database, and no reading of their time is
taken any more.
"""

from collections.abc import Iterable

from psycopg import sql
from sqlalchemy import Connection

from domain.errors import OutsideFailed
from memory import world
from memory.rows import driver

SLOTS = 1_536
SCHEMA = "telemetry"
KEPT_FROM = "readings_kept_from"


def make(tx: Connection, slots: Iterable[int]) -> None:
    """Make the partitions that hold these slots, and the one after the last.

    Raises OutsideFailed when one of them was let go since the caller looked.
    """
    numbers = {slot // SLOTS for slot in slots}
    missing = (numbers | {max(numbers) + 1}) - _attached(tx).keys()
    if missing and min(missing) * SLOTS < kept_from(tx):
        raise OutsideFailed("readings of this time were let go a moment ago: send the same again to hear which")
    for number in sorted(missing):
        _make(tx, number)


def kept_from(tx: Connection) -> int:
    """The first slot whose readings are kept; before it everything was let go."""
    return int(world.get(tx, KEPT_FROM, 0))


def let_go(tx: Connection, before_slot: int) -> list[str]:
    """Detach every partition that ends at or before a slot; the names of their tables, oldest first."""
    gone = sorted(number for number in _attached(tx) if (number + 1) * SLOTS <= before_slot)
    for number in gone:
        driver(tx).execute(sql.SQL("ALTER TABLE reading DETACH PARTITION {}").format(_name(number)))
    world.put(tx, KEPT_FROM, max(kept_from(tx), before_slot // SLOTS * SLOTS))
    return [f"{SCHEMA}.reading_{number:05}" for number in gone]


def attached(tx: Connection) -> list[tuple[str, int, int]]:
    """Each partition's table, first slot, and estimated rows, oldest first."""
    return [(f"{SCHEMA}.reading_{number:05}", number * SLOTS, rows) for number, rows in sorted(_attached(tx).items())]


def _attached(tx: Connection) -> dict[int, int]:
    """Estimated rows by number; zero where nobody has counted yet."""
    wanted = (
        "SELECT split_part(relname, '_', 2)::bigint, greatest(reltuples, 0)::bigint "
        "FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'reading'::regclass"
    )
    return dict(driver(tx).execute(wanted).fetchall())


def _make(tx: Connection, number: int) -> None:
    """A table beside, then attached: so that nobody who reads or writes elsewhere has to wait."""
    driver(tx).execute(sql.SQL("CREATE TABLE {} (LIKE reading)").format(_name(number)))
    bounds = sql.SQL("ALTER TABLE reading ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")
    driver(tx).execute(bounds.format(_name(number), number * SLOTS, (number + 1) * SLOTS))


def _name(number: int) -> sql.Identifier:
    return sql.Identifier(SCHEMA, f"reading_{number:05}")
