"""From whom a member would rather buy, and what that is worth to it."""

from dataclasses import dataclass
from enum import StrEnum


class EnergySource(StrEnum):
    """What sold energy comes from."""

    SOLAR = "solar"
    BATTERY = "battery"


SOURCES = tuple(EnergySource)
"""A source's number in columns is its place here."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """A member's wishes when it buys. partner_site: the site it would rather buy from, empty for none. local_first: its
    own transformer comes before partner and source. premium_max_mjpy_per_kwh: what it pays at most above the price
    where a wish is met, zero or more, and never beyond the limit of its bid."""

    partner_site: str = ""
    source: EnergySource | None = None
    local_first: bool = False
    premium_max_mjpy_per_kwh: int = 0

    def __post_init__(self) -> None:
        if self.premium_max_mjpy_per_kwh < 0:
            raise ValueError(f"a premium is zero or more, not {self.premium_max_mjpy_per_kwh} mJPY/kWh")

    def __bool__(self) -> bool:
        return bool(self.partner_site or self.source or self.local_first)


NO_WISHES = Wishes()
