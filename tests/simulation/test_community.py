"""The neighbourhood of the demonstration: what the public grid holds, peopled from a seed."""

from collections import Counter
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from domain.errors import InputRefused
from domain.site import DeviceKind
from simulation.community import ATTRIBUTION, Community, load_community


def test_the_community_is_that_of_the_public_grid(community: Community) -> None:
    """118 buses with load, 27 PV systems and 16 more with a battery, heat pumps and cars, as SimBench has them."""
    assert community.ids == [f"S{n:03}" for n in range(1, 119)]
    kinds = Counter(device.kind for device in community.devices)
    assert kinds[DeviceKind.METER] == 118
    assert kinds[DeviceKind.PV] == 27 + 16
    assert kinds[DeviceKind.BATTERY] == len(community.batteries) == 16
    assert kinds[DeviceKind.HEAT_PUMP] + kinds[DeviceKind.EV_CHARGER] == 35 + len(community.vehicles)
    assert Counter(site.kind for site in community.sites) == {"home": 113, "shop": 2, "business": 3}


def test_a_year_holds_the_energy_of_the_profiles(community: Community, first_slot_traded: int) -> None:
    """468 MWh of load and 227 MWh of sun in the 366 days of 2016, to the kWh; a delivery year of 364 days less."""
    start = first_slot_traded - 139 * 48
    load_kwh = community.load_wh(start, start + 364 * 48).sum() // 1000
    pv_kwh = community.pv_wh(start, start + 364 * 48).sum() // 1000
    assert 463_000 < load_kwh < 468_451
    assert 226_000 < pv_kwh <= 227_190


def test_every_site_has_its_meter_mandate_and_member(community: Community) -> None:
    """Nothing stands without the other, and every device stands at a site."""
    ids = set(community.ids)
    meters = {device.site_id: device for device in community.devices if device.kind is DeviceKind.METER}
    assert set(meters) == {mandate.site_id for mandate in community.mandates} == ids
    assert {device.site_id for device in community.devices} <= ids
    assert {site.party_id for site in community.sites} < {party.id for party in community.parties}
    assert len({meter.public_key for meter in meters.values()}) == 118


def test_names_and_licences_are_marked_as_made_up(community: Community) -> None:
    """Nobody may take a person or firm of the demonstration for a real one."""
    assert all("架空" in party.name for party in community.parties)
    assert len({party.name for party in community.parties}) == len(community.parties)
    assert all("架空" in licence.registered_name for licence in community.licences)
    assert "ODbL" in ATTRIBUTION


def test_mandates_stay_between_buy_back_and_what_retail_leaves(community: Community) -> None:
    """Sellers ask 8.5 to 10.5 JPY, buyers pay 15 to 20 JPY, batteries keep a tenth to a quarter."""
    for at, mandate in enumerate(community.mandates):
        assert 8_500 <= mandate.sell_min_mjpy_per_kwh <= 10_500
        assert 15_000 <= mandate.buy_max_mjpy_per_kwh <= 20_000
        battery = community.batteries.get(at)
        assert mandate.active
        assert mandate.reserve_wh == (battery.reserve_wh if battery else 0)
        assert battery is None or battery.capacity_wh // 10 <= battery.reserve_wh <= battery.capacity_wh // 4


def test_three_members_in_ten_have_a_wish_that_could_be_met(community: Community) -> None:
    """A partner is another site with a plant; every wish is worth 2 JPY/kWh at most."""
    solar = {device.site_id for device in community.devices if device.kind is DeviceKind.PV}
    wishing = [each for each in community.mandates if each.wishes]
    assert 20 <= len(wishing) * 100 // len(community.mandates) <= 40
    for each in wishing:
        assert each.wishes.partner_site in (solar | {""}) - {each.site_id}
        assert 0 <= each.wishes.premium_max_mjpy_per_kwh <= 2_000
    assert all(not each.wishes.premium_max_mjpy_per_kwh for each in community.mandates if not each.wishes)


def test_another_seed_changes_mandates_and_keys_but_no_energy(community: Community, stored: Path) -> None:
    """What comes from data does not depend on the seed; what is made up does."""
    other = load_community(stored, seed=8)
    assert other.mandates != community.mandates
    assert other.devices[0].public_key != community.devices[0].public_key
    assert other.sites == community.sites
    assert np.array_equal(other.load_wh(0, 480), community.load_wh(0, 480))
    assert load_community(stored, seed=7).mandates == community.mandates


def test_a_community_from_the_cache_is_there_at_once(community: Community, stored: Path) -> None:
    """Every start of the demonstration loads it: a second is far above what it may take on a busy machine."""
    began = perf_counter()
    load_community(stored, seed=7)
    assert perf_counter() - began < 1.0


def test_distinct_profiles_are_the_first_site_of_each(community: Community) -> None:
    """Sites that share a profile are no independent witnesses of a forecast."""
    names = [community.sites[at].profile for at in community.distinct_load]
    assert len(names) == len(set(names)) == len({site.profile for site in community.sites}) == 34
    assert all(site.profile in names for site in community.sites)
    assert [community.sites[at].pv_profile for at in community.distinct_pv] == ["PV4", "PV3", "PV7", "PV1"]


@pytest.mark.parametrize("count", [8, 40, 118])
def test_a_smaller_community_keeps_what_trading_needs(community: Community, count: int) -> None:
    """Two batteries with PV and a shop at least; ids, energy and batteries are those of the whole community."""
    small = community.subset(count)
    assert len(small.sites) == count
    assert small.ids == sorted(small.ids)
    assert sum(bool(small.sites[at].pv_profile) for at in small.batteries) >= 2
    assert any(site.kind == "shop" for site in small.sites)
    for at, site in enumerate(small.sites):
        whole_at = community.ids.index(site.id)
        assert small.batteries.get(at) == community.batteries.get(whole_at)
        assert np.array_equal(small.load_wh(0, 48)[at], community.load_wh(0, 48)[whole_at])
    assert {device.site_id for device in small.devices} == set(small.ids)
    assert [party.id for party in small.parties[-2:]] == ["retailer", "platform"]


def test_a_community_cannot_be_larger_than_its_grid(community: Community) -> None:
    """The refusal says how many sites there are."""
    with pytest.raises(InputRefused, match="1 to 118 sites"):
        community.subset(119)
    with pytest.raises(InputRefused):
        community.subset(0)
