"""What batteries and vehicles' chargers are asked to do, by slot and site, in Wh.

A battery's set-point stands beyond self-consumption; a charger's is all that it takes from its home and gives to it.
"""

from collections.abc import Mapping

from sqlalchemy import Column, Connection, Exists, String, cast, literal, select

from domain.site import DeviceKind
from memory import tables
from memory.books import outbox
from memory.rows import write_once

TOPIC = "homes.setpoint"
"""Of the effect that brings a slot's set-points to the homes, under the key ``homes.setpoint:SLOT``."""

Moves = dict[str, tuple[int, int]]


def put(tx: Connection, slot: int, device: DeviceKind, moves: Mapping[str, tuple[int, int]]) -> None:
    """Write (charge, discharge) by site. Raises Conflict when a site's device has another one in the slot."""
    rows = [
        {"slot": slot, "site_id": site, "device": str(device), "charge_wh": charge_wh, "discharge_wh": discharge_wh}
        for site, (charge_wh, discharge_wh) in sorted(moves.items())
    ]
    write_once(tx, tables.setpoint, rows)


def of_slots(tx: Connection, device: DeviceKind, first_slot: int, last_slot: int) -> dict[int, Moves]:
    """Set-points of slots from first to last, by slot and site; slots and sites without any are left out.

    So are those given up for good: no home ever heard of them.
    """
    setpoint = tables.setpoint.c
    asked = (setpoint.slot.between(first_slot, last_slot), setpoint.device == str(device), ~_given_up(setpoint.slot))
    found: dict[int, Moves] = {}
    for row in tx.execute(select(tables.setpoint).where(*asked).order_by(setpoint.slot, setpoint.site_id)):
        found.setdefault(row.slot, {})[row.site_id] = (row.charge_wh, row.discharge_wh)
    return found


def _given_up(slot: "Column[int]") -> Exists:
    """The condition that what the homes were asked to do in a row's slot was given up for good."""
    effect, key = tables.effect.c, literal(f"{TOPIC}:") + cast(slot, String)
    return select(effect.key).where(effect.key == key, effect.state == outbox.FAILED).exists()
