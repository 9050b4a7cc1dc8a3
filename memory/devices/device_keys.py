"""Keys that meters had before. They verify what was signed with them for ever; whether it counts is another matter.

The key a meter signs with now stands with the device (registry.py).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that a meter had. good_until: readings signed by it are taken before this moment. stopped_at: when
    somebody stopped it, and why, None when it only was replaced."""

    device_id: str
    key_id: str
    public_key: bytes
    good_until: datetime
    stopped_at: datetime | None = None
    reason: str = ""


def put(tx: Connection, key: RetiredKey) -> None:
    """Write a key down, or its new end; what was stopped stays stopped."""
    row = asdict(key)
    new = insert(tables.retired_key).values(row)
    changed = {name: new.excluded[name] for name in ("good_until", "stopped_at", "reason")}
    never_stopped = tables.retired_key.c.stopped_at.is_(None)
    tx.execute(new.on_conflict_do_update(index_elements=["device_id", "key_id"], set_=changed, where=never_stopped))


def of_devices(tx: Connection, device_ids: Iterable[str]) -> dict[tuple[str, str], RetiredKey]:
    """The keys that these devices had, by device and key id."""
    wanted = select(tables.retired_key).where(tables.retired_key.c.device_id.in_(list(device_ids)))
    return {(row["device_id"], row["key_id"]): _key(row) for row in tx.execute(wanted).mappings()}


def all(tx: Connection) -> dict[tuple[str, str], RetiredKey]:  # noqa: A001
    """Every key that any device had, by device and key id."""
    return {(row["device_id"], row["key_id"]): _key(row) for row in tx.execute(select(tables.retired_key)).mappings()}


def _key(row: RowMapping) -> RetiredKey:
    found: dict[str, Any] = {**row, "public_key": bytes(row["public_key"])}
    found["good_until"] = found["good_until"].astimezone(UTC)
    return RetiredKey(**found)
