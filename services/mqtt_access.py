"""Giving a meter or a home its credential at the broker, and taking it away. Both stand in the signed journal."""

import re
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused
from domain.site import DeviceKind
from memory import mqtt_credentials, registry
from memory.mqtt_credentials import Guest, MqttCredential
from services.steps import Steps

TOPIC_LEVEL = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Allowance(NamedTuple):
    """What an owner lets a home change at its site beside pausing. Wh; both bounds zero: not the reserve."""

    may_resume: bool = False
    reserve_wh_min: int = 0
    reserve_wh_max: int = 0


ONLY_PAUSE = Allowance()


def admit(
    steps: Steps, kind: Guest, subject: str, password_hash: str, allowance: Allowance = ONLY_PAUSE
) -> MqttCredential:
    """Give a credential; one that was given before to the same guest ends. Raises InputRefused with all faults."""
    with steps.database.begin("mqtt-admit") as tx:
        if faults := _faults(tx, kind, subject, allowance):
            raise InputRefused(faults)
        credential = MqttCredential(kind, subject, password_hash, steps.clock(), *allowance)
        mqtt_credentials.put(tx, credential)
        steps.note(tx, "gateway", "mqtt.admitted", credential.user, allowance._asdict())
    return credential


def withdraw(steps: Steps, kind: Guest, subject: str) -> None:
    """Take a credential away. Raises InputRefused when there is none."""
    with steps.database.begin("mqtt-withdraw") as tx:
        if not mqtt_credentials.remove(tx, kind, subject):
            raise InputRefused([Fault(f"{kind}:{subject}", "unknown_credential", "there is no such credential")])
        steps.note(tx, "gateway", "mqtt.withdrawn", f"{kind}.{subject}", {})


def _faults(tx: Connection, kind: Guest, subject: str, allowance: Allowance) -> list[Fault]:
    where, faults = f"{kind}:{subject}", []
    if not TOPIC_LEVEL.fullmatch(subject):
        message = "the id becomes part of a topic: letters, digits, _ and -, at most 64"
        faults.append(Fault(where, "wrong_form", message))
    if subject not in _known(tx, kind):
        faults.append(Fault(where, f"unknown_{kind}", f"no {'site' if kind is Guest.HOME else 'meter'} of this id"))
    if not 0 <= allowance.reserve_wh_min <= allowance.reserve_wh_max:
        faults.append(Fault(f"{where}:reserve", "wrong_bounds", "the bounds are 0 <= least <= most, Wh"))
    return faults


def _known(tx: Connection, kind: Guest) -> set[str]:
    if kind is Guest.HOME:
        return {site.id for site in registry.sites(tx)}
    return {device.id for device in registry.devices(tx) if device.kind is DeviceKind.METER}
