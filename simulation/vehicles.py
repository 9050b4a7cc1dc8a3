"""The electric vehicles of the demonstration: who has one, when it is away and what its drives use. All made up.

One site in ten, rounded up, is a home with a vehicle, drawn from the seed among homes without a battery. On working
days the vehicle leaves at the time that its owner stated or up to an hour later and comes home in the evening; on days
off it stays. Nothing of it comes from the data.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from domain.order import Column
from domain.site import Device, DeviceKind, Site, Vehicle
from domain.slot import slots_per_day
from forecasting.history import day_kind
from market.storage.plan import Flags
from simulation.calendar import local_days
from simulation.chance import bell, whole

SHARE_PERCENT = 10
MODELS = ((20_000, 3_000), (40_000, 3_000), (40_000, 6_000), (60_000, 6_000))  # capacity in Wh, charger in W
EFFICIENCY_PERMILLE = 940
ASKED_PERCENT = (70, 90)  # of the capacity
FEEDS_HOME_ONE_IN = 4
STEP_MIN = 30
LEAVES_STEPS = (13, 16)  # of the day: 6:30 to 8:00
LATE_STEPS_MAX = 2
RETURNS_STEPS = (33, 39)  # 16:30 to 19:30, and from day to day around it
RETURN_SPREAD_STEPS = 1
DRIVE_WH = (4_000, 9_000)
DRIVE_SPREAD_WH = 1_000
ZONE = "Asia/Tokyo"


class Drives(NamedTuple):
    """home: whether a vehicle is at its charger. used_wh: what the drive took that ended when the slot began, int64.
    Shape (vehicles, slots).
    """

    home: Flags
    used_wh: Column

    def of_vehicles(self, rows: Sequence[int]) -> "Drives":
        """Some of the vehicles."""
        return Drives(self.home[list(rows)], self.used_wh[list(rows)])

    def in_slots(self, columns: Column) -> "Drives":
        """Some of the slots, in the order given."""
        return Drives(self.home[:, columns], self.used_wh[:, columns])


def chargers_of(sites: Sequence[Site], with_battery: set[str], seed: int) -> list[Device]:
    """The chargers of the homes that have a vehicle, in order of site ids."""
    homes = [site.id for site in sites if site.kind == "home" and site.id not in with_battery]
    count = -(-len(sites) * SHARE_PERCENT // 100)
    drawn = sorted(homes, key=lambda site: (whole(seed, 0, 2**62, "vehicle", site), site))[:count]
    return [_charger(site, seed) for site in sorted(drawn)]


def _charger(site: str, seed: int) -> Device:
    capacity_wh, power_w = MODELS[whole(seed, 0, len(MODELS) - 1, "vehicle model", site)]
    return Device(
        f"{site}-vehicle",
        site,
        DeviceKind.EV_CHARGER,
        power_w,
        capacity_wh,
        EFFICIENCY_PERMILLE,
        feeds_home=whole(seed, 1, FEEDS_HOME_ONE_IN, "feeds home", site) == 1,
        departure_min=STEP_MIN * whole(seed, *LEAVES_STEPS, "leaves", site),
        asked_wh=capacity_wh * whole(seed, *ASKED_PERCENT, "asked", site) // 100,
    )


def seeded_drives(
    seed: int, site_ids: Sequence[str], vehicles: Sequence[Vehicle], first: int, last: int, slot_min: int
) -> Drives:
    """Slots ``first`` to before ``last``; the same slot is the same whatever is asked around it."""
    day, place = local_days(np.arange(first, last, dtype=np.int64), slot_min)
    days = range(int(day[0]), int(day[-1]) + 1)
    drives = np.array(
        [
            [_drive(seed, site, each, at, slot_min) for at in days]
            for site, each in zip(site_ids, vehicles, strict=True)
        ],
        np.int64,
    ).reshape(len(vehicles), len(days), 3)
    leaves, returns, used_wh = np.moveaxis(drives[:, day - days[0]], 2, 0)
    return Drives((place < leaves) | (place >= returns), np.where(place == returns, used_wh, 0))


def _drive(seed: int, site: str, vehicle: Vehicle, day: int, slot_min: int) -> tuple[int, int, int]:
    """The places at which it leaves and is back, and the Wh of its drive; on a day off it never leaves. A slot in which
    it leaves or comes home it is away.
    """
    end = slots_per_day(slot_min)
    if day_kind(date.fromordinal(date(1970, 1, 1).toordinal() + day), ZONE)[1]:
        return end, end, 0
    late_min = STEP_MIN * whole(seed, 0, LATE_STEPS_MAX, "late", site, day)
    returns_min = STEP_MIN * (
        whole(seed, *RETURNS_STEPS, "returns", site) + bell(seed, RETURN_SPREAD_STEPS, "returns", site, day)
    )
    leaves, returns = vehicle.departure_place + late_min // slot_min, -(-returns_min // slot_min)
    used_wh = whole(seed, *DRIVE_WH, "drive", site) + bell(seed, DRIVE_SPREAD_WH, "drive", site, day)
    return leaves, min(max(returns, leaves + 1), end - 1), max(min(used_wh, vehicle.asked_wh // 2), 0)
