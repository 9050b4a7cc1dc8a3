"""Which of a contract's prices the triggers look at."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.contract import ContractState
from memory.trading.contracts import ContractRow
from services.cases.review import judged_price

PRICE = st.integers(0, 60_000)
CONTRACT = ContractRow("d1", 10, "10:0000", None, "S1", "S2", 500, 12_000, True, ContractState.DRAFTED, {}, None)


@given(PRICE, PRICE, PRICE)
def test_the_price_further_from_the_reference_is_judged(sold: int, bought: int, reference: int) -> None:
    """Behind a full line a buyer may pay far more than its seller gets: neither hides behind the other."""
    terms = {"price_layers_mjpy_per_kwh": {"congestion": bought - sold}}
    judged = judged_price(replace(CONTRACT, price_mjpy_per_kwh=sold, terms=terms), reference)
    assert judged in (sold, bought)
    assert abs(judged - reference) == max(abs(sold - reference), abs(bought - reference))
