"""The storage battery, class 0x027D: what it holds, what it may do, and how it is told."""

from enum import IntEnum

from domain.errors import Fault
from gateways.echonet.field import Field, Values, energy, flow, power, read, write
from gateways.hub.battery import Battery

KIND = 0x027D
MODE = Field(0xDA, 1, 0x49, 0x40)
CAPACITY, DISCHARGE_CAPACITY, RATED = energy(0xA0), energy(0xA1), energy(0xD0)
STORED, STORED_PERCENT = energy(0xE2), Field(0xE4, 1, 100)
CHARGED_AC, DISCHARGED_AC = energy(0xA8), energy(0xA9)
CHARGED, DISCHARGED = energy(0xD8), energy(0xD6)
POWER = flow(0xD3)
CHARGE_POWERS, DISCHARGE_POWERS = 0xC8, 0xC9
CHARGE_W, DISCHARGE_W = power(0xEB), power(0xEC)
CHARGE_AMOUNT, DISCHARGE_AMOUNT = Field(0xAA, 4, 999_999_999, 1), Field(0xAB, 4, 999_999_999, 1)
NUMBERS = (MODE, CAPACITY, DISCHARGE_CAPACITY, RATED, STORED, STORED_PERCENT, CHARGED_AC, DISCHARGED_AC, CHARGED,
           DISCHARGED, POWER)  # fmt: skip
EPCS = (*(each.epc for each in NUMBERS), CHARGE_POWERS, DISCHARGE_POWERS)


class Mode(IntEnum):
    """The operation mode, DA. AUTOMATIC is self-consumption in most batteries; the hub's settings may name another."""

    OTHER = 0x40
    RAPID_CHARGE = 0x41
    CHARGE = 0x42
    DISCHARGE = 0x43
    STANDBY = 0x44
    TEST = 0x45
    AUTOMATIC = 0x46
    RESTART = 0x48
    RECALCULATE = 0x49


def battery_of(values: Values) -> tuple[Battery, list[Fault]]:
    """What the properties say. A battery that tells only percent of what it holds is multiplied out, rounded down."""
    faults: list[Fault] = []
    said = {each: read(values, each, faults) for each in NUMBERS}
    capacity_wh = _first(said[CAPACITY], said[DISCHARGE_CAPACITY], said[RATED])
    percent = said[STORED_PERCENT]
    shared_wh = None if capacity_wh is None or percent is None else capacity_wh * percent // 100
    battery = Battery(
        mode=said[MODE],
        capacity_wh=capacity_wh,
        stored_wh=_first(said[STORED], shared_wh),
        charged_wh=_first(said[CHARGED_AC], said[CHARGED]),
        discharged_wh=_first(said[DISCHARGED_AC], said[DISCHARGED]),
        power_w=said[POWER],
        charge_max_w=largest(values, CHARGE_POWERS, faults),
        discharge_max_w=largest(values, DISCHARGE_POWERS, faults),
    )
    return battery, faults


def largest(values: Values, epc: int, faults: list[Fault]) -> int | None:
    """The largest of a pair of powers, W: least and most, four bytes each."""
    edt = values.get(epc, b"")
    if edt and len(edt) != 8:
        faults.append(Fault(f"{epc:02x}", "wrong_length", f"property {epc:02x} has 8 bytes, not {len(edt)}"))
        return None
    return read({epc: edt[4:]}, power(epc), faults)


def told(power_w: int, amount_wh: int, settable: frozenset[int]) -> list[tuple[int, bytes]]:
    """What to set, in this order, so that it charges (positive) or discharges with so much power.

    amount_wh: what is to be moved until the slot's end; batteries that take no power take that. Zero power is standby.
    """
    if power_w == 0:
        return [_mode(Mode.STANDBY)]
    charges = power_w > 0
    by_power, by_amount = (CHARGE_W, CHARGE_AMOUNT) if charges else (DISCHARGE_W, DISCHARGE_AMOUNT)
    steps = []
    if by_power.epc in settable:
        steps.append((by_power.epc, write(by_power, abs(power_w))))
    elif by_amount.epc in settable:
        steps.append((by_amount.epc, write(by_amount, max(by_amount.least, amount_wh))))
    return [*steps, _mode(Mode.CHARGE if charges else Mode.DISCHARGE)]


def left_alone(mode: int) -> list[tuple[int, bytes]]:
    """What to set so that it serves its home by itself."""
    return [_mode(mode)]


def _mode(mode: int) -> tuple[int, bytes]:
    return MODE.epc, write(MODE, mode)


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)
