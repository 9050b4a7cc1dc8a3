"""The homes of the demonstration as physics: what flows through each meter in a slot.

A home without a battery imports what it uses beyond its own sun and exports the rest. A battery acts by
``market.storage.battery.operate``, the same function that plans use: self-consumption first, set-points of trades on
top. At every meter and in every slot: import - export = load - generation + charge - discharge, in whole Wh.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.site import Battery
from market.storage.battery import Operation, operate
from simulation.community import Community

Setpoints = Mapping[str, tuple[int, int]]


class Flows(NamedTuple):
    """Meter columns, int64, Wh, shape (sites,) of one slot or (sites, slots) of many. Never negative.

    Of import and export at most one is above zero; likewise of charge and discharge. stored_wh: at the slot's end.
    """

    import_wh: Column
    export_wh: Column
    generation_wh: Column
    charge_wh: Column
    discharge_wh: Column
    stored_wh: Column


class Homes:
    """The homes from a slot on, one slot after the other. The same start and set-points give the same flows.

    stored_wh: battery content at the start of ``next_slot``, shape (sites,), zero where no battery stands.
    """

    def __init__(self, community: Community, start_slot: int, stored_start_wh: Column | None = None) -> None:
        self.community = community
        self.next_slot = start_slot
        self.stored_wh = empty_stores(community) if stored_start_wh is None else stored_start_wh.copy()

    def step(self, slot: int, setpoints: Setpoints, extra_load_wh: Column | int = 0) -> Flows:
        """Live through ``slot``, which is the next one. setpoints: extra (charge, discharge) in Wh by site id.
        extra_load_wh: shape (sites,), use on top of the recorded one."""
        assert slot == self.next_slot, f"homes live slot by slot: next is {self.next_slot}, not {slot}"
        flows = live(self.community, slot, self.stored_wh, setpoints, extra_load_wh)
        self.next_slot, self.stored_wh = slot + 1, flows.stored_wh
        return flows


def empty_stores(community: Community) -> Column:
    """Batteries that hold their reserve and nothing more. Shape (sites,), int64, Wh."""
    stored_wh = np.zeros(len(community.sites), np.int64)
    for at, battery in community.batteries.items():
        stored_wh[at] = battery.reserve_wh
    return stored_wh


def live(
    community: Community, slot: int, stored_wh: Column, setpoints: Setpoints, extra_load_wh: Column | int = 0
) -> Flows:
    """One slot of all homes. stored_wh: content at its start; extra_load_wh: as in ``step``. Shape (sites,). Pure."""
    load_wh, pv_wh = community.load_wh(slot, slot + 1)[:, 0], community.pv_wh(slot, slot + 1)[:, 0]
    load_wh = load_wh + extra_load_wh
    charge_wh, discharge_wh = np.zeros_like(load_wh), np.zeros_like(load_wh)
    stored_end_wh = stored_wh.copy()
    for at, battery in community.batteries.items():
        extra_wh = setpoints.get(community.sites[at].id, (0, 0))
        done = operate(int(load_wh[at]), int(pv_wh[at]), int(stored_wh[at]), battery, *extra_wh)
        charge_wh[at], discharge_wh[at], stored_end_wh[at] = done
    return _at_the_meter(load_wh, pv_wh, charge_wh, discharge_wh, stored_end_wh)


def live_untraded(
    community: Community,
    first_slot: int,
    last_slot: int,
    stored_wh: Column | None = None,
    extra_load_wh: Column | int = 0,
) -> Flows:
    """Slots ``first_slot`` to before ``last_slot`` without any set-point: the past before trading began.

    stored_wh: content at the start, shape (sites,); the batteries' reserve when not given. extra_load_wh: shape (sites,
    slots), use on top of the recorded one. Columns (sites, slots).
    """
    load_wh, pv_wh = community.load_wh(first_slot, last_slot), community.pv_wh(first_slot, last_slot)
    load_wh = load_wh + extra_load_wh
    stored_start_wh = empty_stores(community) if stored_wh is None else stored_wh
    charge_wh, discharge_wh = np.zeros_like(load_wh), np.zeros_like(load_wh)
    stored_end_wh = np.zeros_like(load_wh)
    for at, battery in community.batteries.items():
        done = _store_alone(load_wh[at], pv_wh[at], int(stored_start_wh[at]), battery)
        charge_wh[at], discharge_wh[at], stored_end_wh[at] = np.array(done, np.int64).T
    return _at_the_meter(load_wh, pv_wh, charge_wh, discharge_wh, stored_end_wh)


def _store_alone(load_wh: Column, pv_wh: Column, stored_wh: int, battery: Battery) -> list[Operation]:
    done = []
    for slot_load_wh, slot_pv_wh in zip(load_wh.tolist(), pv_wh.tolist(), strict=True):
        done.append(operate(slot_load_wh, slot_pv_wh, stored_wh, battery))
        stored_wh = done[-1].stored_wh
    return done


def _at_the_meter(load_wh: Column, pv_wh: Column, charge_wh: Column, discharge_wh: Column, stored_wh: Column) -> Flows:
    net_wh = load_wh - pv_wh + charge_wh - discharge_wh
    return Flows(np.maximum(net_wh, 0), np.maximum(-net_wh, 0), pv_wh, charge_wh, discharge_wh, stored_wh)
