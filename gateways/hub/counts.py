"""What a home's registers have counted when a half hour begins, whatever its devices speak."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

HALF_HOUR = timedelta(minutes=30)
Fixed: TypeAlias = tuple[int, int]
"""The meter's registers of imports and exports at a half hour, in the counts of its scale."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What the devices behind the meter have counted, Wh; None where one does not say. No such device counts 0."""

    generated_wh: int | None
    charged_wh: int | None
    discharged_wh: int | None
    stored_wh: int | None
