"""The made-up vehicles: the same from any side, and physics that stays whole whatever their chargers are told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.site import vehicles_at
from domain.slot import slots_per_day
from simulation.community import Community
from simulation.homes import Flows, first_stores
from simulation.vehicles import seeded_drives

WEEK = 7 * 48


def test_one_site_in_ten_is_a_home_with_a_vehicle(community: Community) -> None:
    """12 of 118, none beside a battery; a smaller community keeps those of its homes, with their drives."""
    assert len(community.vehicles) == 12
    assert not community.vehicles.keys() & community.batteries.keys()
    assert {community.sites[at].kind for at in community.vehicles} == {"home"}
    small = community.subset(40)
    kept = [row for row, at in enumerate(community.vehicles) if community.ids[at] in small.ids]
    assert list(small.vehicles.values()) == [list(community.vehicles.values())[row] for row in kept] != []
    whole = community.drives(0, WEEK).of_vehicles(kept)
    assert all(map(np.array_equal, small.drives(0, WEEK), whole))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, WEEK - 1), st.integers(1, 60))
def test_a_drive_is_the_same_whatever_is_asked_around_it(
    community: Community, first_slot_traded: int, first: int, slots: int
) -> None:
    """Law: any stretch of slots is a part of the week."""
    last = min(first + slots, WEEK)
    part = community.drives(first_slot_traded + first, first_slot_traded + last)
    week = community.drives(first_slot_traded, first_slot_traded + WEEK).in_slots(np.arange(first, last))
    assert all(map(np.array_equal, part, week))


def test_nobody_leaves_before_the_stated_time_or_on_a_day_off(community: Community, first_slot_traded: int) -> None:
    """2026-05-20 is a Wednesday: three days with departures, then a weekend at home."""
    home = community.drives(first_slot_traded, first_slot_traded + 5 * 48).home.reshape(-1, 5, 48)
    for row, vehicle in enumerate(community.vehicles.values()):
        assert home[row, :3, : vehicle.departure_place].all()
    assert not home[:, :3].all(axis=2).any()
    assert home[:, 3:].all()


@pytest.mark.parametrize("slot_min", [15, 60])
def test_the_same_drives_fill_the_slots_of_any_length(
    community: Community, first_slot_traded: int, slot_min: int
) -> None:
    """Law: at every length the same vehicles leave as often and use the same on their way; a part of a slot away is
    away. Of hours they may leave up to an hour earlier, for their hour begins before the stated time."""
    names = [community.ids[at] for at in community.vehicles]
    vehicles = list(vehicles_at(community.sites, community.devices, slot_min).values())
    first, days = first_slot_traded * 30 // slot_min, 5 * slots_per_day(slot_min)
    other = seeded_drives(community.seed, names, vehicles, first, first + days, slot_min)
    whole = community.drives(first_slot_traded, first_slot_traded + 5 * 48)
    assert np.array_equal(other.used_wh.sum(axis=1), whole.used_wh.sum(axis=1))
    ends = (np.arange(days) + 1) * slot_min
    half_hour = np.minimum((ends - 1) // 30, 5 * 48 - 1)
    here = other.home & ~whole.home[:, half_hour]
    assert not here.any()


def test_only_vehicles_hold_what_vehicles_hold(community: Community, past: Flows) -> None:
    """Over four weeks: nobody else's registers move, and each vehicle comes home with less than it left with."""
    held = past.vehicle_stored_wh.any(axis=1)
    assert np.flatnonzero(held).tolist() == list(community.vehicles)
    took_wh = past.vehicle_charge_wh[list(community.vehicles)].sum(axis=1)
    assert (took_wh > 0).all()
    stores = first_stores(community).after(past)
    assert {at: int(stores.vehicle_wh[at]) for at in community.vehicles} == {
        at: vehicle.asked_wh for at, vehicle in community.vehicles.items()
    }
