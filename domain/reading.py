"""What a meter says of one slot."""

from dataclasses import dataclass
from enum import StrEnum

REGISTERS = (
    "import_wh", "export_wh", "generation_wh", "charge_wh", "discharge_wh", "stored_wh", "vehicle_charge_wh",
    "vehicle_discharge_wh", "vehicle_stored_wh",
)  # fmt: skip
"""The amounts of a reading, in the order in which it is made."""


class Quality(StrEnum):
    """How an amount came to be known."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    SUBSTITUTED = "substituted"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Reading:
    """Energy of one site in one slot, in Wh. ``import`` and ``export`` are the revenue registers at the connection
    point; the rest comes from the devices behind it. ``stored_wh`` is the battery's content at the slot's end,
    ``vehicle_stored_wh`` that of the vehicle, zero while it is away: one that is home holds something.

    (device_id, boot, counter) is the reading's name: the same name never stands for two contents.
    """

    device_id: str
    boot: int
    counter: int
    slot: int
    import_wh: int
    export_wh: int
    generation_wh: int = 0
    charge_wh: int = 0
    discharge_wh: int = 0
    stored_wh: int = 0
    vehicle_charge_wh: int = 0
    vehicle_discharge_wh: int = 0
    vehicle_stored_wh: int = 0
    quality: Quality = Quality.MEASURED

    @property
    def load_wh(self) -> int:
        """What was used behind the meter: import - export + generation - charge + discharge, of battery and vehicle."""
        battery_wh = self.charge_wh - self.discharge_wh
        vehicle_wh = self.vehicle_charge_wh - self.vehicle_discharge_wh
        return self.import_wh - self.export_wh + self.generation_wh - battery_wh - vehicle_wh
