"""Deadlines and limits as a pack's articles write them for people: ``3 business days``, ``5,000 JPY``.

A business day is one from Monday to Friday: holidays are not known here, so around them a deadline is early. What is
early only passes a matter on to people sooner.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from policies.unit import CURRENCIES, whole

OPEN_ENDED = "as they say"
MONTHS_PER_YEAR, MONTH_DAYS_MIN, SATURDAY = 12, 28, 5
_SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
_UNITS = ("hour", "day", "business day", "month")


def due_at(deadline: str, since: datetime, zone: ZoneInfo) -> datetime | None:
    """When a deadline that began at ``since`` ends, at the same time of the local day; None where it has no end.

    Raises ValueError on words that are no deadline.
    """
    if deadline == OPEN_ENDED:
        return None
    count, unit = _counted(deadline)
    if unit in _SPANS:
        return since + count * _SPANS[unit]
    local = since.astimezone(zone)
    ends = _months_after(local, count) if unit == "month" else _business_days_after(local, count)
    return ends.astimezone(since.tzinfo)


def amount_of(limit: str) -> int:
    """An amount such as ``5,000 JPY`` in the program's whole units. Raises ValueError on other words."""
    number, _, currency = limit.partition(" ")
    if currency not in CURRENCIES:
        raise ValueError(f"{limit!r} is no amount of {', '.join(CURRENCIES)}")
    return whole(number.replace(",", ""), currency)


def amounts_faults(says: Mapping[str, str]) -> list[str]:
    """What is wrong with the deadline and the limit of an article, each in a sentence."""
    found = []
    checks = {"deadline": lambda text: text == OPEN_ENDED or _counted(text), "limit": amount_of}
    for field, check in checks.items():
        try:
            if field in says:
                check(says[field])
        except ValueError as error:
            found.append(str(error))
    return found


def _counted(deadline: str) -> tuple[int, str]:
    number, _, unit = deadline.partition(" ")
    unit = unit.removesuffix("s")
    if not number.isdecimal() or unit not in _UNITS:
        raise ValueError(f"{deadline!r} is no deadline: a number of {', '.join(_UNITS)}, or {OPEN_ENDED!r}")
    return int(number), unit


def _business_days_after(local: datetime, count: int) -> datetime:
    while count:
        local += timedelta(days=1)
        count -= local.weekday() < SATURDAY
    return local


def _months_after(local: datetime, count: int) -> datetime:
    """The same day of the month; its 28th where the month may be too short."""
    months = local.month - 1 + count
    year, month = local.year + months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1
    return local.replace(year=year, month=month, day=min(local.day, MONTH_DAYS_MIN))
