"""The fixed sentences that explain a price."""

import json
from string import Formatter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateways.llm.facts import readable
from gateways.llm.sentences import REFUSALS, SENTENCES, sentences
from gateways.llm.speech import invented
from identity.credit import REFUSED
from market.auction.admission import REASONS
from services.grid.grid_limits import ABOVE_GRID_LIMIT
from services.members.day_limits import EXPIRED, SPENT, TRADED

PRICES = [
    f"{name}_mjpy_per_kwh"
    for name in ("bid_limit", "price", "corridor_floor", "corridor_cap", "buyer_served", "buyback")
]
amounts = st.integers(0, 10**9)
known = st.dictionaries(st.sampled_from([*PRICES, "bid_wh", "saved_ujpy", "lost_ujpy", "bought_wh"]), amounts)


def test_both_languages_show_the_same_facts() -> None:
    """No figure is kept from readers of one language."""
    fields = [[{name for _, name, _, _ in Formatter().parse(text) if name} for text in each[:2]] for each in SENTENCES]
    assert [pair for pair in fields if pair[0] != pair[1] and pair[0] - pair[1] != {"site"}] == []


@given(known, st.sampled_from(["ja", "en"]))
def test_a_template_invents_no_number(facts: dict[str, Any], language: str) -> None:
    """The template is held to the same fence as a model."""
    told = {"site": "S1", "slot": "2026-05-20 13:00"} | facts
    text = "\n".join(sentences(told, language))
    assert invented(text, json.dumps(readable(told))) == []


def test_every_reason_for_a_refusal_has_its_words() -> None:
    """A member reads why its order was refused, not a code."""
    assert {*REASONS.values(), REFUSED, ABOVE_GRID_LIMIT, EXPIRED, SPENT, TRADED} == REFUSALS.keys()
    refused = {"site": "S1", "slot": "2026-05-20 13:00", "refused": "paused"}
    assert sentences(refused, "en") == ["For 2026-05-20 13:00, an order of site S1 was refused: the mandate is paused."]
    assert "委任が休止中です" in sentences(refused, "ja")[0]
