"""The units a rule pack may use, and the whole number each becomes.

Packs are written for people: yen with decimals, shares, kWh. Programs compute in whole milli-yen per kWh, micro-yen,
Wh, W and parts per million. A value finer than its unit allows is a fault in the pack, never rounded. Where money has
a hundredth, that hundredth stands in the yen's place: cents per kWh, and a euro is a hundred of them.
"""

from decimal import Decimal, InvalidOperation

TEXT = "text"
CLASS = "class"

# Unit as written in a pack -> how many of the program's whole units one of it is.
SCALES: dict[str, int] = {
    "JPY/kWh": 1_000,  # mJPY/kWh
    "JPY/kW-month": 1_000,  # mJPY/kW-month
    "JPY": 1_000_000,  # uJPY
    "EUR-ct/kWh": 1_000,
    "EUR": 100_000_000,
    "AUD-ct/kWh": 1_000,
    "AUD": 100_000_000,
    "kWh": 1_000,  # Wh
    "kW": 1_000,  # W
    "kg/kWh": 1_000,  # g/kWh
    "share": 1_000_000,  # ppm
    "count": 1,
    "day": 1,
    "month": 1,
    "min": 1,
}


CURRENCIES = ("JPY", "EUR", "AUD")


def currency_of(unit: str) -> str:
    """The currency a unit counts in, empty when it counts no money."""
    return next((currency for currency in CURRENCIES if unit.startswith(currency)), "")


def whole(text: str, unit: str) -> int:
    """A decimal text in a pack's unit as the program's whole number. Raises ValueError saying what is wrong."""
    try:
        scaled = Decimal(text) * SCALES[unit]
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{text} {unit} is finer than 1/{SCALES[unit]} {unit}")
    return int(scaled)
