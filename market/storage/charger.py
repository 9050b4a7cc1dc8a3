"""What vehicles at their chargers do in one slot, in whole Wh, so that the simulated home, the plan and the bill agree.

A charger does what it was told, but never so little that its vehicle could miss the content asked for at its departure.
Told nothing, it charges at full power from arrival until it holds that content: the habit, which is also what lost
communication falls back to. A vehicle that may feed its home covers what the home lacks and never feeds in. Losses fall
on the store, as a battery's do.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.quantity import PERMILLE
from domain.site import Vehicle
from domain.slot import slots_per_day
from market.storage.plan import Flags

GRACE_MIN = 120
"""Who is still home so shortly after the hour of departure is about to leave: it holds what is asked, gives nothing."""
LEFT_WH = 1
"""What a vehicle always holds: a meter that reads zero says that it is away."""


class Fleet(NamedTuple):
    """Vehicles, one row each, as ``domain.site.Vehicle`` has them. Shape (vehicles,), int64 but feeds_home. slot_min:
    minutes of a slot.
    """

    capacity_wh: Column
    power_wh_per_slot: Column
    efficiency_permille: Column
    feeds_home: Flags
    departure_place: Column
    asked_wh: Column
    slot_min: int

    def leaving(self, left: Column) -> Flags:
        """Whose departure is overdue by less than the grace. left: as ``slots_left`` gives it."""
        due: Flags = (slots_per_day(self.slot_min) - left) * self.slot_min < GRACE_MIN
        return due

    def slots_left(self, place: int) -> Column:
        """Slots until departure from the slot at a place of the local day on, itself included: 1 to a whole day."""
        return (self.departure_place - place - 1) % slots_per_day(self.slot_min) + 1


class Told(NamedTuple):
    """What chargers are asked to take and to give in a slot, at the meter side. Shape (vehicles,), int64, Wh."""

    charge_wh: Column
    discharge_wh: Column


class Charged(NamedTuple):
    """What they do, at most one of the first two above zero, and the content at the slot's end. Shape (vehicles,)."""

    charge_wh: Column
    discharge_wh: Column
    stored_wh: Column


def fleet_of(vehicles: Sequence[Vehicle], slot_min: int) -> Fleet:
    """Vehicles in columns, in the order given."""
    return Fleet(
        np.array([each.capacity_wh for each in vehicles], np.int64),
        np.array([each.power_wh_per_slot for each in vehicles], np.int64),
        np.array([each.efficiency_permille for each in vehicles], np.int64),
        np.array([each.feeds_home for each in vehicles], np.bool_),
        np.array([each.departure_place for each in vehicles], np.int64),
        np.array([each.asked_wh for each in vehicles], np.int64),
        slot_min,
    )


def habit(fleet: Fleet) -> Told:
    """Full power, which ends by itself when the vehicle holds what is asked."""
    return Told(fleet.power_wh_per_slot, np.zeros_like(fleet.power_wh_per_slot))


def charge(fleet: Fleet, home: Flags, stored_wh: Column, left: Column, need_wh: Column, told: Told) -> Charged:
    """One slot. left: slots until departure, this one included. need_wh: what the home lacks without the vehicle.

    The content that must be there at the end is what full power can still complete. Shape (vehicles,) each.
    """
    power_wh, permille = fleet.power_wh_per_slot, fleet.efficiency_permille
    still = np.where(fleet.leaving(left), 0, left - 1)
    least_wh = fleet.asked_wh - power_wh * permille // PERMILLE * still
    most_wh = np.minimum(power_wh, _taken_wh(fleet.asked_wh - stored_wh, permille))
    must_wh = np.minimum(most_wh, _taken_wh(least_wh - stored_wh, permille))
    free_wh = np.maximum(stored_wh - np.maximum(least_wh, LEFT_WH), 0) * permille // PERMILLE
    give_wh = np.minimum(np.minimum(power_wh, free_wh), np.maximum(need_wh, 0)) * (home & fleet.feeds_home)
    asked_wh = told.charge_wh - told.discharge_wh
    charge_wh = np.clip(asked_wh, must_wh, most_wh) * home
    discharge_wh = np.where(charge_wh > 0, 0, np.clip(-asked_wh, 0, give_wh))
    lost_wh = -(-discharge_wh * PERMILLE // permille)
    return Charged(charge_wh, discharge_wh, stored_wh + charge_wh * permille // PERMILLE - lost_wh)


def _taken_wh(room_wh: Column, permille: Column) -> Column:
    """What is taken at the meter to store so much more, rounded up; nothing when it is there already."""
    return -(-np.maximum(room_wh, 0) * PERMILLE // permille)
