"""The homes of the demonstration as physics: what flows through each meter in a slot.

A home without a battery imports what it uses beyond its own sun and exports the rest. A battery acts by
``market.storage.battery.operate``, the same function that plans use: self-consumption first, set-points of trades on
top. A vehicle comes after it: it acts by ``market.storage.charger.charge`` on what home and battery leave, and the
battery does not see it. At every meter and in every slot: import - export = load - generation + charge - discharge of
both, in whole Wh.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.site import Battery
from market.storage.battery import Operation, operate
from market.storage.charger import LEFT_WH, Charged, Told, charge, fleet_of, habit
from market.storage.plan import Flags
from simulation.calendar import local_day
from simulation.community import Community

Setpoints = Mapping[str, tuple[int, int]]


class Flows(NamedTuple):
    """Meter columns, int64, Wh, shape (sites,) of one slot or (sites, slots) of many. Never negative.

    Of import and export at most one is above zero; likewise of charge and discharge. stored_wh: at the slot's end; a
    vehicle's is zero while it is away.
    """

    import_wh: Column
    export_wh: Column
    generation_wh: Column
    charge_wh: Column
    discharge_wh: Column
    stored_wh: Column
    vehicle_charge_wh: Column
    vehicle_discharge_wh: Column
    vehicle_stored_wh: Column


class Stores(NamedTuple):
    """What homes hold at a moment, shape (sites,), int64, Wh, zero where nothing stands: batteries, and vehicles as
    their chargers last saw them.
    """

    battery_wh: Column
    vehicle_wh: Column

    def after(self, flows: Flows) -> "Stores":
        """At the end of flows of shape (sites,) or (sites, slots)."""
        columns = flows.stored_wh, flows.vehicle_stored_wh
        battery_wh, vehicle_wh = (each.reshape(len(each), -1) for each in columns)
        return Stores(battery_wh[:, -1].copy(), last_seen_wh(vehicle_wh, self.vehicle_wh))


class Homes:
    """The homes from a slot on, one slot after the other. The same start and set-points give the same flows.

    stores: what they hold at the start of ``next_slot``.
    """

    def __init__(self, community: Community, start_slot: int, stores: Stores | None = None) -> None:
        self.community = community
        self.next_slot = start_slot
        self.stores = first_stores(community) if stores is None else stores

    def step(self, slot: int, setpoints: Setpoints, charges: Setpoints, extra_load_wh: Column | int = 0) -> Flows:
        """Live through ``slot``, which is the next one. setpoints: extra (charge, discharge) in Wh by site id;
        charges: (charge, discharge) of vehicles, which charge by habit where there is none. extra_load_wh: shape
        (sites,), use on top of the recorded one.
        """
        assert slot == self.next_slot, f"homes live slot by slot: next is {self.next_slot}, not {slot}"
        flows = live(self.community, slot, self.stores, setpoints, charges, extra_load_wh)
        self.next_slot, self.stores = slot + 1, self.stores.after(flows)
        return flows


def first_stores(community: Community) -> Stores:
    """Batteries that hold their reserve and nothing more, vehicles that hold what is asked."""
    stores = Stores(*np.zeros((2, len(community.sites)), np.int64))
    for at, battery in community.batteries.items():
        stores.battery_wh[at] = battery.reserve_wh
    for at, vehicle in community.vehicles.items():
        stores.vehicle_wh[at] = vehicle.asked_wh
    return stores


def last_seen_wh(stored_wh: Column, before_wh: Column) -> Column:
    """What each vehicle held when it was last home. stored_wh: shape (sites, slots), not above zero while away.
    before_wh: shape (sites,), for who was never home in them.
    """
    slots = stored_wh.shape[1]
    last = slots - 1 - np.argmax(stored_wh[:, ::-1] > 0, axis=1)
    found = stored_wh[np.arange(len(stored_wh)), last]
    return np.where(found > 0, found, before_wh)


def live(
    community: Community,
    slot: int,
    stores: Stores,
    setpoints: Setpoints,
    charges: Setpoints,
    extra_load_wh: Column | int = 0,
) -> Flows:
    """One slot of all homes. stores: at its start; extra_load_wh: as in ``step``. Pure."""
    load_wh, pv_wh = community.load_wh(slot, slot + 1)[:, 0], community.pv_wh(slot, slot + 1)[:, 0]
    load_wh = load_wh + extra_load_wh
    charge_wh, discharge_wh = np.zeros_like(load_wh), np.zeros_like(load_wh)
    stored_end_wh = stores.battery_wh.copy()
    for at, battery in community.batteries.items():
        extra_wh = setpoints.get(community.sites[at].id, (0, 0))
        done = operate(int(load_wh[at]), int(pv_wh[at]), int(stores.battery_wh[at]), battery, *extra_wh)
        charge_wh[at], discharge_wh[at], stored_end_wh[at] = done
    net_wh = load_wh - pv_wh + charge_wh - discharge_wh
    vehicles_wh = _vehicles(community, slot, net_wh[:, None], stores.vehicle_wh, charges)
    return _at_the_meter(net_wh, pv_wh, charge_wh, discharge_wh, stored_end_wh, *(each[:, 0] for each in vehicles_wh))


def live_untraded(
    community: Community,
    first_slot: int,
    last_slot: int,
    stores: Stores | None = None,
    extra_load_wh: Column | int = 0,
) -> Flows:
    """Slots ``first_slot`` to before ``last_slot`` without any set-point: the past before trading began.

    stores: at the start; ``first_stores`` when not given. extra_load_wh: shape (sites, slots), use on top of the
    recorded one. Columns (sites, slots).
    """
    load_wh, pv_wh = community.load_wh(first_slot, last_slot), community.pv_wh(first_slot, last_slot)
    load_wh = load_wh + extra_load_wh
    start = first_stores(community) if stores is None else stores
    charge_wh, discharge_wh = np.zeros_like(load_wh), np.zeros_like(load_wh)
    stored_end_wh = np.zeros_like(load_wh)
    for at, battery in community.batteries.items():
        done = _store_alone(load_wh[at], pv_wh[at], int(start.battery_wh[at]), battery)
        charge_wh[at], discharge_wh[at], stored_end_wh[at] = np.array(done, np.int64).T
    net_wh = load_wh - pv_wh + charge_wh - discharge_wh
    vehicles_wh = _vehicles(community, first_slot, net_wh, start.vehicle_wh, {})
    return _at_the_meter(net_wh, pv_wh, charge_wh, discharge_wh, stored_end_wh, *vehicles_wh)


def _store_alone(load_wh: Column, pv_wh: Column, stored_wh: int, battery: Battery) -> list[Operation]:
    done = []
    for slot_load_wh, slot_pv_wh in zip(load_wh.tolist(), pv_wh.tolist(), strict=True):
        done.append(operate(slot_load_wh, slot_pv_wh, stored_wh, battery))
        stored_wh = done[-1].stored_wh
    return done


def _vehicles(
    community: Community, first_slot: int, net_wh: Column, seen_wh: Column, charges: Setpoints
) -> tuple[Column, Column, Column]:
    """Charge, discharge and content of vehicles, zero where none is home. Shape of net_wh: (sites, slots) each."""
    columns = tuple(np.zeros_like(net_wh) for _ in Charged._fields)
    if not community.vehicles:
        return columns[0], columns[1], columns[2]
    at, fleet = list(community.vehicles), fleet_of(list(community.vehicles.values()), community.slot_min)
    drives = community.drives(first_slot, first_slot + net_wh.shape[1])
    told, stored_wh = _told(community, habit(fleet), charges), seen_wh[at]
    for place in range(net_wh.shape[1]):
        home, left = drives.home[:, place], fleet.slots_left(local_day(first_slot + place, community.slot_min)[1])
        stored_wh = _driven_wh(stored_wh, home, drives.used_wh[:, place])
        done = charge(fleet, home, stored_wh, left, net_wh[at, place], told)
        stored_wh = done.stored_wh
        for column, values in zip(columns, done, strict=True):
            column[at, place] = values * home
    return columns[0], columns[1], columns[2]


def _driven_wh(stored_wh: Column, home: Flags, used_wh: Column) -> Column:
    """What is left on arrival: a drive uses no more than there is."""
    return np.where(home, np.maximum(stored_wh - used_wh, np.minimum(stored_wh, LEFT_WH)), stored_wh)


def _told(community: Community, by_habit: Told, charges: Setpoints) -> Told:
    """What each charger was told, by vehicle; the habit where it was told nothing."""
    names = [community.sites[at].id for at in community.vehicles]
    usual = zip(by_habit.charge_wh.tolist(), by_habit.discharge_wh.tolist(), strict=True)
    pairs = [charges.get(name, each) for name, each in zip(names, usual, strict=True)]
    return Told(*np.array(pairs, np.int64).reshape(-1, 2).T)


def _at_the_meter(
    net_wh: Column, pv_wh: Column, charge_wh: Column, discharge_wh: Column, stored_wh: Column, *vehicles_wh: Column
) -> Flows:
    """net_wh: use less generation, the battery included. vehicles_wh: charge, discharge and content of vehicles."""
    metered_wh = net_wh + vehicles_wh[0] - vehicles_wh[1]
    import_wh, export_wh = np.maximum(metered_wh, 0), np.maximum(-metered_wh, 0)
    return Flows(import_wh, export_wh, pv_wh, charge_wh, discharge_wh, stored_wh, *vehicles_wh)
