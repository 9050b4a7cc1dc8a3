"""The low-voltage smart meter, class 0x0288: its registers, what they count in, and their histories.

A register counts up to its significant digits and begins again at zero, so energy is always a difference, modulo. The
meter itself keeps what each register said at every half hour: the last one in EA and EB, a day of them in E2 and E4,
and up to twelve of both in EC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Fault
from gateways.echonet.field import Field, Values, flow, read, write
from gateways.hub.counts import HALF_HOUR
from gateways.hub.scale import Scale

KIND = 0x0288
COEFFICIENT = Field(0xD3, 4, 999_999)
DIGITS = Field(0xD7, 1, 8, 1)
UNIT = Field(0xE1, 1, 0x0D)
IMPORT, EXPORT = Field(0xE0, 4, 99_999_999), Field(0xE3, 4, 99_999_999)
DAY = Field(0xE5, 1, 99)
POWER = flow(0xE7)
CURRENT = 0xE8
IMPORT_FIXED, EXPORT_FIXED = 0xEA, 0xEB
IMPORT_DAY, EXPORT_DAY = 0xE2, 0xE4
RECENT, RECENT_WANTED = 0xEC, 0xED

HALF_HOURS = 48
RECENT_MAX = 12
REGISTER_BYTES = 4
SINGLE_PHASE = 0x7FFE
TENTHS_WH_OF_UNIT = {
    0x00: 10_000, 0x01: 1_000, 0x02: 100, 0x03: 10, 0x04: 1,
    0x0A: 100_000, 0x0B: 1_000_000, 0x0C: 10_000_000, 0x0D: 100_000_000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meter:
    """The meter now. import_count, export_count: registers. power_w: positive when the home takes from the grid.

    current_da: tenths of an ampere in the phases R and T; T None for two wires.
    """

    import_count: int | None
    export_count: int | None
    power_w: int | None
    current_da: tuple[int, int | None] | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a register said at a half hour, on the meter's own clock; None when it has no data."""

    at: datetime
    count: int | None


def scale_of(values: Values) -> tuple[Scale | None, list[Fault]]:
    """What the registers count in. A meter without a coefficient counts ones."""
    faults: list[Fault] = []
    unit, digits = read(values, UNIT, faults), read(values, DIGITS, faults)
    coefficient = read(values, COEFFICIENT, faults)
    worth = TENTHS_WH_OF_UNIT.get(unit) if unit is not None else None
    if worth is None or digits is None:
        faults.append(Fault("meter", "no_scale", "the meter does not say what it counts in (E1, D7)"))
        return None, faults
    return Scale(worth * (1 if coefficient is None else coefficient), digits), faults


def meter_of(values: Values) -> tuple[Meter, list[Fault]]:
    """The meter's values now."""
    faults: list[Fault] = []
    imported, exported = read(values, IMPORT, faults), read(values, EXPORT, faults)
    return Meter(imported, exported, read(values, POWER, faults), _current(values.get(CURRENT, b""), faults)), faults


def fixed_mark(edt: bytes) -> Mark | Fault:
    """The last half hour of EA or EB: year, month, day, hour, minute, second, and the register."""
    if len(edt) != 7 + REGISTER_BYTES:
        return Fault("fixed", "wrong_length", f"a half hour's register has 11 bytes, not {len(edt)}")
    at = _moment(edt[:7])
    return at if isinstance(at, Fault) else Mark(at, _count(edt[7:]))


def day_marks(edt: bytes, today: datetime) -> list[Mark] | Fault:
    """A day of E2 or E4 at 0:00, 0:30, ... 23:30. today: midnight of the meter's day, from which E5 counts back."""
    if len(edt) != 2 + HALF_HOURS * REGISTER_BYTES:
        return Fault("day", "wrong_length", f"a day of registers has 194 bytes, not {len(edt)}")
    back = int.from_bytes(edt[:2])
    if back > DAY.most:
        return Fault("day", "no_day", f"the meter keeps at most {DAY.most} days, this is {back} back")
    midnight = today - timedelta(days=back)
    return [Mark(midnight + place * HALF_HOUR, count) for place, count in enumerate(_counts(edt[2:]))]


def recent_wanted(end: datetime, count: int) -> bytes:
    """What to write to ED so that EC tells ``count`` half hours (1 to 12) up to ``end``."""
    assert 1 <= count <= RECENT_MAX, "EC tells one to twelve"
    return end.year.to_bytes(2) + bytes([end.month, end.day, end.hour, end.minute, count])


def recent_marks(edt: bytes) -> tuple[list[Mark], list[Mark]] | Fault:
    """Imports and exports of EC, newest first as it tells them."""
    if len(edt) < 7 or len(edt) != 7 + edt[6] * 2 * REGISTER_BYTES or edt[6] > RECENT_MAX:
        return Fault("recent", "wrong_length", "EC has 7 bytes, then 8 for each of at most 12 half hours")
    at = _moment(edt[:6] + b"\0")
    if isinstance(at, Fault):
        return at
    counts = _counts(edt[7:])
    moments = [at - place * HALF_HOUR for place in range(edt[6])]
    imports = [Mark(moment, count) for moment, count in zip(moments, counts[::2], strict=True)]
    return imports, [Mark(moment, count) for moment, count in zip(moments, counts[1::2], strict=True)]


def day_wanted(days_back: int) -> bytes:
    """What to write to E5 so that E2 and E4 tell the day so many days back."""
    return write(DAY, days_back)


def _moment(seven: bytes) -> datetime | Fault:
    try:
        # The meter's own clock; whoever knows its time zone adds it.
        return datetime(int.from_bytes(seven[:2]), *seven[2:])  # noqa: DTZ001
    except ValueError as wrong:
        return Fault("time", "wrong_time", f"no such moment: {seven.hex()} ({wrong})")


def _counts(data: bytes) -> list[int | None]:
    return [_count(data[at : at + REGISTER_BYTES]) for at in range(0, len(data), REGISTER_BYTES)]


def _count(four: bytes) -> int | None:
    """A register, None for what is none: 0xFFFFFFFE says so, and anything past eight digits is as wrong."""
    number = int.from_bytes(four)
    return number if number <= IMPORT.most else None


def _current(edt: bytes, faults: list[Fault]) -> tuple[int, int | None] | None:
    if not edt:
        return None
    if len(edt) != 4:
        faults.append(Fault("e8", "wrong_length", f"property e8 has 4 bytes, not {len(edt)}"))
        return None
    phase_r, phase_t = int.from_bytes(edt[:2], signed=True), int.from_bytes(edt[2:], signed=True)
    return phase_r, None if phase_t == SINGLE_PHASE else phase_t
