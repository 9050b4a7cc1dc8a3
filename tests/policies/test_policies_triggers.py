"""The triggers: what passes by itself, what people decide, what nobody lifts alone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Fault, RuleValueUnusable
from domain.grid_state import GridState
from domain.site import Certification
from domain.tariff import Corridor
from market.surveillance.finding import Pattern
from policies.bands import SEVERITY, Action, OnTimeout
from policies.facts import UNKNOWN
from policies.licences import LicenceState
from policies.pack import load_pack
from policies.triggers import TRIGGERS, Facts, Judgement, evaluate

DAY = date(2026, 5, 20)
PACK = load_pack("jp_demo")
YEN = 1_000_000
FAULT = Fault("jp_demo.yaml:20", "expired", "rule value levy does not hold on 2027-05-01")

STANDARD = Facts(
    value_ujpy=36_000 * YEN,
    energy_wh_per_year=3_000_000,
    tenor_days=365,
    price_mjpy_per_kwh=12_000,
    reference_price_mjpy_per_kwh=12_000,
    corridor=Corridor(8_500, 19_888),
    seller_area="tokyo",
    buyer_area="tokyo",
    equipment=(Certification.CERTIFIED,),
    power_w=5_000,
    licences=(LicenceState.COMPLETE,),
    support_scheme="post_fit",
    consumer_flag="none",
    surveillance=("none",),
    zone_share_ppm=200_000,
    exposure_ujpy=40_000 * YEN,
    exposure_limit_ujpy=50_000 * YEN,
    kept_by_clearing=True,
    dispute="none",
    grid_state=GridState.NORMAL,
    account_day_ujpy=20_000 * YEN,
    zone_day_ujpy=5_000_000 * YEN,
)


def judged(**changes: Any) -> Judgement:
    return evaluate(replace(STANDARD, **changes), PACK, DAY)


def test_a_standard_contract_needs_nobody() -> None:
    """Same area, low voltage, a year, small, template, certified, post-FIT: automatic."""
    assert judged() == Judgement(Action.AUTO)


@pytest.mark.parametrize("pattern", Pattern)
def test_every_pattern_of_surveillance_has_a_band(pattern: Pattern) -> None:
    """Conduct and meters are asked about; how concentrated the market is, is nobody's conduct and stops no trade."""
    shape = {Pattern.SOLD_CONCENTRATION, Pattern.BOUGHT_CONCENTRATION}
    assert judged(surveillance=(str(pattern),)).action is (Action.AUTO if pattern in shape else Action.ESCALATE)


def test_a_contract_at_every_bound_is_still_automatic() -> None:
    """Bounds belong to the band below: JPY 300,000, 20 MWh, 366 days, 30 % off, just under 50 kW."""
    at_the_bounds = judged(
        value_ujpy=300_000 * YEN,
        energy_wh_per_year=20_000_000,
        tenor_days=366,
        price_mjpy_per_kwh=15_600,
        power_w=49_999,
    )
    assert at_the_bounds.action is Action.AUTO


CASES: list[tuple[dict[str, Any], str, Action, tuple[str, ...], int, int | None]] = [
    ({"value_ujpy": 300_000 * YEN + 1}, "E01", Action.ESCALATE, ("finance",), 1, 240),
    ({"value_ujpy": 420_000 * YEN}, "E01", Action.ESCALATE, ("finance",), 1, 240),
    ({"value_ujpy": 3_000_001 * YEN}, "E01", Action.ESCALATE, ("finance", "legal"), 2, 4320),
    ({"value_ujpy": 30_000_001 * YEN}, "E01", Action.ESCALATE, ("finance", "legal", "retailer"), 3, 4320),
    ({"energy_wh_per_year": 20_000_001}, "E02", Action.ESCALATE, ("grid",), 1, 240),
    ({"energy_wh_per_year": 200_000_001}, "E02", Action.ESCALATE, ("finance", "grid"), 2, 240),
    ({"tenor_days": 367}, "E03", Action.ESCALATE, ("legal",), 1, 4320),
    ({"tenor_days": 1_200}, "E03", Action.ESCALATE, ("finance", "legal"), 2, 4320),
    ({"price_mjpy_per_kwh": 15_601}, "E05", Action.AUTO_WITH_CONSENT, (), 0, None),
    ({"price_mjpy_per_kwh": 19_201}, "E05", Action.ESCALATE, ("finance",), 1, 15),
    ({"price_mjpy_per_kwh": 19_889}, "E05", Action.BLOCK, ("finance", "legal"), 2, 240),
    ({"price_mjpy_per_kwh": 8_499}, "E05", Action.BLOCK, ("finance", "legal"), 2, 240),
    ({"equipment": (Certification.KNOWN,)}, "E07", Action.ESCALATE, ("grid",), 1, 4320),
    ({"unfiled": True}, "E07", Action.ESCALATE, ("grid",), 1, 4320),
    ({"equipment": (Certification.FIRST_OF_KIND,)}, "E07", Action.ESCALATE, ("grid", "legal"), 2, 4320),
    ({"vehicle_to_grid": True}, "E07", Action.ESCALATE, ("grid", "legal"), 2, 4320),
    ({"power_w": 50_000}, "E07", Action.ESCALATE, ("grid", "legal"), 2, 4320),
    ({"buyer_area": "chubu"}, "E09", Action.BLOCK, ("grid", "legal"), 2, 4320),
    ({"licences": (LicenceState.LAPSED,)}, "E10", Action.ESCALATE, ("legal",), 1, 240),
    ({"licences": (LicenceState.OTHER_NAME,)}, "E10", Action.ESCALATE, ("legal",), 1, 240),
    ({"licences": (LicenceState.COMPLETE, LicenceState.MISSING)}, "E10", Action.BLOCK, ("legal",), 2, 14400),
    ({"licences": ()}, "E10", Action.BLOCK, ("legal",), 2, 14400),
    ({"clauses_outside_template": 1}, "E13", Action.ESCALATE, ("legal",), 1, 4320),
    ({"rule_faults": (FAULT,)}, "E14", Action.BLOCK, ("finance", "legal"), 2, 240),
    ({"rule_faults_later": (FAULT,)}, "E14", Action.ESCALATE, ("finance", "legal"), 2, 240),
    ({"consumer_flag": "minor"}, "E16", Action.ESCALATE, ("legal",), 1, 4320),
    ({"payment_rail": "token_prepaid_or_custody"}, "E17", Action.ESCALATE, ("finance", "legal"), 2, 14400),
    ({"cash_settled": True}, "E18", Action.BLOCK, ("finance", "legal"), 2, 14400),
    ({"support_scheme": "fit"}, "E19", Action.BLOCK, ("grid", "legal"), 2, 14400),
    ({"support_scheme": "self_wheeling"}, "E19", Action.ESCALATE, ("grid", "legal"), 2, 14400),
    ({"zone_share_ppm": 200_001}, "E04", Action.ESCALATE, ("finance",), 1, 240),
    ({"zone_share_ppm": 400_001}, "E04", Action.ESCALATE, ("finance", "legal"), 2, 4320),
    ({"exposure_ujpy": 40_001 * YEN}, "E06", Action.PREPAY, (), 0, None),
    ({"exposure_ujpy": 50_001 * YEN}, "E06", Action.ESCALATE, ("finance",), 1, 240),
    ({"exposure_ujpy": UNKNOWN}, "E06", Action.ESCALATE, ("finance",), 1, 240),
    ({"grid_loading_ppm": 800_001}, "E08", Action.REDUCE, (), 0, None),
    ({"grid_loading_ppm": 900_001}, "E08", Action.ESCALATE, ("grid",), 1, 15),
    ({"grid_loading_ppm": 1_000_001}, "E08", Action.BLOCK, ("grid", "operator"), 2, 15),
    ({"dispute": "contested"}, "E11", Action.ESCALATE, ("mediator",), 1, 4320),
    ({"dispute_ujpy": 5_001 * YEN}, "E11", Action.ESCALATE, ("mediator",), 1, 4320),
    ({"dispute_ujpy": 300_001 * YEN}, "E11", Action.ESCALATE, ("legal", "mediator"), 2, 4320),
    ({"dispute": "safety"}, "E11", Action.ESCALATE, ("legal", "mediator"), 2, 4320),
    ({"anomaly_ppm": 700_001}, "E12", Action.REDUCE, (), 0, None),
    ({"anomaly_ppm": 900_001}, "E12", Action.ESCALATE, ("grid",), 1, 15),
    ({"modelled": True, "confidence_ppm": 900_000}, "E15", Action.ESCALATE, ("legal",), 1, 240),
    ({"modelled": True}, "E15", Action.ESCALATE, ("legal",), 1, 240),
    ({"support_scheme": ""}, "E19", Action.ESCALATE, ("grid", "legal"), 2, 14400),
    ({"corrects": True, "correction_ujpy": 5_001 * YEN}, "E20", Action.ESCALATE, ("finance",), 1, 240),
    ({"corrects": True, "correction_ujpy": 1, "correction_ppm": 50_001}, "E20", Action.ESCALATE, ("finance",), 1, 240),
    ({"corrects": True, "correction_ujpy": 10**12}, "E20", Action.ESCALATE, ("finance", "retailer"), 2, 4320),
    ({"corrects": True}, "E20", Action.ESCALATE, ("finance",), 1, 240),
    ({"disclosure": "cross_border"}, "E21", Action.BLOCK, ("legal",), 2, 4320),
    ({"grid_state": GridState.ALERT}, "E22", Action.ESCALATE, ("operator",), 1, 10),
    ({"grid_state": GridState.EMERGENCY}, "E22", Action.BLOCK, ("grid", "operator"), 2, 10),
    ({"grid_state": None}, "E22", Action.BLOCK, ("grid", "operator"), 2, 10),
    ({"account_day_ujpy": 20_001 * YEN}, "E23", Action.ESCALATE, ("finance", "operator"), 2, 15),
    ({"zone_day_ujpy": 5_000_001 * YEN}, "E23", Action.ESCALATE, ("finance", "operator"), 2, 15),
    ({"imbalance_ujpy": 3_601 * YEN}, "E24", Action.REDUCE, (), 0, None),
    ({"imbalance_ujpy": 10_801 * YEN}, "E24", Action.ESCALATE, ("grid",), 1, 15),
    ({"surveillance": ("wash_trade",)}, "E12", Action.ESCALATE, ("legal",), 1, 15),
    ({"surveillance": ("export_in_the_dark", "wash_trade")}, "E12", Action.ESCALATE, ("grid", "legal"), 2, 15),
]


@pytest.mark.parametrize(("changes", "trigger", "action", "roles", "approvals", "deadline_min"), CASES)
def test_each_trigger_asks_the_people_its_band_names(
    changes: dict[str, Any], trigger: str, action: Action, roles: tuple[str, ...], approvals: int, deadline_min: int
) -> None:
    """One departure from the standard, one finding, with its roles, approvals and deadline."""
    judgement = judged(**changes)
    assert [finding.trigger for finding in judgement.findings] == [trigger]
    assert (judgement.action, judgement.roles) == (action, roles)
    assert (judgement.approvals, judgement.deadline_min) == (approvals, deadline_min)
    finding = judgement.findings[0]
    assert all((finding.text_en, finding.text_ja, finding.name_en, finding.name_ja))


def test_a_finding_says_what_was_measured_in_both_languages() -> None:
    """An expert reads figures, not codes."""
    finding = judged(price_mjpy_per_kwh=19_300).findings[0]
    assert finding.text_en == "price 19.30 JPY/kWh, 61 % off the reference 12.00, inside the corridor 8.50-19.89"
    assert finding.text_ja == "単価 19.30 円/kWh、基準 12.00 円との乖離 61 %、価格の回廊 8.50-19.89 円の内"


def test_findings_add_up_to_all_roles_the_earliest_deadline_and_the_strictest_silence() -> None:
    """The union of roles must approve: never fewer people than roles."""
    judgement = judged(
        value_ujpy=420_000 * YEN, equipment=(Certification.KNOWN,), licences=(LicenceState.LAPSED,), tenor_days=400
    )
    assert [finding.trigger for finding in judgement.findings] == ["E01", "E03", "E07", "E10"]
    assert judgement.roles == ("finance", "grid", "legal")
    assert (judgement.approvals, judgement.deadline_min) == (3, 240)
    assert judged(value_ujpy=420_000 * YEN, rule_faults=(FAULT,)).on_timeout is OnTimeout.SAFE_MODE
    assert judged(value_ujpy=420_000 * YEN, rule_faults=(FAULT,)).action is Action.BLOCK


def test_silence_is_never_an_approval() -> None:
    """No band of the pack lets a deadline pass into automatic."""
    outcomes = {band.on_timeout for trigger in PACK.triggers.values() for band in (*trigger.bands, trigger.unknown)}
    assert outcomes == set(OnTimeout)
    assert not [outcome for outcome in OnTimeout if "approve" in outcome or "auto" in outcome]


def test_what_asks_people_gives_them_a_deadline() -> None:
    """Also a block names who may judge an exception, and never one person alone."""
    for trigger in PACK.triggers.values():
        for band in (*trigger.bands, trigger.unknown):
            if band.action in (Action.ESCALATE, Action.BLOCK):
                assert band.roles
                assert PACK.sla_min[band.sla] > 0
            if band.action is Action.BLOCK:
                assert band.approvals >= 2


@given(
    st.integers(0, 40_000_000 * YEN),
    st.integers(0, 300_000_000),
    st.integers(0, 2_000),
    st.integers(0, 10_000_000 * YEN),
    st.integers(0, 100_000_000),
    st.integers(0, 1_000),
)
def test_a_smaller_contract_is_judged_no_more_strictly(
    value: int, energy: int, tenor: int, value_less: int, energy_less: int, tenor_less: int
) -> None:
    """If the largest of many contracts alike is automatic, all of them are: one judgement may stand for a slot."""
    larger = judged(
        value_ujpy=value + value_less, energy_wh_per_year=energy + energy_less, tenor_days=tenor + tenor_less
    )
    smaller = judged(value_ujpy=value, energy_wh_per_year=energy, tenor_days=tenor)
    assert SEVERITY[smaller.action] <= SEVERITY[larger.action]
    assert set(smaller.roles) <= set(larger.roles)


def test_a_pack_without_bands_for_a_trigger_judges_nothing() -> None:
    """A trigger left out is not a trigger that passes."""
    for trigger in TRIGGERS:
        bare = replace(PACK, triggers={id_: kept for id_, kept in PACK.triggers.items() if id_ != trigger})
        with pytest.raises(RuleValueUnusable, match=f"no bands for {trigger}"):
            evaluate(STANDARD, bare, DAY)


def test_what_nobody_knows_is_named_even_where_it_passes() -> None:
    """The rule's stated default holds, and the judgement says for which rules it had to."""
    blind = judged(zone_share_ppm=UNKNOWN, kept_by_clearing=False, surveillance=(), consumer_flag="", dispute="")
    assert blind.action is Action.AUTO
    assert blind.unknown == ("E04", "E08", "E11", "E12", "E16")
    assert [PACK.triggers[id_].unknown.note for id_ in blind.unknown if not PACK.triggers[id_].unknown.note] == []


def test_a_finding_names_rule_value_line_and_source() -> None:
    """Every decision is explained by what was measured, the line it crossed, and who drew it."""
    finding = judged(power_w=50_000).findings[0]
    assert (finding.value, finding.threshold) == (
        "beyond_low_voltage, certified",
        "one of beyond_low_voltage, first_of_kind, vehicle_to_grid",
    )
    assert finding.sources == ("OPERATOR", "PLANT_SAFETY")
    dear = judged(value_ujpy=420_000 * YEN).findings[0]
    assert (dear.value, dear.threshold) == ("420,000 JPY", "above 300,000 JPY")
    alone = judged(exposure_ujpy=UNKNOWN).findings[0]
    assert alone.unknown
    assert alone.threshold == "unknown"


def test_a_class_the_pack_does_not_know_stops_the_judgement() -> None:
    """An unknown support scheme is not automatic."""
    with pytest.raises(RuleValueUnusable, match="E19 knows no class 'perpetual_motion'"):
        judged(support_scheme="perpetual_motion")
