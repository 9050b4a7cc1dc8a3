"""A battery's firm orders leave its home no worse off, in the very scenario that it fears."""

import numpy as np
import pytest
from books import CORRIDOR

from domain.order import Column, Side
from domain.site import Battery
from domain.tariff import PriceStack
from market.battery import operate, plan
from market.flexibility import Home, Prospect, flexible_offer

STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
BUYBACK = 8_500
BATTERY = Battery(10_000, 2_500, 950, reserve_wh=1_000)
ROUNDING_UJPY = 4 * 38_170  # a handful of Wh lost to whole numbers


def home_of(need_low_wh: Column, need_high_wh: Column, stored_wh: int) -> Home:
    """A home with the usual mandate."""
    return Home(0, BATTERY, need_low_wh, need_high_wh, stored_wh, stored_wh, BUYBACK, 20_000)


def prospect_of(price: int | Column, alternative: int = 34_080) -> Prospect:
    """Prices as in Tokyo, the neighbourhood's as given."""
    return Prospect(alternative, BUYBACK, np.broadcast_to(np.asarray(price), 48), CORRIDOR, STACK, 0)


def day_need_wh(seed: int) -> Column:
    """Load less PV of a day that may be sunny or not."""
    chance = np.random.default_rng(seed)
    sun = np.clip(np.sin((np.arange(48) + chance.integers(48)) / 24 * np.pi), 0, None)
    return (chance.integers(50, 600, 48) - 3_000 * chance.random() * sun).astype(np.int64)


def cost_with_ujpy(need_wh: Column, stored_wh: int, order: tuple[int, int], price: int, alternative: int) -> int:
    """A day's cost when the first slot trades (extra charge, extra discharge) at a delivered price; the rest is free to
    be planned, and what is left is worth the buy-back."""
    now_wh, (extra_charge_wh, extra_discharge_wh) = int(need_wh[0]), order
    done = operate(max(now_wh, 0), max(-now_wh, 0), stored_wh, BATTERY, extra_charge_wh, extra_discharge_wh)
    metered_wh = now_wh + done.charge_wh - done.discharge_wh - extra_charge_wh + extra_discharge_wh
    traded_ujpy = (extra_charge_wh - extra_discharge_wh) * price
    metered_ujpy = metered_wh * (alternative if metered_wh > 0 else BUYBACK)
    buy, sell = np.full(47, alternative), np.full(47, BUYBACK)
    rest_value = BUYBACK * BATTERY.efficiency_permille // 1_000
    rest = plan(need_wh[1:], done.stored_wh, BATTERY, buy, sell, 0, rest_value)
    return traded_ujpy + metered_ujpy + rest.cost_ujpy


def gains_ujpy(side: Side, seeds: range) -> list[int]:
    """What homes gain by their offer at its limit, in the scenario that it fears, over homes that make one."""
    gains = []
    for seed in seeds:
        need_wh, stored_wh, alternative = day_need_wh(seed), 37 * seed % 9_001 + 1_000, (34_080, 38_170)[seed % 2]
        prospect = prospect_of(BUYBACK if side == Side.SELL else 20_000, alternative)
        offer = flexible_offer(home_of(need_wh, need_wh, stored_wh), 1 if side == Side.SELL else -1, prospect)
        if offer is not None:
            assert offer.side == side
            is_sale, price = side == Side.SELL, offer.limit_mjpy_per_kwh
            order = (0, offer.energy_wh) if is_sale else (offer.energy_wh, 0)
            traded = cost_with_ujpy(
                need_wh, stored_wh, order, price if is_sale else STACK.delivered(price), alternative
            )
            gains.append(cost_with_ujpy(need_wh, stored_wh, (0, 0), 0, alternative) - traded)
    return gains


def test_a_firm_sale_never_costs_its_home_more_than_it_earns() -> None:
    """If every slot brings high need, selling at the limit still leaves the home no worse off than keeping."""
    gains = gains_ujpy(Side.SELL, range(400))
    assert len(gains) > 100
    assert min(gains) >= -ROUNDING_UJPY


def test_a_firm_purchase_never_costs_its_home_more_than_it_spares() -> None:
    """If every slot brings low need, buying at the limit still leaves the home no worse off than not buying."""
    gains = gains_ujpy(Side.BUY, range(400))
    assert len(gains) > 50
    assert min(gains) >= -ROUNDING_UJPY


def test_energy_the_home_needs_is_not_for_sale() -> None:
    """A battery that high need would empty asks for nothing, at whatever price the corridor allows."""
    assert flexible_offer(home_of(np.full(48, 0), np.full(48, 400), 9_000), 1, prospect_of(BUYBACK)) is None


def test_energy_the_home_does_not_need_is_for_sale_above_its_worth() -> None:
    """What is left after high need is asked for at little more than the buy-back that it would earn later."""
    offer = flexible_offer(home_of(np.full(48, -500), np.full(48, 50), 9_000), 1, prospect_of(BUYBACK))
    assert offer is not None
    assert offer.energy_wh == pytest.approx(2_450, abs=1)
    assert BUYBACK < offer.limit_mjpy_per_kwh <= BUYBACK + 10


def test_a_battery_waits_for_a_better_hour() -> None:
    """With a better price ahead it asks for nine tenths of it now, no less."""
    ahead = np.full(48, 9_000)
    ahead[20:30] = 16_000
    offer = flexible_offer(home_of(np.full(48, 0), np.full(48, 50), 9_000), 1, prospect_of(ahead))
    assert offer is not None
    assert offer.limit_mjpy_per_kwh == pytest.approx(14_400, abs=3)


def test_a_dear_tariff_makes_room_for_a_neighbours_noon() -> None:
    """A home at the highest tier that will need energy even in the best case bids for it while it has room."""
    need_wh = np.full(48, 500)
    offer = flexible_offer(home_of(need_wh, need_wh, 2_000), 0, prospect_of(20_000, 38_170))
    assert offer is not None
    assert (offer.side, offer.energy_wh) == (Side.BUY, 3_000)
    assert STACK.delivered(offer.limit_mjpy_per_kwh) <= 38_170 * 0.95 * 0.95


def test_a_battery_below_its_reserve_offers_nothing() -> None:
    """What it gains goes to the reserve first, from where no plan can use it (found by the law of firm purchases)."""
    need_wh = np.full(48, 500)
    assert flexible_offer(home_of(need_wh, need_wh, 900), -1, prospect_of(20_000, 38_170)) is None
    assert flexible_offer(home_of(-need_wh, -need_wh, 900), 1, prospect_of(BUYBACK)) is None


def test_a_site_in_need_does_not_sell() -> None:
    """The battery stands on the side where its site stands."""
    rich = home_of(np.full(48, -500), np.full(48, 0), 9_000)
    assert flexible_offer(rich, -1, prospect_of(BUYBACK)) is None
    needy = home_of(np.full(48, 500), np.full(48, 500), 2_000)
    assert flexible_offer(needy, 1, prospect_of(20_000, 38_170)) is None
