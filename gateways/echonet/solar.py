"""Household solar power, class 0x0279, and the setting that limits its output."""

from dataclasses import dataclass

from domain.errors import Fault
from gateways.echonet.field import Field, Values, energy, read, write

KIND = 0x0279
LIMIT_PERCENT = Field(0xA0, 1, 100)
LIMIT_W = Field(0xA1, 2, 65_533)
SURPLUS_CONTROL = Field(0xA2, 1, 0x42, 0x41)
POWER, RATED = Field(0xE0, 2, 65_533), Field(0xE8, 2, 65_533)
GENERATED, SOLD = energy(0xE1), energy(0xE3)
EPCS = tuple(each.epc for each in (LIMIT_PERCENT, LIMIT_W, SURPLUS_CONTROL, POWER, RATED, GENERATED, SOLD))
ENABLED = 0x41


@dataclass(frozen=True, slots=True)
class Solar:
    """The panels now, None where they do not say. generated_wh, sold_wh: counters. limit_percent, limit_w: what their
    output is limited to. surplus_control: whether purchased surplus is controlled."""

    power_w: int | None
    rated_w: int | None
    generated_wh: int | None
    sold_wh: int | None
    limit_percent: int | None
    limit_w: int | None
    surplus_control: bool | None


def solar_of(values: Values) -> tuple[Solar, list[Fault]]:
    """What the properties say."""
    faults: list[Fault] = []
    control = read(values, SURPLUS_CONTROL, faults)
    wanted = (POWER, RATED, GENERATED, SOLD, LIMIT_PERCENT, LIMIT_W)
    power_w, rated_w, generated_wh, sold_wh, limit_percent, limit_w = (read(values, each, faults) for each in wanted)
    enabled = None if control is None else control == ENABLED
    return Solar(power_w, rated_w, generated_wh, sold_wh, limit_percent, limit_w, enabled), faults


def limited(percent: int, rated_w: int | None, settable: frozenset[int]) -> dict[int, bytes]:
    """What to set so that the output is at most ``percent`` of the rated: in percent, or in W, rounded down, where
    the panels take only that. Empty when they take neither."""
    if LIMIT_PERCENT.epc in settable:
        return {LIMIT_PERCENT.epc: write(LIMIT_PERCENT, percent)}
    if LIMIT_W.epc in settable and rated_w is not None:
        return {LIMIT_W.epc: write(LIMIT_W, rated_w * percent // 100)}
    return {}
