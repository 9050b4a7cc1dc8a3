"""What a deal brings to be judged is data: it informs the rules or counts as unknown, and breaks nothing."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.grid_state import GridState
from domain.tariff import Corridor
from policies.bands import SEVERITY
from policies.facts import Facts
from policies.mass import columns_of, judge_columns
from policies.pack import load_pack
from policies.triggers import evaluate
from services.cases.brought import AMOUNTS, FLAGS, WORDS, brought_facts

PACK, DAY = load_pack("jp_demo"), date(2026, 5, 20)
PLAIN = (0, 500, 1, 12_000, 12_000, Corridor(8_500, 19_888), "tokyo", "tokyo")
names = st.sampled_from([*AMOUNTS, *FLAGS, *WORDS, "value_ujpy", "licences", "surprise"])
anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers())


@given(st.dictionaries(names, anything | st.sampled_from(["none", "safety", "cross_border"])) | anything)
def test_nothing_brought_breaks_the_judging(said: Any) -> None:
    """Whatever stands there, the deal is judged, on columns as alone."""
    facts = Facts(*PLAIN, grid_state=GridState.NORMAL, **brought_facts({"facts": said}, PACK))
    alone = evaluate(facts, PACK, DAY)
    assert judge_columns(columns_of([facts]), PACK, DAY).severity.tolist() == [SEVERITY[alone.action]]


def test_a_fact_of_the_market_cannot_be_brought() -> None:
    """Value, licences and the like are what terms and registers say."""
    said = {"value_ujpy": 1, "licences": [], "exposure_ujpy": 0, "grid_state": "normal", "surveillance": []}
    assert brought_facts({"facts": said}, PACK) == {}


def test_a_word_that_no_rule_knows_counts_as_unknown() -> None:
    """Instead of stopping the slot in which it was filed."""
    assert brought_facts({"facts": {"dispute": "a quarrel", "disclosure": "with_consent"}}, PACK) == {
        "dispute": "",
        "disclosure": "with_consent",
    }
