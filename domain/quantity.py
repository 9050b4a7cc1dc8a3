"""Energy, price and money as whole numbers, so that nothing is lost between a meter and a bill.

Wh times milli-yen per kWh is micro-yen, exactly: 1 Wh x 1 mJPY/kWh = 1e-3 kWh x 1e-3 JPY = 1e-6 JPY.
So a trade's value needs no rounding at all; yen appear only on the invoice. Energy and price are never
negative (a Side says the direction); money may be, as a balance or a difference.

Columns of many values are int64 arrays whose names end in the same units; these classes are for the single one.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

UJPY_PER_JPY = 1_000_000
MJPY_PER_JPY = 1_000
WH_PER_KWH = 1_000
PERMILLE = 1_000
PPM = 1_000_000


def _whole(value: object, unit: str) -> int:
    if type(value) is not int:
        raise TypeError(f"{unit} takes a whole number, not {type(value).__name__}: {value!r}")
    return value


@dataclass(frozen=True, slots=True, order=True)
class Energy:
    """An amount of energy in whole Wh, zero or more. Raises TypeError on bool or float, ValueError below zero."""

    wh: int

    def __post_init__(self) -> None:
        if _whole(self.wh, "Energy (Wh)") < 0:
            raise ValueError(f"Energy is never negative, a Side says the direction: {self.wh} Wh")

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(self.wh + other.wh)

    def __mul__(self, price: "Price") -> "Money":
        return Money(self.wh * price.mjpy_per_kwh)

    def __str__(self) -> str:
        return f"{Decimal(self.wh) / WH_PER_KWH} kWh"


@dataclass(frozen=True, slots=True, order=True)
class Price:
    """A price in whole milli-yen per kWh, zero or more. Raises TypeError on bool or float, ValueError below zero."""

    mjpy_per_kwh: int

    def __post_init__(self) -> None:
        if _whole(self.mjpy_per_kwh, "Price (mJPY/kWh)") < 0:
            raise ValueError(f"Price is never negative: {self.mjpy_per_kwh} mJPY/kWh")

    @classmethod
    def from_jpy(cls, jpy_per_kwh: str | int | Decimal) -> Self:
        """From yen per kWh in decimal text, e.g. ``"24.85"``. Raises ValueError when finer than a milli-yen."""
        scaled = Decimal(jpy_per_kwh) * MJPY_PER_JPY
        if scaled != scaled.to_integral_value():
            raise ValueError(f"a price has at most three decimals: {jpy_per_kwh} JPY/kWh")
        return cls(int(scaled))

    def __mul__(self, energy: Energy) -> "Money":
        return energy * self

    def __str__(self) -> str:
        return f"{Decimal(self.mjpy_per_kwh) / MJPY_PER_JPY} JPY/kWh"


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of money in whole micro-yen, of either sign. Raises TypeError on bool or float."""

    ujpy: int

    def __post_init__(self) -> None:
        _whole(self.ujpy, "Money (uJPY)")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.ujpy + other.ujpy)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.ujpy - other.ujpy)

    def __neg__(self) -> "Money":
        return Money(-self.ujpy)

    def __str__(self) -> str:
        return f"{Decimal(self.ujpy) / UJPY_PER_JPY} JPY"


def split_in_proportion(total: int, weights: list[int]) -> list[int]:
    """Share a whole amount by whole weights so that the shares add up to it, exactly.

    Each share is rounded toward zero; what is left goes one by one to the largest remainders, ties to the
    earlier position. ``total`` may be negative. Raises ValueError when weights are negative or all zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights are zero or more and not all zero")
    sign = -1 if total < 0 else 1
    shares = [abs(total) * weight // whole for weight in weights]
    left = abs(total) - sum(shares)
    remainder_first = sorted(range(len(weights)), key=lambda i: (-(abs(total) * weights[i] % whole), i))
    for position in remainder_first[:left]:
        shares[position] += 1
    return [sign * share for share in shares]
