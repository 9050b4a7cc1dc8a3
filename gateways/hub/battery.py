"""A home's battery as its hub steers it, whatever the battery speaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery now, None where it does not say. charged_wh, discharged_wh: counters, on the AC side where it has
    them. power_w: positive when it charges. charge_max_w, discharge_max_w: its largest powers."""

    mode: int | None
    capacity_wh: int | None
    stored_wh: int | None
    charged_wh: int | None
    discharged_wh: int | None
    power_w: int | None
    charge_max_w: int | None
    discharge_max_w: int | None
