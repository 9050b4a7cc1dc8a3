"""The homes as physics: energy is conserved at every meter, batteries stay within their limits, a replay is exact."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.community import Community
from simulation.homes import Flows, Homes, Stores, first_stores, live, live_untraded

setpoint_lists = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4000)), min_size=16, max_size=16)


def assert_conserved(community: Community, first_slot: int, flows: Flows) -> None:
    """Import - export = load - generation + charge - discharge, each in one direction at a time."""
    load_wh = community.load_wh(first_slot, first_slot + flows.import_wh.shape[1])
    used_wh = flows.import_wh - flows.export_wh + flows.generation_wh - flows.charge_wh + flows.discharge_wh
    used_wh += flows.vehicle_discharge_wh - flows.vehicle_charge_wh
    assert np.array_equal(used_wh, load_wh)
    assert min(int(column.min()) for column in flows) >= 0
    assert not np.any(np.minimum(flows.import_wh, flows.export_wh))
    assert not np.any(np.minimum(flows.charge_wh, flows.discharge_wh))
    assert not np.any(np.minimum(flows.vehicle_charge_wh, flows.vehicle_discharge_wh))


def test_the_past_conserves_energy_at_every_meter(community: Community, past: Flows, first_slot_traded: int) -> None:
    """Over four weeks and every site; and only the 16 batteries ever store."""
    assert_conserved(community, first_slot_traded - 28 * 48, past)
    assert set(np.flatnonzero(past.stored_wh.any(axis=1))) == set(community.batteries)
    assert past.charge_wh.any()


def test_batteries_lose_what_their_efficiency_says(community: Community, past: Flows) -> None:
    """What is stored at the end is what went in less losses both ways, to a Wh a slot; never above the capacity."""
    for at, battery in community.batteries.items():
        gained = past.charge_wh[at].sum() * battery.efficiency_permille / 1000
        spent = past.discharge_wh[at].sum() * 1000 / battery.efficiency_permille
        kept_wh = past.stored_wh[at, -1] - battery.reserve_wh
        slots = past.charge_wh.shape[1]
        assert 0 <= gained - spent - kept_wh <= slots
        assert past.stored_wh[at].max() <= battery.capacity_wh
        assert past.stored_wh[at].min() >= battery.reserve_wh


@settings(max_examples=25, deadline=None)
@given(setpoint_lists, st.integers(0, 47))
def test_any_setpoint_leaves_physics_whole(
    community: Community, first_slot_traded: int, moves: list[tuple[int, int]], part: int
) -> None:
    """Whatever a trade asks of a battery, energy is conserved and its reserve is kept."""
    slot = first_slot_traded + part
    asked = {community.sites[at].id: move for at, move in zip(community.batteries, moves, strict=True)}
    flows = live(community, slot, first_stores(community), asked, {})
    assert_conserved(community, slot, Flows(*(column[:, None] for column in flows)))
    for at, battery in community.batteries.items():
        assert battery.reserve_wh <= flows.stored_wh[at] <= battery.capacity_wh
        assert max(flows.charge_wh[at], flows.discharge_wh[at]) <= battery.power_wh_per_slot


def test_slot_by_slot_is_the_same_as_all_at_once(community: Community, past: Flows, first_slot_traded: int) -> None:
    """A day without set-points lived slot by slot equals the vectorised past."""
    start = first_stores(community).after(past)
    homes = Homes(community, first_slot_traded, start)
    day = [homes.step(first_slot_traded + part, {}, {}) for part in range(48)]
    whole = live_untraded(community, first_slot_traded, first_slot_traded + 48, start)
    for name in Flows._fields:
        assert np.array_equal(np.stack([getattr(flows, name) for flows in day], axis=1), getattr(whole, name))


def test_homes_go_on_from_a_metered_content_as_if_never_stopped(community: Community, first_slot_traded: int) -> None:
    """A process that died resumes from the stored Wh of the last reading and the same set-points."""
    asked = {community.sites[at].id: (0, 300) for at in community.batteries}
    whole = Homes(community, first_slot_traded)
    flows = [whole.step(first_slot_traded + part, asked, {}) for part in range(6)]
    stores = reduce(Stores.after, flows[:3], first_stores(community))
    resumed = Homes(community, first_slot_traded + 3, stores)
    for part in range(3, 6):
        again = resumed.step(first_slot_traded + part, asked, {})
        assert all(map(np.array_equal, again, flows[part]))


def test_a_setpoint_shifts_the_battery_by_what_it_says(community: Community, first_slot_traded: int) -> None:
    """500 Wh asked on top of self-consumption are 500 Wh more into the store, and nobody else notices."""
    at = next(iter(community.batteries))
    moved = Homes(community, first_slot_traded).step(first_slot_traded, {community.sites[at].id: (500, 0)}, {})
    quiet = Homes(community, first_slot_traded).step(first_slot_traded, {}, {})
    assert moved.charge_wh[at] - moved.discharge_wh[at] == quiet.charge_wh[at] - quiet.discharge_wh[at] + 500
    assert np.flatnonzero(moved.stored_wh - quiet.stored_wh).tolist() == [at]


def test_no_slot_is_lived_twice_or_left_out(community: Community, first_slot_traded: int) -> None:
    """A wrong slot is an impossible state."""
    with pytest.raises(AssertionError, match="next is"):
        Homes(community, first_slot_traded).step(first_slot_traded + 1, {}, {})


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_any_told_charge_leaves_physics_whole(community: Community, first_slot_traded: int, seed: int) -> None:
    """Law: whatever chargers are told over a day, or not told, energy is conserved at every meter, and every vehicle
    departs with what it would have by habit."""
    chance, names = np.random.default_rng(seed), [community.ids[at] for at in community.vehicles]
    homes, lived = Homes(community, first_slot_traded), []
    for slot in range(first_slot_traded, first_slot_traded + 48):
        told = {
            name: (int(wh), int(back))
            for name, (wh, back) in zip(names, chance.integers(0, 4_000, (12, 2)), strict=True)
        }
        heard = {name: move for name, move in told.items() if chance.random() < 0.8}
        lived.append(homes.step(slot, {}, heard))
    day = Flows(*(np.stack(columns, axis=1) for columns in zip(*lived, strict=True)))
    assert_conserved(community, first_slot_traded, day)
    by_habit = live_untraded(community, first_slot_traded, first_slot_traded + 48)
    for stored_wh, usual_wh in zip(day.vehicle_stored_wh, by_habit.vehicle_stored_wh, strict=True):
        left = (stored_wh[:-1] > 0) & (stored_wh[1:] == 0)
        assert np.array_equal(stored_wh[:-1][left], usual_wh[:-1][left])
