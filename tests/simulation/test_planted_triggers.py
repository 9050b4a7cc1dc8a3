"""Planted proposals under the demonstration's rules: each is stopped by the trigger that it was planted for."""

from datetime import date

import pytest

from contracts.terms import Deal, tenor_days
from domain.grid_state import GridState
from domain.party import Licence
from domain.site import Certification
from policies.bands import Action
from policies.corridor import corridor, price_stack, reference_price, retail_tariff, trading_keys
from policies.facts import Facts
from policies.licences import RETAIL_SUPPLY, Link, check_chain
from policies.pack import RulePack, load_pack
from policies.triggers import Judgement, evaluate
from simulation.calendar import local_day
from simulation.community import Community
from simulation.members import AREA, RETAILER, RETAILER_LICENCE
from simulation.planted import Planted, planted_proposals
from simulation.prices import Prices

RULES_END = date(2027, 3, 31)


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return load_pack("jp_demo")


def judge(each: Planted, pack: RulePack, prices: Prices) -> Judgement:
    """The triggers' judgement on the day of filing, with the facts as the market's review gathers them."""
    today, _ = local_day(each.filed_at)
    begin, last = (local_day(slot)[0] for slot in (each.body["slot_first"], each.body["slot_end"] - 1))
    names = ("slot_first", "slot_end", "seller_site", "buyer_site", "energy_wh", "price_mjpy_per_kwh")
    deal = Deal(id=each.id, seller_area=AREA, buyer_area=AREA, **{name: each.body[name] for name in names})
    papers = [Licence(**{**it, "valid_to": date.fromisoformat(it["valid_to"])}) for it in each.body["licences"]]
    link = Link(RETAILER.id, RETAIL_SUPPLY, RETAILER.name)
    chain = check_chain(papers or [RETAILER_LICENCE], [link], last, pack.value("licence_grace", today))
    allowed = corridor(price_stack(pack, AREA, today), retail_tariff(pack, AREA, today))
    facts = Facts(
        value_ujpy=deal.energy_wh * deal.price_mjpy_per_kwh,
        energy_wh_per_year=deal.energy_wh,
        tenor_days=tenor_days(deal, 30),
        price_mjpy_per_kwh=deal.price_mjpy_per_kwh,
        reference_price_mjpy_per_kwh=reference_price(pack, today, allowed, prices.wholesale(each.filed_at), None),
        corridor=allowed,
        seller_area=AREA,
        buyer_area=AREA,
        equipment=tuple(Certification(it["certification"]) for it in each.body["equipment"]),
        vehicle_to_grid=any(it["vehicle_to_grid"] for it in each.body["equipment"]),
        licences=chain.states,
        licence_reasons=chain.reasons,
        rule_faults=tuple(pack.usable(begin, trading_keys(AREA))),
        rule_faults_later=tuple(pack.usable(last, trading_keys(AREA))),
        support_scheme="none",
        surveillance=("none",),
        small_zone=True,
        exposure_ujpy=0,
        exposure_limit_ujpy=1,
        account_day_ujpy=0,
        zone_day_ujpy=0,
        grid_state=GridState.NORMAL,
    )
    return evaluate(facts, pack, today)


def test_each_is_escalated_by_the_trigger_it_is_planted_for(
    community: Community, pack: RulePack, first_slot_traded: int
) -> None:
    """Not blocked, not automatic; of the others' triggers only the energy of the shop's year speaks too."""
    prices, today = Prices(community), local_day(first_slot_traded)[0]
    allowed = corridor(price_stack(pack, AREA, today), retail_tariff(pack, AREA, today))
    for each in planted_proposals(community, prices, first_slot_traded, 48, allowed, RULES_END):
        judgement = judge(each, pack, prices)
        stopping = [it.trigger for it in judgement.findings if it.action is not Action.AUTO_WITH_CONSENT]
        assert judgement.action is Action.ESCALATE, (each.id, judgement.findings)
        assert stopping == (["E01", "E02"] if each.id == "planted-E01-1" else [each.trigger]), each.id
