"""How amounts are written for people, in Japanese and in English.

Cut, never rounded up, so that no figure looks like a goal it missed: 99.996 % is written 99.99 %. Amounts of money
on a page are for reading; yen are rounded for paying in one place only, the invoice.
"""

from decimal import ROUND_FLOOR, Decimal

from domain.quantity import MJPY_PER_JPY, UJPY_PER_JPY, WH_PER_KWH

LANGUAGES = ("ja", "en")
MISSING = "–"


def yen(amount_jpy: Decimal, language: str, decimals: int = 0) -> str:
    """``1,234円`` or ``¥1,234``; below zero with the sign first. Cut toward minus infinity."""
    cut = _cut(amount_jpy, decimals)
    sign, digits = "−" if cut < 0 else "", f"{abs(cut):,.{decimals}f}"
    return f"{sign}{digits}円" if language == "ja" else f"{sign}¥{digits}"


def money(amount_ujpy: int, language: str, decimals: int = 1) -> str:
    """An amount in micro-yen, written in yen."""
    return yen(Decimal(amount_ujpy) / UJPY_PER_JPY, language, decimals)


def price(price_mjpy_per_kwh: int | None, language: str) -> str:
    """``24.85円/kWh`` or ``¥24.85/kWh``; a dash when nothing was traded."""
    if price_mjpy_per_kwh is None:
        return MISSING
    return f"{yen(Decimal(price_mjpy_per_kwh) / MJPY_PER_JPY, language, 2)}/kWh"


def energy(energy_wh: int) -> str:
    """``9.8 kWh``."""
    return f"{_cut(Decimal(energy_wh) / WH_PER_KWH, 1):,.1f} kWh"


def share(part: Decimal) -> str:
    """``92.10 %`` of a share from 0 to 1."""
    return f"{_cut(part * 100, 2):.2f} %"


def seconds(duration_s: Decimal) -> str:
    """``0.123 s``; rounded up, because here less is better."""
    return f"{-_cut(-duration_s, 3):,.3f} s"


def _cut(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR)
