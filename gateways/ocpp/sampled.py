"""Meter values of both versions as samples: a connector's energy register at a moment, and what the vehicle holds.

Only the import register at the outlet, over all phases, counts. What else a charge point measures is left aside; what
claims to be that register and is none is a fault, and the sample is left out.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, TypeAlias

from domain.errors import Fault
from memory.devices.chargers import AWAY, UNKNOWN, Sample

REGISTER, CONTENT = "Energy.Active.Import.Register", "SoC"
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
REGISTER_WH_MAX = 10**12
WH_PER = {"Wh": 1, "kWh": 1_000}
MULTIPLIER_MAX = 6
VALUES_MAX = 500
EARLY = timedelta(minutes=5)
STALE = timedelta(days=45)

Found: TypeAlias = tuple[list[Sample], list[Fault]]


def samples_of(connector: int, values: Iterable[Any], now: datetime, *, charging: bool) -> Found:
    """The samples of a list of meter values, which the schema has passed. charging: within a transaction that goes on.

    Connector 0 is the whole charge point, whose register counts again what the connectors count: it is left aside.
    """
    samples: list[Sample] = []
    faults: list[Fault] = []
    for place, value in enumerate(values):
        if connector == 0 or place >= VALUES_MAX:
            break
        at = moment_of(value["timestamp"], now)
        if isinstance(at, Fault):
            faults.append(at)
            continue
        said = {_measurand(each): each for each in value["sampledValue"] if _is_outlet(each)}
        register = wh_of(said[REGISTER]) if REGISTER in said else None
        if isinstance(register, Fault):
            faults.append(register)
        elif register is not None:
            samples.append(Sample(connector, at, register, _content(said.get(CONTENT)) if charging else AWAY))
    return samples, faults


def moment_of(text: str, now: datetime) -> datetime | Fault:
    """A time stamp; one without a zone is UTC, as the standard asks. A clock that is wrong is a fault."""
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return Fault("timestamp", "wrong_time", f"no moment: {text[:40]!r}")
    if not now - STALE <= at <= now + EARLY:
        return Fault(
            "timestamp", "wrong_clock", f"{at.isoformat()} is too far from {now.isoformat(timespec='seconds')}"
        )
    return at


def wh_of(value: dict[str, Any]) -> int | Fault:
    """A register's value in Wh, rounded down. Version 1.6 writes it as text, 2.0.1 as a number."""
    unit = value.get("unitOfMeasure") or {}
    name, exponent = value.get("unit") or unit.get("unit", "Wh"), unit.get("multiplier", 0)
    text = str(value["value"])
    if name not in WH_PER or abs(exponent) > MULTIPLIER_MAX or value.get("format", "Raw") != "Raw":
        return Fault("sampledValue", "wrong_unit", f"a register is in Wh or kWh, not {str(name)[:20]}")
    if not NUMBER.fullmatch(text):
        return Fault("sampledValue", "wrong_value", f"no number: {text[:40]!r}")
    wh = (Decimal(text) * WH_PER[name]).scaleb(exponent).to_integral_value(ROUND_FLOOR)
    if not 0 <= wh <= REGISTER_WH_MAX:
        return Fault("sampledValue", "wrong_value", f"a register is 0 to {REGISTER_WH_MAX} Wh, not {text[:40]}")
    return int(wh)


def _measurand(value: dict[str, Any]) -> str:
    return str(value.get("measurand", REGISTER))


def _is_outlet(value: dict[str, Any]) -> bool:
    """Of all phases, and at the outlet; what the vehicle holds is measured in the vehicle."""
    if _measurand(value) == CONTENT:
        return True
    return "phase" not in value and value.get("location", "Outlet") == "Outlet"


def _content(value: dict[str, Any] | None) -> int:
    """Percent, rounded down; UNKNOWN for what is none."""
    text = str(value["value"]) if value else ""
    if not NUMBER.fullmatch(text):
        return UNKNOWN
    return max(UNKNOWN, min(100, int(Decimal(text))))
