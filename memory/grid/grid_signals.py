"""What grid operators said, whose keys are known, and who resumed a stop. Every table only grows."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, func, select, text

from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from memory.grid.grid_tables import grid_resumption, grid_signal, grid_source
from memory.rows import write_once

GRID_LOCK = 0x7369676E  # "sign": whoever counts signals before adding one holds it until the commit


@dataclass(frozen=True, slots=True)
class Resumption:
    """One account's word that the trading which a stop holds may go on. signal: the stop's name. person: the
    account's id. role: in which of its roles it spoke."""

    signal: str
    role: str
    person: str
    reason: str
    at: datetime


def lock(tx: Connection) -> None:
    """Wait until nobody else adds a signal or a resumption, and hold it until this transaction ends."""
    tx.execute(text("SELECT pg_advisory_xact_lock(:grid)"), {"grid": GRID_LOCK})


def register(tx: Connection, source: str, public_key: bytes, by: str, at: datetime) -> bool:
    """Write a source's raw Ed25519 key down; whether it is new. Raises Conflict when it has another key."""
    row = {"id": source, "public_key": public_key, "registered_by": by, "registered_at": at}
    return write_once(tx, grid_source, [row], grows=["registered_by", "registered_at"]) > 0


def key_of(tx: Connection, source: str) -> bytes | None:
    """The source's raw public key, None when nobody registered one."""
    found = tx.execute(select(grid_source.c.public_key).where(grid_source.c.id == source)).scalar_one_or_none()
    return None if found is None else bytes(found)


def add(tx: Connection, signal: GridSignal, at: datetime) -> bool:
    """Write a revision down; whether it is new. Raises Conflict when its name has other content."""
    row = asdict(signal) | {"received_at": at}
    plain = {name: str(value) if name in {"kind", "extent", "unit"} else value for name, value in row.items()}
    return write_once(tx, grid_signal, [plain], grows=["received_at", "signature"]) > 0


def every(tx: Connection) -> list[GridSignal]:
    """Every revision ever taken in, by name."""
    signal = grid_signal.c
    wanted = select(grid_signal).order_by(signal.source, signal.id, signal.revision)
    return [_signal(row) for row in tx.execute(wanted)]


def since(tx: Connection, source: str, moment: datetime) -> int:
    """How many revisions of a source came in after a moment."""
    signal = grid_signal.c
    wanted = select(func.count()).where(signal.source == source, signal.received_at > moment)
    return tx.execute(wanted).scalar_one()


def resume(tx: Connection, said: Resumption) -> None:
    """Write a resumption down. Raises Conflict when the role has spoken already in other words."""
    write_once(tx, grid_resumption, [asdict(said)], grows=["at"])


def resumptions(tx: Connection) -> list[Resumption]:
    """Every resumption, by signal, then role."""
    wanted = select(grid_resumption).order_by(grid_resumption.c.signal, grid_resumption.c.role)
    return [Resumption(*row) for row in tx.execute(wanted)]


def _signal(row: Row[tuple[object, ...]]) -> GridSignal:
    return GridSignal(
        source=row.source,
        id=row.id,
        revision=row.revision,
        audience=row.audience,
        kind=SignalKind(row.kind),
        extent=Extent(row.extent),
        target=row.target,
        value=row.value,
        unit=LimitUnit(row.unit),
        starts=row.starts.astimezone(UTC),
        ends=row.ends.astimezone(UTC),
        expires=row.expires.astimezone(UTC),
        priority=row.priority,
        reason=row.reason,
        signature=bytes(row.signature),
    )
