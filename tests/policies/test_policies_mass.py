"""All triggers over many trades at once: trade by trade what one by one says."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Fault
from domain.grid_state import GridState
from domain.site import Certification
from domain.tariff import Corridor
from policies.bands import SEVERITY
from policies.facts import UNKNOWN, Facts
from policies.licences import LicenceState
from policies.mass import columns_of, judge_columns
from policies.pack import load_pack
from policies.triggers import evaluate

DAY = date(2026, 5, 20)
PACK = load_pack("jp_demo")
YEN = 1_000_000
FAULT = Fault("jp.yaml:1", "expired", "a value ended")


def perhaps(most: int) -> st.SearchStrategy[int]:
    return st.just(UNKNOWN) | st.integers(0, most)


facts = st.builds(
    Facts,
    value_ujpy=st.integers(0, 40_000_000 * YEN),
    energy_wh_per_year=st.integers(0, 300_000_000),
    tenor_days=st.integers(0, 2_000),
    price_mjpy_per_kwh=st.integers(0, 40_000),
    reference_price_mjpy_per_kwh=st.integers(3_000, 20_000),
    corridor=st.just(Corridor(8_500, 19_888)) | st.just(Corridor(9_000, 15_000)),
    seller_area=st.just("tokyo"),
    buyer_area=st.sampled_from(["tokyo", "chubu"]),
    equipment=st.lists(st.sampled_from(Certification), max_size=2).map(tuple),
    power_w=st.sampled_from([0, 50_000]),
    licences=st.lists(st.sampled_from(LicenceState), max_size=2).map(tuple),
    rule_faults=st.sampled_from([(), (FAULT,)]),
    support_scheme=st.sampled_from(["", "none", "fit", "fip"]),
    clauses_outside_template=st.integers(0, 2),
    cash_settled=st.booleans(),
    consumer_flag=st.sampled_from(["", "none", "minor"]),
    surveillance=st.lists(st.sampled_from(["none", "wash_trade", "sold_concentration"]), max_size=2).map(tuple),
    zone_share_ppm=perhaps(1_000_000),
    small_zone=st.booleans(),
    exposure_ujpy=perhaps(10**13),
    exposure_limit_ujpy=perhaps(10**11),
    grid_loading_ppm=perhaps(2_000_000),
    kept_by_clearing=st.booleans(),
    dispute_ujpy=perhaps(10**12),
    dispute=st.sampled_from(["", "none", "safety"]),
    anomaly_ppm=perhaps(1_000_000),
    modelled=st.booleans(),
    confidence_ppm=perhaps(1_000_000),
    corrects=st.booleans(),
    correction_ujpy=perhaps(10**12),
    correction_ppm=perhaps(1_000_000),
    grid_state=st.none() | st.sampled_from(GridState),
    account_day_ujpy=perhaps(10**13),
    zone_day_ujpy=perhaps(10**13),
    imbalance_ujpy=perhaps(10**13),
)


@given(st.lists(facts, min_size=1, max_size=8))
def test_columns_say_of_each_trade_what_it_is_told_alone(rows: list[Facts]) -> None:
    """The same strictest action and the same unknowns; the oracle is the judgement of one contract."""
    mass = judge_columns(columns_of(rows), PACK, DAY)
    alone = [evaluate(row, PACK, DAY) for row in rows]
    assert mass.severity.tolist() == [SEVERITY[each.action] for each in alone]
    assert [mass.unknown_of(at) for at in range(len(rows))] == [each.unknown for each in alone]


@given(facts, st.lists(st.integers(0, 40_000_000 * YEN), min_size=2, max_size=20))
def test_trades_alike_but_in_their_numbers_share_a_kind(one: Facts, values: list[int]) -> None:
    """However many there are, what they share is looked at once."""
    columns = columns_of([replace(one, value_ujpy=value) for value in values])
    assert len(columns.kinds) == 1
    assert columns.value_ujpy.tolist() == values
