"""Vehicles over a whole traded day, as real processes: they leave as asked, and their members read why they charged."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection
from worlds import World, document

from domain.site import DeviceKind
from memory.database import Database
from memory.devices import readings, setpoints


class Move(NamedTuple):
    """What a site's charger was told to take in a slot, Wh."""

    slot: int
    site: str
    charge_wh: int


@pytest.fixture
def traded(second_days: dict[str, tuple[World, dict[str, Any]]]) -> tuple[World, dict[str, Any]]:
    """The world of two days with memory on, and its document."""
    return second_days["on"]


@pytest.fixture
def looked_at(traded: tuple[World, dict[str, Any]]) -> Iterator[Connection]:
    """Its database, to compare with."""
    database = Database(traded[0].url)
    with database.read() as tx:
        yield tx
    database.close()


def test_every_vehicle_of_a_whole_day_leaves_as_asked(traded: tuple[World, dict[str, Any]]) -> None:
    """Prices move charging to other hours, never a departure."""
    kpi = traded[1]["kpi"]
    assert kpi["departures_met"] == kpi["departures"] > 0
    assert kpi["shifted_kwh"] > 0


@pytest.mark.parametrize("waits", [True, False])
def test_a_member_reads_why_its_vehicle_charged_or_waited(
    traded: tuple[World, dict[str, Any]], looked_at: Connection, waits: bool
) -> None:
    """The facts are those of the bid's record and the meter's; the price expected now lies among those expected until
    departure."""
    world, _ = traded
    asked = (
        (move, document(world.command("explain", "--json", move.site, str(move.slot)))["facts"])
        for move in told(looked_at, waits)
    )
    (slot, site, charge_wh), facts = next(found for found in asked if "vehicle_lacks_wh" in found[1])
    assert facts.get("vehicle_told_wh", 0) == charge_wh
    assert facts["vehicle_lacks_wh"] > 0
    low, now, high = (facts[f"vehicle_{name}_mjpy_per_kwh"] for name in ("low", "now", "high"))
    assert low <= now <= high
    metered = readings.history(looked_at, [site], slot, slot)["vehicle_charge_wh"][0, 0]
    assert facts.get("vehicle_took_wh", 0) == metered
    said = {word: world.command("explain", "--language", word, site, str(slot)).stdout for word in ("en", "ja")}
    assert ("was told to wait" if waits else "was told to take") in said["en"]
    assert ("待つよう指示" if waits else "充電を指示") in said["ja"]


def told(tx: Connection, waits: bool) -> list[Move]:
    """Which chargers were told to take nothing, or something, evenings first: then vehicles come home and lack some."""
    moves = setpoints.of_slots(tx, DeviceKind.EV_CHARGER, 0, 2**31)
    return [
        Move(slot, site, charge_wh)
        for slot in sorted(moves, reverse=True)
        for site, (charge_wh, discharge_wh) in moves[slot].items()
        if not discharge_wh and bool(charge_wh) != waits
    ]
