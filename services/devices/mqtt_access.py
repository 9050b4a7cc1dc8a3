"""Giving a meter, a home or a charger its credential, and taking it away. Both stand in the signed journal.

Meters and homes speak MQTT, chargers OCPP. A charger cannot sign: what it says under its credential the Gateway agent
signs, and the charger is registered with that agent's key.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused
from domain.site import Device, DeviceKind
from memory import registry
from memory.devices import mqtt_credentials
from memory.devices.mqtt_credentials import Guest, MqttCredential
from services.steps import Steps

DOORS = {Guest.METER: "mqtt", Guest.HOME: "mqtt", Guest.CHARGER: "ocpp"}
NOUNS = {Guest.METER: "meter", Guest.HOME: "site", Guest.CHARGER: "charger"}
CHARGERS_SIGNER = "gateway"
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
    with steps.database.begin("admit") as tx:
        if faults := _faults(tx, kind, subject, allowance):
            raise InputRefused(faults)
        credential = MqttCredential(kind, subject, password_hash, steps.clock(), *allowance)
        mqtt_credentials.put(tx, credential)
        if kind is Guest.CHARGER:
            charger = next(each for each in _of_kind(tx, DeviceKind.EV_CHARGER) if each.id == subject)
            registry.save_device(tx, replace(charger, public_key=steps.keys.public(CHARGERS_SIGNER)))
        steps.note(tx, "gateway", f"{DOORS[kind]}.admitted", credential.user, allowance._asdict())
    return credential


def withdraw(steps: Steps, kind: Guest, subject: str) -> None:
    """Take a credential away. Raises InputRefused when there is none."""
    with steps.database.begin("withdraw") as tx:
        if not mqtt_credentials.remove(tx, kind, subject):
            raise InputRefused([Fault(f"{kind}:{subject}", "unknown_credential", "there is no such credential")])
        steps.note(tx, "gateway", f"{DOORS[kind]}.withdrawn", f"{kind}.{subject}", {})


def _faults(tx: Connection, kind: Guest, subject: str, allowance: Allowance) -> list[Fault]:
    where, faults = f"{kind}:{subject}", []
    if not TOPIC_LEVEL.fullmatch(subject):
        message = "the id becomes part of a topic or an address: letters, digits, _ and -, at most 64"
        faults.append(Fault(where, "wrong_form", message))
    if subject not in _known(tx, kind):
        faults.append(Fault(where, f"unknown_{kind}", f"no {NOUNS[kind]} of this id"))
    if kind is Guest.CHARGER and (other := _other_charger(tx, subject)):
        faults.append(Fault(where, "second_charger", f"{other} counts at this site already; withdraw it first"))
    if not 0 <= allowance.reserve_wh_min <= allowance.reserve_wh_max:
        faults.append(Fault(f"{where}:reserve", "wrong_bounds", "the bounds are 0 <= least <= most, Wh"))
    return faults


def _known(tx: Connection, kind: Guest) -> set[str]:
    if kind is Guest.HOME:
        return {site.id for site in registry.sites(tx)}
    return {each.id for each in _of_kind(tx, DeviceKind.METER if kind is Guest.METER else DeviceKind.EV_CHARGER)}


def _of_kind(tx: Connection, kind: DeviceKind) -> list[Device]:
    return [each for each in registry.devices(tx) if each.kind is kind]


def _other_charger(tx: Connection, subject: str) -> str | None:
    """A charger with a credential at the same site: a site has one vehicle."""
    site_of = {each.id: each.site_id for each in _of_kind(tx, DeviceKind.EV_CHARGER)}
    admitted = mqtt_credentials.in_force(tx, Guest.CHARGER)
    here = (each.subject for each in admitted if each.subject != subject)
    return next((each for each in here if site_of.get(each) == site_of.get(subject, "")), None)
