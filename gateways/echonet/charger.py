"""The vehicle charger and discharger, class 0x027E: what it says, and how it is told.

A power counts only under the charging method that names one (DC, DD), so the method is set with it where it can be.
"""

from dataclasses import dataclass
from enum import IntEnum

from domain.errors import Fault
from gateways.echonet.battery import Mode, largest
from gateways.echonet.field import Field, Values, energy, flow, power, read, write

KIND = 0x027E
MODE = Field(0xDA, 1, 0x49, 0x40)
PLUG = Field(0xC7, 1, 0xFF, 0x30)
CAPACITY, STORED, STORED_PERCENT = energy(0xC0), energy(0xE2), Field(0xE4, 1, 100)
RATED_CHARGE, RATED_DISCHARGE = power(0xC5), power(0xC6)
CHARGED, DISCHARGED = energy(0xD8), energy(0xD6)
POWER = flow(0xD3)
CHARGE_POWERS, DISCHARGE_POWERS = 0xC8, 0xC9
CHARGE_METHOD, DISCHARGE_METHOD = Field(0xDC, 1, 0x05), Field(0xDD, 1, 0x05)
CHARGE_W, DISCHARGE_W = power(0xEB), power(0xEC)
CHARGE_AMOUNT, DISCHARGE_AMOUNT = Field(0xE7, 4, 999_999_999, 1), Field(0xEA, 4, 999_999_999, 1)
MOST, NAMED = 0x01, 0x03
"""Charging methods: with all its power, with the power it was told."""
FULL_PERCENT = 100
NUMBERS = (MODE, PLUG, CAPACITY, STORED, STORED_PERCENT, RATED_CHARGE, RATED_DISCHARGE, CHARGED, DISCHARGED, POWER)
EPCS = (*(each.epc for each in NUMBERS), CHARGE_POWERS, DISCHARGE_POWERS)


class Plug(IntEnum):
    """Whether a vehicle is there and what it allows, C7."""

    NOT_CONNECTED = 0x30
    NEITHER = 0x40
    CHARGEABLE = 0x41
    DISCHARGEABLE = 0x42
    BOTH = 0x43
    UNKNOWN = 0x44
    UNDEFINED = 0xFF


@dataclass(frozen=True, slots=True)
class Charger:
    """The charger now, None where it does not say. charged_wh, discharged_wh: counters. power_w: positive when it
    charges the vehicle. charge_max_w, discharge_max_w: its largest powers, or else its rated ones."""

    mode: int | None
    plug: Plug | None
    capacity_wh: int | None
    stored_wh: int | None
    stored_percent: int | None
    charged_wh: int | None
    discharged_wh: int | None
    power_w: int | None
    charge_max_w: int | None
    discharge_max_w: int | None


def charger_of(values: Values) -> tuple[Charger, list[Fault]]:
    """What the properties say."""
    faults: list[Fault] = []
    said = {each: read(values, each, faults) for each in NUMBERS}
    charge_w, discharge_w = largest(values, CHARGE_POWERS, faults), largest(values, DISCHARGE_POWERS, faults)
    charger = Charger(
        mode=said[MODE],
        plug=next((plug for plug in Plug if plug == said[PLUG]), None),
        capacity_wh=said[CAPACITY],
        stored_wh=said[STORED],
        stored_percent=said[STORED_PERCENT],
        charged_wh=said[CHARGED],
        discharged_wh=said[DISCHARGED],
        power_w=said[POWER],
        charge_max_w=said[RATED_CHARGE] if charge_w is None else charge_w,
        discharge_max_w=said[RATED_DISCHARGE] if discharge_w is None else discharge_w,
    )
    return charger, faults


def told(charger: Charger, power_w: int, amount_wh: int, settable: frozenset[int]) -> list[tuple[int, bytes]]:
    """What to set, in this order, so that the vehicle charges (positive) or gives with at most so much power, within
    what it may; zero is standby. amount_wh: what is to be moved until the slot's end; a charger that takes no power
    takes that, and one that takes neither is switched only.
    """
    allowed_w = _allowed_w(charger, power_w)
    if allowed_w == 0:
        return [_mode(Mode.STANDBY)]
    charges = allowed_w > 0
    method, by_power, by_amount, mode = (
        (CHARGE_METHOD, CHARGE_W, CHARGE_AMOUNT, Mode.CHARGE)
        if charges
        else (DISCHARGE_METHOD, DISCHARGE_W, DISCHARGE_AMOUNT, Mode.DISCHARGE)
    )
    steps = []
    if by_power.epc in settable:
        steps = [(method, NAMED)] if method.epc in settable else []
        steps.append((by_power, abs(allowed_w)))
    elif by_amount.epc in settable:
        steps.append((by_amount, max(by_amount.least, amount_wh)))
    return [*((field.epc, write(field, number)) for field, number in steps), _mode(mode)]


def left_alone(charger: Charger, safe_percent: int, settable: frozenset[int]) -> list[tuple[int, bytes]]:
    """What to set so that a vehicle charges by itself, with so much of the charger's power, rounded down; one that does
    not say its power waits unless it may take all of it."""
    if safe_percent < FULL_PERCENT:
        return told(charger, (charger.charge_max_w or 0) * safe_percent // FULL_PERCENT, 0, settable)
    if CHARGE_METHOD.epc in settable:
        return [(CHARGE_METHOD.epc, write(CHARGE_METHOD, MOST)), _mode(Mode.CHARGE)]
    if CHARGE_W.epc in settable and charger.charge_max_w:
        return told(charger, charger.charge_max_w, 0, settable)
    return [_mode(Mode.CHARGE)]


def _allowed_w(charger: Charger, power_w: int) -> int:
    """Within the charger's powers; nothing that the vehicle does not allow."""
    takes = charger.plug not in {Plug.NEITHER, Plug.DISCHARGEABLE}
    gives = charger.plug in {Plug.DISCHARGEABLE, Plug.BOTH}
    charge_max_w = abs(power_w) if charger.charge_max_w is None else charger.charge_max_w
    discharge_max_w = charger.discharge_max_w or 0
    return max(-discharge_max_w if gives else 0, min(power_w, charge_max_w if takes else 0))


def _mode(mode: Mode) -> tuple[int, bytes]:
    return MODE.epc, write(MODE, mode)
