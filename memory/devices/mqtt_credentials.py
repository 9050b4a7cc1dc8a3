"""Who may speak to the house by MQTT or OCPP: one row a meter, home or charger, gone when it is withdrawn.

What was given and taken stands in the journal; here is only what holds now. Passwords are kept as bcrypt hashes.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from memory import tables


class Guest(StrEnum):
    """What a credential is for: a meter sends readings, a home sees one site's market and may pause it, both at the
    broker; a charger counts and is steered, at the OCPP door."""

    METER = "meter"
    HOME = "home"
    CHARGER = "charger"


@dataclass(frozen=True, slots=True)
class MqttCredential:
    """One credential. subject: the meter's or charger's device id, or the home's site id.

    may_resume: whether the owner lets the home take its own pause back. reserve_wh_min, reserve_wh_max: between what
    bounds it may move the battery's reserve, both zero when it may not.
    """

    kind: Guest
    subject: str
    password_hash: str
    at: datetime
    may_resume: bool = False
    reserve_wh_min: int = 0
    reserve_wh_max: int = 0

    @property
    def user(self) -> str:
        """The name it connects under."""
        return f"{self.kind}.{self.subject}"


def put(tx: Connection, credential: MqttCredential) -> None:
    """Write a credential; it replaces an earlier one of the same guest."""
    row = asdict(credential) | {"kind": str(credential.kind)}
    new = insert(tables.mqtt_credential).values(row)
    changed = {name: new.excluded[name] for name in row if name not in {"kind", "subject"}}
    tx.execute(new.on_conflict_do_update(index_elements=["kind", "subject"], set_=changed))


def remove(tx: Connection, kind: Guest, subject: str) -> bool:
    """Forget a credential; whether there was one."""
    known = tables.mqtt_credential.c
    return tx.execute(delete(tables.mqtt_credential).where(known.kind == kind, known.subject == subject)).rowcount > 0


def find(tx: Connection, kind: Guest, subject: str) -> MqttCredential | None:
    """The credential in force, or None."""
    return next((each for each in in_force(tx) if (each.kind, each.subject) == (kind, subject)), None)


def in_force(tx: Connection, *kinds: Guest) -> list[MqttCredential]:
    """The credentials of these kinds, of all when none is named, by kind, then subject."""
    known = tables.mqtt_credential
    wanted = select(known).where(known.c.kind.in_(kinds or tuple(Guest)))
    rows = tx.execute(wanted.order_by(known.c.kind, known.c.subject))
    return [MqttCredential(**{**row._mapping, "kind": Guest(row.kind)}) for row in rows]
