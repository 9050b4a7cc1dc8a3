"""The vehicle charger and discharger, class 0x027E. It is read; the market does not steer it yet."""

from dataclasses import dataclass
from enum import IntEnum

from domain.errors import Fault
from gateways.echonet.battery import largest
from gateways.echonet.field import Field, Values, energy, flow, power, read

KIND = 0x027E
MODE = Field(0xDA, 1, 0x49, 0x40)
PLUG = Field(0xC7, 1, 0xFF, 0x30)
CAPACITY, STORED, STORED_PERCENT = energy(0xC0), energy(0xE2), Field(0xE4, 1, 100)
RATED_CHARGE, RATED_DISCHARGE = power(0xC5), power(0xC6)
CHARGED, DISCHARGED = energy(0xD8), energy(0xD6)
POWER = flow(0xD3)
CHARGE_POWERS, DISCHARGE_POWERS = 0xC8, 0xC9
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
