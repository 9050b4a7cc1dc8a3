"""What a market was asked to be when it was begun: it is gone on with as that, or not at all."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked to be. Two runs of one plan are the same run. planted: a demonstration, not a live market."""

    first_day: date
    days: int
    community: str
    seed: int
    sites: int | None = None
    slots: int | None = None
    memory: bool = True
    experts: str = "scripted"
    planted: bool = True
    grid_percent: int = 100
    slot_min: int = 30

    def record(self) -> dict[str, Any]:
        return asdict(self) | {"first_day": self.first_day.isoformat()}

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Plan":
        """What :meth:`record` wrote; one of a forerunner, which knew half hours only, says no slot length."""
        return cls(**{**record, "first_day": date.fromisoformat(record["first_day"])})
