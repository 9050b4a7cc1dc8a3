"""Planted proposals: labelled, two for each of five triggers, deliverable as terms, and judged by script."""

from collections import Counter
from datetime import date

import pytest

from contracts.terms import Deal
from domain.case import Verdict
from domain.tariff import Corridor
from simulation.calendar import local_day
from simulation.community import Community
from simulation.expert import ScriptedExperts
from simulation.planted import Planted, planted_proposals
from simulation.prices import Prices

CORRIDOR = Corridor(8_500, 19_800)
RULES_END = date(2027, 3, 31)


@pytest.fixture(scope="module")
def planted(community: Community, first_slot_traded: int) -> tuple[Planted, ...]:
    return planted_proposals(community, Prices(community), first_slot_traded, 48, CORRIDOR, RULES_END)


def deal_of(each: Planted) -> Deal:
    """The proposal as the contracts' own terms take it."""
    names = ("slot_first", "slot_end", "seller_site", "buyer_site", "energy_wh", "price_mjpy_per_kwh")
    return Deal(id=each.id, seller_area="tokyo", buyer_area="tokyo", **{name: each.body[name] for name in names})


def test_each_of_five_triggers_has_two_labelled_proposals(planted: tuple[Planted, ...]) -> None:
    """Value, deviating price, licence, new equipment and rule data; the label is part of the id."""
    assert Counter(each.trigger for each in planted) == {"E01": 2, "E05": 2, "E07": 2, "E10": 2, "E14": 2}
    assert all(each.id.startswith(f"planted-{each.trigger}-") for each in planted)
    assert len({each.id for each in planted}) == 10


def test_they_are_filed_all_over_the_first_day(
    planted: tuple[Planted, ...], community: Community, first_slot_traded: int
) -> None:
    """Inside the day, in order, not in a heap; deviating prices in the two cheapest slots."""
    filed = [each.filed_at for each in planted]
    assert filed == sorted(filed)
    assert all(first_slot_traded <= slot < first_slot_traded + 48 for slot in filed)
    assert len(set(filed)) == 10
    prices = Prices(community)
    cheapest = sorted(range(first_slot_traded, first_slot_traded + 48), key=prices.wholesale)[:2]
    assert {each.filed_at for each in planted if each.trigger == "E05"} == set(cheapest)


def test_each_is_a_deal_that_terms_accept(planted: tuple[Planted, ...], community: Community) -> None:
    """Two different sites of the community, a price inside the corridor, at most a year from the day after on."""
    for each in planted:
        deal = deal_of(each)
        assert {deal.seller_site, deal.buyer_site} <= set(community.ids)
        assert CORRIDOR.contains(deal.price_mjpy_per_kwh)
        assert 48 <= deal.slot_end - deal.slot_first <= 365 * 48
        assert deal.slot_first > each.filed_at


def test_the_shops_year_is_worth_420_000_yen(planted: tuple[Planted, ...]) -> None:
    """30,000 kWh at 14 JPY, and another contract above the line of 300,000 JPY."""
    first, second = (deal_of(each) for each in planted if each.trigger == "E01")
    assert first.energy_wh * first.price_mjpy_per_kwh == 420_000 * 10**6
    assert second.energy_wh * second.price_mjpy_per_kwh > 300_000 * 10**6


def test_only_what_is_planted_for_it_leaves_the_rules_validity(planted: tuple[Planted, ...]) -> None:
    """Delivery ends after the last day of the rule values for E14, and on or before it for all others."""
    for each in planted:
        last_day, _ = local_day(each.body["slot_end"] - 1)
        assert (last_day > RULES_END) == (each.trigger == "E14")


def test_the_lapsed_licence_ended_twelve_days_before(planted: tuple[Planted, ...], first_slot_traded: int) -> None:
    """Less than thirty days before filing, and before the last day of delivery too."""
    [paper] = next(each for each in planted if each.id == "planted-E10-1").body["licences"]
    day, _ = local_day(first_slot_traded)
    assert (day - date.fromisoformat(paper["valid_to"])).days == 12


def test_a_smaller_and_shorter_world_has_its_cases_too(community: Community, first_slot_traded: int) -> None:
    """Eight sites and eight slots hold all ten, between sites of that community."""
    small = community.subset(8)
    found = planted_proposals(small, Prices(small), first_slot_traded + 24, 8, CORRIDOR, RULES_END)
    assert len(found) == 10
    for each in found:
        assert {each.body["seller_site"], each.body["buyer_site"]} <= set(small.ids)
        assert first_slot_traded + 24 <= each.filed_at < first_slot_traded + 32
    assert found == planted_proposals(small, Prices(small), first_slot_traded + 24, 8, CORRIDOR, RULES_END)


def test_the_scripted_expert_follows_the_script_of_a_planted_case(planted: tuple[Planted, ...]) -> None:
    """Verdict and reason stand in the proposal; the person is the expert of the role asked."""
    experts = ScriptedExperts(planted)
    for each in planted:
        decision = experts.decide({"planted": each.id, "roles": ["grid", "legal"], "findings": []}, "legal")
        assert decision == ("expert-legal", each.verdict, f"scripted: {each.reason}")
        assert len(each.reason) >= 20
    assert {each.verdict for each in planted} == {Verdict.APPROVE, Verdict.REJECT}
