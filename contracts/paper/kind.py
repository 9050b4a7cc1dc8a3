"""The kinds of value that a paper states: how each is checked, read from what a person typed, and written.

A quantity is a whole number of its smallest unit (Wh, mJPY/kWh, uJPY, permille); written out it is exact, never
rounded. A person types it with its unit, and a unit that the kind does not know is a fault, never a guess. Dates on
Japanese papers bear the era; years before Reiwa (2019-05-01) have no place on a new contract.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.corporate_number import corporate_number_fault, invoice_number_fault
from domain.supply_point import number_fault

NAME_LENGTH_MAX = 120
REIWA_FIRST_YEAR, REIWA_FROM = 2019, date(2019, 5, 1)
QUANTITY = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?) ?([^\d\s.,]{1,12})", re.ASCII)
AREAS = {
    "01": ("北海道", "Hokkaido"), "02": ("東北", "Tohoku"), "03": ("東京", "Tokyo"), "04": ("中部", "Chubu"),
    "05": ("北陸", "Hokuriku"), "06": ("関西", "Kansai"), "07": ("中国", "Chugoku"), "08": ("四国", "Shikoku"),
    "09": ("九州", "Kyushu"), "10": ("沖縄", "Okinawa"),
}  # fmt: skip
Value = int | str | list[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """fault: why a value is none of this kind, None when it is one. written: in Japanese or English.

    units: what one of a typed unit is in the smallest one; empty for what is no quantity.
    """

    fault: Callable[[Any], str | None]
    written: Callable[[Any, str], str]
    units: Mapping[str, int]


def exact(value: int, divisor: int) -> str:
    """``24.85`` of 24850 and 1000, with thousands apart."""
    amount = f"{Decimal(value) / divisor:,f}"
    return amount.rstrip("0").rstrip(".") if "." in amount else amount


def written_date(day: date, language: str) -> str:
    """``令和8年5月20日``, or ``20 May 2026``."""
    if language == "ja":
        year = day.year - REIWA_FIRST_YEAR + 1
        return f"令和{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%B %Y}"


def read_quantity(kind: str, typed: str) -> int:
    """What a person typed, in the kind's smallest unit. Raises ValueError on a form or unit that is not known."""
    units = KINDS[kind].units
    found = QUANTITY.fullmatch(unicodedata.normalize("NFKC", typed).replace(",", "").strip())
    if found is None or found[2] not in units:
        raise ValueError(f"write a number and one of the units {', '.join(sorted(units))}, not {typed[:30]!r}")
    amount = Decimal(found[1]) * units[found[2]]
    if amount != int(amount):
        raise ValueError(f"{typed[:30]!r} is no whole number of the smallest unit")
    return int(amount)


def _quantity(divisor: int, ja: str, en: str, least: int | None, **units: int) -> Kind:
    def fault(value: Any) -> str | None:
        if type(value) is not int:
            return "is a whole number of its smallest unit"
        return f"is at least {least}" if least is not None and value < least else None

    def written(value: int, language: str) -> str:
        return {"ja": ja, "en": en}[language].format(exact(value, divisor))

    return Kind(fault, written, units)


def _count(ja: str, one: str) -> Kind:
    def written(value: int, language: str) -> str:
        return f"{value}{ja}" if language == "ja" else f"{value} {one}{'' if value == 1 else 's'}"

    return Kind(_quantity(1, "{}", "{}", 0).fault, written, {one: 1, f"{one}s": 1, ja: 1})


def _name_fault(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "is text"
    if len(value) > NAME_LENGTH_MAX:
        return f"has at most {NAME_LENGTH_MAX} characters"
    strange = any(unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} for char in value)
    return "has control or invisible characters" if strange else None


def _form(pattern: str, what: str) -> Callable[[Any], str | None]:
    form = re.compile(pattern, re.ASCII)
    return lambda value: None if isinstance(value, str) and form.fullmatch(value) else f"is {what}"


def _date_fault(value: Any) -> str | None:
    try:
        return None if date.fromisoformat(value) >= REIWA_FROM else "is a date from 2019-05-01 on"
    except (TypeError, ValueError):
        return "is a date, as 2026-05-20"


def _moment_fault(value: Any) -> str | None:
    try:
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M")  # noqa: DTZ007  wall time of the market, as it is printed
    except (TypeError, ValueError):
        return "is a moment, as 2026-05-20T13:00"
    return _date_fault(moment.date().isoformat())


def _written_moment(value: str, language: str) -> str:
    day = written_date(date.fromisoformat(value[:10]), language)
    return f"{day}{value[11:13]}時{value[14:]}分" if language == "ja" else f"{day}, {value[11:]}"


def _times_fault(value: Any) -> str | None:
    good = isinstance(value, list) and 0 < len(value) <= 288
    clock = _form(r"([01][0-9]|2[0-3]):[0-5][0-9]", "")
    return None if good and not any(map(clock, value)) else "is a list of times, as 13:00"


def _digits(check: Callable[[str], str | None]) -> Callable[[Any], str | None]:
    return lambda value: check(value) if isinstance(value, str) else "is text"


def _plain(value: Any, language: str) -> str:
    return str(value)


KINDS: dict[str, Kind] = {
    "name": Kind(_name_fault, _plain, {}),
    "word": Kind(_form(r"\w{1,30}", "one of the words"), _plain, {}),
    "area": Kind(
        _form(r"0[1-9]|10", "an area, 01 to 10"),
        lambda value, language: AREAS[value][("ja", "en").index(language)],
        {},
    ),
    "date": Kind(_date_fault, lambda value, language: written_date(date.fromisoformat(value), language), {}),
    "moment": Kind(_moment_fault, _written_moment, {}),
    "times": Kind(_times_fault, lambda value, language: {"ja": "、", "en": ", "}[language].join(value), {}),
    "digest": Kind(_form(r"[0-9a-f]{64}", "64 hex digits"), lambda value, language: f"{value[:16]}…", {}),
    "corporate_number": Kind(_digits(corporate_number_fault), _plain, {}),
    "invoice_number": Kind(_digits(invoice_number_fault), _plain, {}),
    "supply_point": Kind(_digits(number_fault), _plain, {}),
    "retailer_registration": Kind(_form(r"A[0-9]{4}", "A and four digits"), _plain, {}),
    "energy_wh": _quantity(1_000, "{}kWh", "{} kWh", 1, Wh=1, kWh=1_000, MWh=1_000_000),
    "power_w": _quantity(1_000, "{}kW", "{} kW", 1, W=1, kW=1_000),
    "price_mjpy_per_kwh": _quantity(
        1_000, "{}円/kWh", "{} JPY/kWh", None, **{"円/kWh": 1_000, "JPY/kWh": 1_000, "mJPY/kWh": 1}
    ),
    "money_ujpy": _quantity(1_000_000, "{}円", "{} JPY", 0, 円=1_000_000, JPY=1_000_000),
    "share_permille": _quantity(10, "{}%", "{}%", 0, **{"%": 10, "‰": 1}),
    "minutes": _count("分", "minute"),
    "days": _count("日", "day"),
    "months": _count("か月", "month"),
    "years": _count("年", "year"),
}
