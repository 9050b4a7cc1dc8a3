"""A battery's firm orders leave its home no worse off, over all that may be needed."""

import numpy as np
import pytest
from books import CORRIDOR

from domain.order import Column, Side
from domain.site import Battery
from domain.tariff import PriceStack
from market.storage.battery import operate
from market.storage.faults import checked
from market.storage.flexibility import flexible_offers
from market.storage.marginal_value import NEED_WEIGHTS, Homes, Prospect
from market.storage.plan import Needs, Rates, Stores, optimise

STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
BUYBACK = 8_500
BATTERY = Battery(10_000, 2_500, 950, reserve_wh=1_000)
ROUNDING_UJPY = 4 * 38_170  # a handful of Wh lost to whole numbers
RICH, NEEDY = 1, -1


def home_of(
    need_low_wh: Column, need_high_wh: Column, stored_wh: int, position_wh: int, alternative: int = 34_080
) -> Homes:
    """A home with the usual mandate."""
    return Homes(
        *(np.array([limit]) for limit in (BATTERY.capacity_wh, BATTERY.power_wh_per_slot, BATTERY.efficiency_permille)),
        *(np.array([value]) for value in (BATTERY.reserve_wh, 0)),
        *(need_wh[None] for need_wh in (need_low_wh, (need_low_wh + need_high_wh) // 2, need_high_wh)),
        *(np.array([value]) for value in (stored_wh, stored_wh, position_wh, BUYBACK, 20_000, alternative)),
    )


def prospect_of(price: int | Column, access: int = 0) -> Prospect:
    """Prices as in Tokyo, the neighbourhood's as given."""
    return Prospect(BUYBACK, np.broadcast_to(np.asarray(price), 48), CORRIDOR, STACK, 0, access)


def day_need_wh(seed: int) -> Column:
    """Load less PV of a day that may be sunny or not."""
    chance = np.random.default_rng(seed)
    sun = np.clip(np.sin((np.arange(48) + chance.integers(48)) / 24 * np.pi), 0, None)
    return (chance.integers(50, 600, 48) - 3_000 * chance.random() * sun).astype(np.int64)


def cost_with_ujpy(need_wh: Column, stored_wh: int, extra_wh: tuple[int, int], alternative: int) -> int:
    """A day's cost, without what is paid for the trade, when the first slot trades (extra charge, extra discharge); the
    rest is free to be planned, and what is left is worth the buy-back."""
    now_wh, (extra_charge_wh, extra_discharge_wh) = int(need_wh[0]), extra_wh
    done = operate(max(now_wh, 0), max(-now_wh, 0), stored_wh, BATTERY, extra_charge_wh, extra_discharge_wh)
    metered_wh = now_wh + done.charge_wh - done.discharge_wh - extra_charge_wh + extra_discharge_wh
    metered_ujpy = metered_wh * (alternative if metered_wh > 0 else BUYBACK)
    return metered_ujpy + rest_ujpy(need_wh[1:], done.stored_wh, alternative)


def rest_ujpy(need_wh: Column, stored_wh: int, alternative: int) -> int:
    """What the rest of the day costs at the utility's prices, as well planned as it can be."""
    power_wh, permille = np.array([[BATTERY.power_wh_per_slot]]), np.array([BATTERY.efficiency_permille])
    worth = BUYBACK * permille // 1_000
    least_wh = np.array([[min(BATTERY.reserve_wh, stored_wh)]])
    stores = Stores(
        np.array([stored_wh]), np.array([BATTERY.capacity_wh]), power_wh, power_wh, least_wh, permille, permille,
        np.zeros(1, np.int64), worth, np.ones(1, np.bool_),
    )  # fmt: skip
    rates = Rates(np.array([[alternative]]), np.array([[BUYBACK]]), np.array([[0]]))
    return round(
        float(optimise(*checked(Needs(need_wh[None, None], np.ones(1, np.int64)), stores, rates)).cost_ujpy[0])
    )


def gain_ujpy(side: Side, seed: int, filled_permille: int) -> int | None:
    """What a random home gains on average by its offer at its limit, filled in part; None when it makes no offer.
    Low, expected and high need part after the first slot."""
    need_wh, stored_wh, alternative = day_need_wh(seed), 37 * seed % 9_001 + 1_000, (34_080, 38_170)[seed % 2]
    spread_wh = 150 * (np.arange(48) > 0)
    is_sale = side == Side.SELL
    home = home_of(need_wh - spread_wh, need_wh + spread_wh, stored_wh, RICH if is_sale else NEEDY, alternative)
    offers = flexible_offers(home, prospect_of(BUYBACK if is_sale else 20_000))
    if not offers:
        return None
    (offer,) = offers
    assert offer.side == side
    traded_wh = offer.energy_wh * filled_permille // 1_000
    price = -offer.limit_mjpy_per_kwh if is_sale else STACK.delivered(offer.limit_mjpy_per_kwh)
    extra_wh = (0, traded_wh) if is_sale else (traded_wh, 0)
    without, with_trade = (
        sum(
            weight * cost_with_ujpy(need_wh + by * spread_wh, stored_wh, extra, alternative)
            for by, weight in zip((-1, 0, 1), NEED_WEIGHTS, strict=True)
        )
        // sum(NEED_WEIGHTS)
        for extra in ((0, 0), extra_wh)
    )
    return without - price * traded_wh - with_trade


@pytest.mark.parametrize("filled_permille", [1_000, 500, 10])
def test_a_firm_sale_never_costs_its_home_more_than_it_earns(filled_permille: int) -> None:
    """Over what may be needed, selling any part at the limit leaves the home no worse off than keeping."""
    gains = [gain for seed in range(400) if (gain := gain_ujpy(Side.SELL, seed, filled_permille)) is not None]
    assert len(gains) > 100
    assert min(gains) >= -ROUNDING_UJPY


@pytest.mark.parametrize("filled_permille", [1_000, 500, 10])
def test_a_firm_purchase_never_costs_its_home_more_than_it_spares(filled_permille: int) -> None:
    """Over what may be needed, buying any part at the limit leaves the home no worse off than not buying."""
    gains = [gain for seed in range(400) if (gain := gain_ujpy(Side.BUY, seed, filled_permille)) is not None]
    assert len(gains) > 50
    assert min(gains) >= -ROUNDING_UJPY


def test_all_batteries_at_once_offer_what_each_offers_alone() -> None:
    """One plan for a community is one plan for each home."""
    homes = [
        home_of(day_need_wh(seed), day_need_wh(seed), 37 * seed % 9_001 + 1_000, seed % 3 - 1)._replace(
            site=np.array([seed])
        )
        for seed in range(60)
    ]
    together = Homes(*(np.concatenate(columns) for columns in zip(*homes, strict=True)))
    alone = [offer for home in homes for offer in flexible_offers(home, prospect_of(12_000))]
    assert sorted(flexible_offers(together, prospect_of(12_000))) == sorted(alone)
    assert len(alone) > 20


def test_energy_the_home_needs_is_not_for_sale() -> None:
    """A battery that any need would empty asks for nothing, at whatever price the corridor allows."""
    assert flexible_offers(home_of(np.full(48, 300), np.full(48, 400), 9_000, RICH), prospect_of(BUYBACK)) == []


def test_energy_the_home_does_not_need_is_for_sale_above_its_worth() -> None:
    """What is left after high need is asked for at little more than the buy-back that it would earn later."""
    (offer,) = flexible_offers(home_of(np.full(48, -500), np.full(48, 50), 9_000, RICH), prospect_of(BUYBACK))
    assert offer.energy_wh == pytest.approx(2_450, abs=1)
    assert BUYBACK < offer.limit_mjpy_per_kwh <= BUYBACK + 10


def test_a_battery_waits_for_a_better_hour() -> None:
    """With a better price ahead it asks for nine tenths of it now, no less."""
    ahead = np.full(48, 9_000)
    ahead[20:30] = 16_000
    offers = flexible_offers(home_of(np.full(48, 0), np.full(48, 50), 9_000, RICH), prospect_of(ahead))
    assert offers[0].limit_mjpy_per_kwh == pytest.approx(14_400, abs=3)


def test_a_fee_for_access_leaves_less_for_sale() -> None:
    """Each kWh out of the store is asked for at the fee more, and not at all where nobody may pay that."""
    home = home_of(np.full(48, -500), np.full(48, 50), 9_000, RICH)
    free, dear = (flexible_offers(home, prospect_of(BUYBACK, access))[0] for access in (0, 1_000))
    assert dear.limit_mjpy_per_kwh >= free.limit_mjpy_per_kwh
    assert dear.energy_wh <= free.energy_wh
    assert flexible_offers(home, prospect_of(BUYBACK, 13_000)) == []


def test_a_dear_tariff_makes_room_for_a_neighbours_noon() -> None:
    """A home at the highest tier that will need energy even in the best case bids for it while it has room."""
    need_wh = np.full(48, 500)
    offers = flexible_offers(home_of(need_wh, need_wh, 2_000, 0, 38_170), prospect_of(20_000))
    assert {offer.side for offer in offers} == {Side.BUY}
    assert sum(offer.energy_wh for offer in offers) == 3_000
    assert STACK.delivered(offers[0].limit_mjpy_per_kwh) <= 38_170 * 0.95 * 0.95


def test_a_battery_below_its_reserve_offers_nothing() -> None:
    """What it gains goes to the reserve first, from where no plan can use it (found by the law of firm purchases)."""
    need_wh = np.full(48, 500)
    assert flexible_offers(home_of(need_wh, need_wh, 900, NEEDY, 38_170), prospect_of(20_000)) == []
    assert flexible_offers(home_of(-need_wh, -need_wh, 900, RICH), prospect_of(BUYBACK)) == []


def test_a_site_in_need_does_not_sell() -> None:
    """The battery stands on the side where its site stands."""
    assert flexible_offers(home_of(np.full(48, -500), np.full(48, 0), 9_000, NEEDY), prospect_of(BUYBACK)) == []
    needy = home_of(np.full(48, 500), np.full(48, 500), 2_000, RICH, 38_170)
    assert flexible_offers(needy, prospect_of(20_000)) == []
