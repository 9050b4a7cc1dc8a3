"""What a home is to do in the slots ahead, told to whoever holds the key of its meter.

The homes' port of the market pushes set-points where it can reach a home. A hub stands behind its home's router, where
nothing from outside arrives, so it asks: what it hears is the same record that the port carries out.
"""

from datetime import datetime
from typing import NamedTuple

from domain.errors import InputRefused
from domain.site import DeviceKind
from identity.asking import Ask, ask_faults
from memory import registry
from memory.devices import device_keys, setpoints
from services.market_time import MarketTime
from services.steps import Steps

LEASE_S = 300


class HomePlan(NamedTuple):
    """Set-points of one site by slot: extra Wh to charge and to discharge. lease_s: how long they hold unheard."""

    asked_at: datetime
    lease_s: int
    moves: dict[int, tuple[int, int]]


def plan_for(steps: Steps, question: Ask, audience: str, time: MarketTime) -> HomePlan:
    """The asking meter's own site, from this slot up to the last whose book has closed. Raises InputRefused."""
    now = steps.clock()
    with steps.database.read() as tx:
        device = next((each for each in registry.devices(tx) if each.id == question.device_id), None)
        retired = device_keys.of_devices(tx, [question.device_id]).get((question.device_id, question.key_id))
        if faults := ask_faults(question, device, now, audience, retired):
            raise InputRefused(faults)
        assert device is not None, "an unknown device has a fault"
        slot = time.at(now)
        found = setpoints.of_slots(tx, DeviceKind.BATTERY, slot, slot + time.ahead)
    moves = {at: sites[device.site_id] for at, sites in found.items() if device.site_id in sites}
    return HomePlan(now, LEASE_S, moves)
