"""What energy will be worth in the slots ahead."""

import numpy as np
from books import CORRIDOR

from market.outlook import blend, scarcity_price

ASK = np.array([9_000, 9_500, 8_500, 8_500])
BID = np.array([8_000, 12_000, 16_000, 20_000])


def price_of(*position_wh: int) -> int:
    """The price in one slot with these positions."""
    return int(scarcity_price(np.array(position_wh)[:, None], ASK, BID, CORRIDOR)[0])


def test_surplus_is_worth_the_ask_that_meets_demand() -> None:
    """Where there is enough for all, a further seller meets the cheapest asks that cover the demand."""
    assert price_of(500, 500, -300, -300) == 9_500
    assert price_of(900, 500, -300, -300) == 9_000


def test_shortage_is_worth_the_bids_that_are_left() -> None:
    """Where there is too little, a further seller meets the middle of the demand that the others leave."""
    assert price_of(100, -400, -400, -400) == 16_000
    assert price_of(0, -400, -100, -100) == 12_000
    assert price_of(0, 0, -400, -400) == 20_000


def test_who_pays_less_than_the_floor_is_no_demand() -> None:
    """A bid below the corridor never trades, and nobody at all means the floor."""
    assert price_of(-900, 0, 0, 0) == CORRIDOR.floor
    assert price_of(0, 0, 0, 0) == CORRIDOR.floor
    nobody = scarcity_price(np.zeros((0, 3), np.int64), ASK[:0], BID[:0], CORRIDOR)
    assert nobody.tolist() == [CORRIDOR.floor] * 3


def test_memory_has_half_the_say_where_it_knows_a_price() -> None:
    """Zero is a slot that memory knows nothing of."""
    forecast = np.array([10_000, 12_000])
    assert blend(forecast, None).tolist() == [10_000, 12_000]
    assert blend(forecast, np.array([0, 15_001])).tolist() == [10_000, 13_500]
