"""What panels, battery and charger are told, from what the market asked and how long ago it was heard.

No device is met here.

A set-point is extra Wh on top of self-consumption (decision 0003). A battery of this kind takes one absolute power, so
the two are added here: what the home needs now, and the extra. Every set-point holds on a lease: until its slot ends or
the market has been silent for so long, whichever is first; then all goes safe. A charger's set-point is all that it
takes and gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.slot import MINUTES_PER_HOUR
from gateways.hub.battery import Battery

STEP_W = 50
FULL_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Setpoint:
    """What the market asks of one slot: Wh to charge and discharge beyond self-consumption, the panels' limit, and what
    the vehicle takes at most (None: nothing is said of it) and gives to the home, Wh."""

    charge_wh: int = 0
    discharge_wh: int = 0
    pv_limit_percent: int = FULL_PERCENT
    vehicle_charge_wh: int | None = None
    vehicle_discharge_wh: int = 0


@dataclass(frozen=True, slots=True)
class Orders:
    """What to tell: the panels' limit, and the battery's power in W, positive to charge; None leaves it to itself.

    amount_wh: the slot's extra, for batteries that take an amount and no power. vehicle_w: the charger's power,
    positive to charge; None leaves it to itself. vehicle_wh: the same over the slot, for chargers that take an amount.
    """

    pv_percent: int
    battery_w: int | None = None
    amount_wh: int = 0
    vehicle_w: int | None = None
    vehicle_wh: int = 0


def orders(
    asked: Mapping[int, Setpoint],
    slot: int,
    slot_min: int,
    silent_s: float | None,
    lease_s: float,
    safe_percent: int,
    battery: Battery | None,
    net_w: int | None,
    *,
    takes_power: bool = True,
) -> Orders:
    """What holds now.

    silent_s: seconds since the market was heard, None when it never was. net_w: what the home takes from the grid,
    battery included. takes_power: the battery can be told a power; otherwise only the extra counts.
    """
    if silent_s is None or silent_s >= lease_s:
        return Orders(safe_percent)
    point = asked.get(slot, Setpoint())
    extra_wh = point.charge_wh - point.discharge_wh
    vehicle_w, vehicle_wh = _vehicle(point, slot_min)
    if extra_wh == 0 or battery is None:
        return Orders(point.pv_limit_percent, vehicle_w=vehicle_w, vehicle_wh=vehicle_wh)
    extra_w = _toward_zero(extra_wh * MINUTES_PER_HOUR, slot_min)
    wanted_w = extra_w + (_own_w(battery, net_w) if takes_power else 0)
    return Orders(point.pv_limit_percent, _allowed_w(battery, wanted_w), abs(extra_wh), vehicle_w, vehicle_wh)


def _vehicle(point: Setpoint, slot_min: int) -> tuple[int | None, int]:
    """What the charger is told, W and Wh; it gives only where it takes nothing."""
    if point.vehicle_charge_wh is None:
        return None, 0
    vehicle_wh = point.vehicle_charge_wh or -point.vehicle_discharge_wh
    return _toward_zero(vehicle_wh * MINUTES_PER_HOUR, slot_min), abs(vehicle_wh)


def _own_w(battery: Battery, net_w: int | None) -> int:
    """What the battery would do by itself: take the surplus, cover the need, as far as it is neither full nor empty."""
    if net_w is None or battery.power_w is None:
        return 0
    surplus_w = battery.power_w - net_w
    full = (
        battery.stored_wh is not None and battery.capacity_wh is not None and battery.stored_wh >= battery.capacity_wh
    )
    if (surplus_w > 0 and full) or (surplus_w < 0 and battery.stored_wh == 0):
        return 0
    return _bounded(battery, surplus_w)


def _allowed_w(battery: Battery, wanted_w: int) -> int:
    """Within what it may, in steps, so that a flickering lamp is not a new order."""
    return _toward_zero(_bounded(battery, wanted_w), STEP_W) * STEP_W


def _bounded(battery: Battery, power_w: int) -> int:
    charge_max_w = abs(power_w) if battery.charge_max_w is None else battery.charge_max_w
    discharge_max_w = abs(power_w) if battery.discharge_max_w is None else battery.discharge_max_w
    return max(-discharge_max_w, min(power_w, charge_max_w))


def _toward_zero(amount: int, parts: int) -> int:
    return amount // parts if amount >= 0 else -(-amount // parts)
