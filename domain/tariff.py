"""What a kWh costs, layer by layer, under the retailer's umbrella.

A buyer of neighbourhood power pays the seller's price, the network losses on it, wheeling, the renewable levy, the
retailer's adders for capacity, imbalance and service, and the platform's fee. Wheeling and levy apply to every kWh
that crosses the grid: no neighbour's discount exists for low voltage in Japan.

All prices in whole mJPY/kWh at the buyer's meter with tax, shares in parts per million. Every component is rounded
half up to a whole mJPY on its own, so that the parts add up to what is paid.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from domain.order import Column
from domain.quantity import PPM


def _share_of(price_mjpy_per_kwh: int, numerator: int, denominator: int) -> int:
    """price x numerator / denominator, half up."""
    return (2 * price_mjpy_per_kwh * numerator + denominator) // (2 * denominator)


def _each(prices: Column, layer: Callable[[int], int]) -> Column:
    """One layer for each price; a slot has few different ones."""
    different, place = np.unique(prices, return_inverse=True)
    return np.array([layer(int(price)) for price in different], np.int64)[place]


@dataclass(frozen=True, slots=True)
class PriceStack:
    """The layers between a seller's price and what a buyer pays. mJPY/kWh with tax; loss and fee in ppm."""

    wheeling: int
    levy: int
    capacity: int
    imbalance: int
    service: int
    loss_ppm: int
    fee_ppm: int

    def losses(self, price: int) -> int:
        """The losses on one kWh at the buyer's meter: price x loss / (1 - loss), half up. mJPY/kWh."""
        return _share_of(price, self.loss_ppm, PPM - self.loss_ppm)

    def fee(self, price: int) -> int:
        """The platform's fee with tax, half up. mJPY/kWh."""
        return _share_of(price, self.fee_ppm, PPM)

    @property
    def adders(self) -> int:
        """The layers that do not depend on the price. mJPY/kWh."""
        return self.wheeling + self.levy + self.capacity + self.imbalance + self.service

    def delivered(self, price: int) -> int:
        """What a buyer pays for one kWh bought at ``price``. mJPY/kWh. Never falls as the price rises."""
        return price + self.losses(price) + self.fee(price) + self.adders

    def delivered_each(self, prices: Column) -> Column:
        """``delivered`` of every price in a column. int64, mJPY/kWh, same shape."""
        return _each(prices, self.delivered)

    def fee_each(self, prices: Column) -> Column:
        """``fee`` of every price in a column. int64, mJPY/kWh, same shape."""
        return _each(prices, self.fee)

    def cap(self, alternative: int) -> int:
        """The highest price at which buying costs no more than ``alternative`` mJPY/kWh; -1 when none does."""
        return bisect_left(range(alternative + 1), True, key=lambda price: self.delivered(price) > alternative) - 1


@dataclass(frozen=True, slots=True)
class RetailTariff:
    """What the utility charges and pays. ``tiers``: (monthly kWh up to which it holds, mJPY/kWh all in), ascending;
    the last bound is None. ``buyback``: mJPY/kWh for surplus."""

    tiers: tuple[tuple[int | None, int], ...]
    buyback: int

    def marginal(self, monthly_kwh: int) -> int:
        """The price of one kWh more for a home that uses this much a month. mJPY/kWh."""
        for bound_kwh, price in self.tiers:
            if bound_kwh is None or monthly_kwh <= bound_kwh:
                return price
        raise AssertionError("the last tier has no bound")


@dataclass(frozen=True, slots=True)
class Corridor:
    """Where a neighbourhood price may lie: no seller below the utility's buy-back, no buyer above the utility's
    marginal price. mJPY/kWh at the seller's meter, floor at most cap."""

    floor: int
    cap: int

    def __post_init__(self) -> None:
        if self.floor > self.cap:
            raise ValueError(f"the corridor is empty: floor {self.floor} above cap {self.cap} mJPY/kWh")

    def contains(self, price: int) -> bool:
        return self.floor <= price <= self.cap
