"""Laws of when a vehicle is expected at home: as it was on days of the same kind, and where it stands now."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.slot import slots_per_day
from forecasting.presence import presence

ZONE = "Asia/Tokyo"
MONDAY = 988_686  # 2026-05-25 00:00 in Japan; no public holiday in the five weeks from here


def weeks(leaves: int, returns: int, held_wh: int, slots: int, per_day: int = 48) -> np.ndarray:
    """Content at the start of each slot from that Monday on: away by day on working days, home on others."""
    at = np.arange(slots)
    working = at // per_day % 7 < 5
    away = working & (at % per_day >= leaves) & (at % per_day < returns)
    return np.where(away, 0, held_wh)[None]


@settings(deadline=None)
@given(st.sampled_from([15, 30, 60]), st.data())
def test_who_always_does_the_same_is_expected_to(slot_min: int, data: st.DataObject) -> None:
    """Law: of a habit without exception the next days are known, at any hour and slot length; on arrival it brings what
    it brought."""
    per_day = slots_per_day(slot_min)
    leaves, held_wh = data.draw(st.integers(1, per_day - 2)), data.draw(st.integers(1, 40_000))
    returns, into = data.draw(st.integers(leaves + 1, per_day - 1)), data.draw(st.integers(0, 7 * per_day))
    known, ahead = 28 * per_day + into, per_day + 6
    whole = weeks(leaves, returns, held_wh, known + ahead, per_day)
    found = presence(whole[:, :known], MONDAY * 30 // slot_min, ahead, ZONE, slot_min)
    assert np.array_equal(found.home[0], whole[0, known:] > 0)
    assert found.arrival_wh.tolist() == [held_wh]


def test_who_stayed_at_home_today_stays_until_it_usually_comes() -> None:
    """A working day on which it has not left by ten."""
    begun_wh = weeks(14, 36, 20_000, 28 * 48 + 20)
    begun_wh[0, 28 * 48 :] = 20_000
    assert presence(begun_wh, MONDAY, 20, ZONE, 30).home.all()


def test_what_nobody_has_seen_is_away() -> None:
    """No reading is no vehicle."""
    found = presence(np.full((2, 48), -1), MONDAY, 10, ZONE, 30)
    assert not found.home.any()
    assert found.arrival_wh.tolist() == [0, 0]
