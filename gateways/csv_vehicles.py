"""The vehicle at a site's own charger, as its row in ``sites.csv`` and its readings say it; every fault is noted at its
cell."""

import re

from domain.reading import Reading
from domain.site import Device, DeviceKind
from domain.slot import MINUTES_PER_HOUR
from gateways.csv_table import Row

CAPACITY, POWER, ASKED, DEPARTURE = "vehicle_wh", "vehicle_w", "vehicle_asked_wh", "vehicle_departure"
EFFICIENCY, FEEDS_HOME = "vehicle_efficiency_permille", "vehicle_feeds_home"
SITE_CELLS = (CAPACITY, POWER, EFFICIENCY, ASKED, DEPARTURE, FEEDS_HOME)
READING_CELLS = ("vehicle_charge_wh", "vehicle_discharge_wh", "vehicle_stored_wh")
CAPACITY_WH_MAX = 1_000_000
POWER_W_MAX = 1_000_000
DEFAULT_EFFICIENCY_PERMILLE = 950
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def charger_of(row: Row, site_id: str) -> list[Device]:
    """The charger of a row with its vehicle's errand; none where the cells are empty."""
    capacity_wh, power_w = row.whole(CAPACITY, CAPACITY_WH_MAX, 0), row.whole(POWER, POWER_W_MAX, 0)
    asked_wh, departure_min = row.whole(ASKED, CAPACITY_WH_MAX, 0), _departure_min(row)
    efficiency, feeds_home = row.whole(EFFICIENCY, 1000, DEFAULT_EFFICIENCY_PERMILLE), row.yes(FEEDS_HOME)
    needed = {CAPACITY: capacity_wh, POWER: power_w, ASKED: asked_wh, DEPARTURE: row.text(DEPARTURE)}
    missing = [column for column, value in needed.items() if not value]
    if missing and len(missing) < len(needed):
        row.refuse(missing[0], "half_vehicle", f"a vehicle has all of {', '.join(needed)}, none of them zero")
    if asked_wh > capacity_wh > 0:
        row.refuse(ASKED, "above_capacity", f"{asked_wh} Wh are more than the vehicle's {capacity_wh} Wh")
    if not efficiency:
        row.refuse(EFFICIENCY, "no_efficiency", "a charger that stores nothing is none")
    if missing:
        return []
    name, kind = f"{site_id}-vehicle", DeviceKind.EV_CHARGER
    return [
        Device(
            name, site_id, kind, power_w, capacity_wh, efficiency,
            feeds_home=feeds_home, departure_min=departure_min, asked_wh=asked_wh,
        )
    ]  # fmt: skip


def check_vehicle(row: Row, reading: Reading, charger: Device | None) -> None:
    """Only who has a vehicle moves one, and only while it is home; it holds no more than it can."""
    moved = [name for name in READING_CELLS if getattr(reading, name)]
    if moved and charger is None:
        row.refuse(moved[0], "no_vehicle", "this site has no vehicle in sites.csv")
    elif moved and not reading.vehicle_stored_wh:
        row.refuse(moved[0], "away", "a vehicle_stored_wh of 0 says that it is away")
    elif charger and reading.vehicle_stored_wh > charger.capacity_wh:
        message = f"{reading.vehicle_stored_wh} Wh are more than the vehicle's {charger.capacity_wh} Wh"
        row.refuse("vehicle_stored_wh", "above_capacity", message)


def _departure_min(row: Row) -> int:
    """Minutes after local midnight."""
    written = row.text(DEPARTURE)
    found = _CLOCK.fullmatch(written)
    if written and found is None:
        row.refuse(DEPARTURE, "not_a_clock_time", f"a time of the day is written 7:30, not {written[:20]!r}")
    return int(found[1]) * MINUTES_PER_HOUR + int(found[2]) if found else 0
