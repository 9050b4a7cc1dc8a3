"""Energy, prices and slots as outside files write them: decimal text and a day's number, read exactly or refused."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from domain.slot import Slot

JAPAN = ZoneInfo("Asia/Tokyo")
SLOTS_OF_DAY = 48
ENERGY_WH_MAX = 100_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2100
_DECIMAL = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,12}))?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})[-/]?([0-9]{1,2})[-/]?([0-9]{1,2})", re.ASCII)


def thousandths(written: str) -> int:
    """A decimal number times 1,000, exactly: kWh as Wh, yen as thousandths. Raises ValueError saying why not."""
    found = _DECIMAL.fullmatch(written.strip())
    if not found:
        raise ValueError(f"{written[:20]!r} is not a number")
    sign, whole, fraction = found[1], found[2], found[3] or ""
    if fraction[3:].strip("0"):
        raise ValueError(f"{written[:20]} is finer than a thousandth")
    amount = int(whole) * 1_000 + int(fraction[:3].ljust(3, "0"))
    return -amount if sign else amount


def energy_wh(written: str) -> int:
    """kWh of one slot in whole Wh. Raises ValueError on less than nothing or more than any site can take."""
    amount_wh = thousandths(written)
    if amount_wh < 0:
        raise ValueError(f"{written[:20]} kWh is less than nothing")
    if amount_wh > ENERGY_WH_MAX:
        raise ValueError(f"{written[:20]} kWh is above {ENERGY_WH_MAX // 1_000:,}: wrong unit, or a digit too many?")
    return amount_wh


def day(written: str) -> date:
    """A day as 20260520, 2026-05-20 or 2026/5/20. Raises ValueError."""
    found = _DATE.fullmatch(written.strip())
    try:
        read = date(*map(int, found.groups())) if found else None
    except ValueError:
        read = None
    if read is None or not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise ValueError(f"{written[:20]!r} is not a day")
    return read


def slot_of_code(on: date, written: str) -> int:
    """The slot of a Japanese half-hour number, 1 (00:00) to 48 (23:30). Raises ValueError."""
    if not re.fullmatch(r"0*[0-9]{1,2}", written.strip(), re.ASCII) or not 1 <= int(written) <= SLOTS_OF_DAY:
        raise ValueError(f"a day has the half hours 1 to {SLOTS_OF_DAY}, not {written[:20]!r}")
    return Slot.at(datetime.combine(on, time(), JAPAN)).index + int(written) - 1
