"""What a home is to do in the slots ahead, told to whoever holds the key of its meter.

The homes' port of the market pushes set-points where it can reach a home. A hub stands behind its home's router, where
nothing from outside arrives, so it asks: what it hears is the same record that the port carries out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from domain.errors import InputRefused
from domain.site import DeviceKind
from identity.asking import Ask, ask_faults
from memory import registry
from memory.devices import device_keys, setpoints
from memory.devices.setpoints import Moves
from services.grid.device_limits import FULL_PERCENT, Room, rooms_of
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.steps import Steps

LEASE_S = 300


class HomePoint(NamedTuple):
    """What a home is to do in a slot: extra Wh that its battery charges and discharges, what its panels may put out, in
    percent of their nameplate, and what its charger takes from the home at most and gives to it, None when nobody says
    anything of it."""

    charge_wh: int = 0
    discharge_wh: int = 0
    pv_limit_percent: int = FULL_PERCENT
    vehicle_charge_wh: int | None = None
    vehicle_discharge_wh: int = 0


class HomePlan(NamedTuple):
    """Set-points of one site by slot. lease_s: how long they hold unheard."""

    asked_at: datetime
    lease_s: int
    points: dict[int, HomePoint]


def plan_for(steps: Steps, question: Ask, audience: str, time: MarketTime, open_desk: Callable[[], Desk]) -> HomePlan:
    """The asking meter's own site, from this slot up to the last whose book has closed, within what grid signals leave
    of them now. Raises InputRefused."""
    now = steps.clock()
    with steps.database.read() as tx:
        device = next((each for each in registry.devices(tx) if each.id == question.device_id), None)
        retired = device_keys.of_devices(tx, [question.device_id]).get((question.device_id, question.key_id))
        if faults := ask_faults(question, device, now, audience, retired):
            raise InputRefused(faults)
        assert device is not None, "an unknown device has a fault"
        slot = time.at(now)
        moves, drives = (
            _of_site(setpoints.of_slots(tx, kind, slot, slot + time.ahead), device.site_id)
            for kind in (DeviceKind.BATTERY, DeviceKind.EV_CHARGER)
        )
        rooms = rooms_of(tx, open_desk, now, device.site_id, range(slot, slot + time.ahead + 1))
    points = {
        at: _point(moves.get(at, (0, 0)), drives.get(at), rooms.get(at, Room()))
        for at in sorted(moves.keys() | drives.keys() | rooms.keys())
    }
    return HomePlan(now, LEASE_S, {at: point for at, point in points.items() if at in moves or point != HomePoint()})


def _of_site(found: Mapping[int, Moves], site_id: str) -> dict[int, tuple[int, int]]:
    return {at: sites[site_id] for at, sites in found.items() if site_id in sites}


def _point(move: tuple[int, int], drive: tuple[int, int] | None, room: Room) -> HomePoint:
    charge_wh, discharge_wh = room.cut(move)
    vehicle_charge_wh, vehicle_discharge_wh = room.drive(move, drive)
    return HomePoint(charge_wh, discharge_wh, room.pv_percent(discharge_wh), vehicle_charge_wh, vehicle_discharge_wh)
