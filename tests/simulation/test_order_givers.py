"""The made-up members who order for themselves: the same for a seed, careful, around noon only."""

from hypothesis import given
from hypothesis import strategies as st

from domain.order import Side
from simulation.order_givers import FIRST_PLACE, LABEL, LAST_PLACE, TICK_MJPY_PER_KWH, own_orders

LOW, HIGH = [9_009] * 6, [13_000, 14_000, 9_000, 15_000, 12_000, 16_000]


@given(st.integers(0, 1_000), st.integers(0, 47))
def test_they_order_around_noon_within_what_suits_them(seed: int, place: int) -> None:
    """Sellers own roofs, buyers do not; every limit is a tick between the site's bounds; every key is labelled."""
    made = list(own_orders(seed, 100, place, [0, 1, 2], [3, 4, 5], LOW, HIGH))
    assert made == list(own_orders(seed, 100, place, [0, 1, 2], [3, 4, 5], LOW, HIGH))
    assert bool(made) <= (FIRST_PLACE <= place <= LAST_PLACE)
    assert len({each.key for each in made}) == len(made)
    for each in made:
        assert each.key.startswith(LABEL)
        assert each.site in ([0, 1, 2] if each.side is Side.SELL else [3, 4, 5])
        assert each.limit_mjpy_per_kwh % TICK_MJPY_PER_KWH == 0
        assert LOW[each.site] - 9 <= each.limit_mjpy_per_kwh <= HIGH[each.site]
        assert each.energy_wh > 0
