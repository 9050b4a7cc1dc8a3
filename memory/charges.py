"""What vehicles' chargers are asked to take and to give to their homes, by slot and site, in Wh.

It travels with the batteries' set-points, in the same effect.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from memory import tables
from memory.rows import write_once
from memory.setpoints import Moves, given_up


def put(tx: Connection, slot: int, charges: Mapping[str, tuple[int, int]]) -> None:
    """Write (charge, discharge) by site. Raises Conflict when a charger has another one in the slot."""
    rows = [
        {"slot": slot, "site_id": site, "charge_wh": charge_wh, "discharge_wh": discharge_wh}
        for site, (charge_wh, discharge_wh) in sorted(charges.items())
    ]
    write_once(tx, tables.charge, rows)


def of_slots(tx: Connection, first_slot: int, last_slot: int) -> dict[int, Moves]:
    """What was asked in slots from first to last, by slot and site, without what no home ever heard of."""
    charge = tables.charge.c
    wanted = select(tables.charge).where(charge.slot.between(first_slot, last_slot), ~given_up(charge.slot))
    found: dict[int, Moves] = {}
    for row in tx.execute(wanted.order_by(charge.slot, charge.site_id)):
        found.setdefault(row.slot, {})[row.site_id] = (row.charge_wh, row.discharge_wh)
    return found
