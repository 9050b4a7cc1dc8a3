"""Money in dispute: no more is held than is disputed, nothing appears or vanishes, and supply goes on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RuleBroken
from settlement.books import balances
from settlement.dispute import hold, in_question_ujpy, release
from settlement.ledger import RETAILER, Balance, Transfer, TransferState, member

amounts = st.integers(1, 10**13)
payers = st.sampled_from([RETAILER, member("S2")])
CLAIMANT = member("S1")


def totals(transfers: list[Transfer]) -> tuple[int, int]:
    found = balances(transfers).values()
    return sum(each.ujpy for each in found), sum(each.debits_pending - each.credits_pending for each in found)


@given(payers, amounts, st.data())
def test_a_hold_moves_once_what_is_due_and_gives_up_the_rest(payer: str, held_ujpy: int, data: st.DataObject) -> None:
    """The claimant receives what is due, the payer pays it, the retailer between them keeps nothing; twice is once."""
    due = data.draw(st.integers(0, held_ujpy))
    holds = hold("D-1", 5, payer, CLAIMANT, held_ujpy)
    ends = release(holds, due)
    assert totals(holds) == totals([*holds, *ends]) == (0, 0)
    pending = balances(holds)
    assert pending[CLAIMANT].ujpy == pending[payer].ujpy == 0
    after = balances([*holds, *ends, *ends])
    assert after[CLAIMANT].ujpy == due
    assert after[payer].ujpy == -due
    assert after[RETAILER].ujpy == (-due if payer == RETAILER else 0)
    assert all(each.debits_pending == each.credits_pending == 0 for each in after.values())


@given(payers, amounts, st.integers(1, 10**12))
def test_no_more_is_released_than_was_held(payer: str, held_ujpy: int, more_ujpy: int) -> None:
    """Nor is a hold ended in two ways."""
    holds = hold("D-1", 5, payer, CLAIMANT, held_ujpy)
    with pytest.raises(RuleBroken):
        release(holds, held_ujpy + more_ujpy)
    with pytest.raises(RuleBroken):
        balances([*holds, *release(holds, held_ujpy), *release(holds, 0)])


@given(payers, amounts, amounts, amounts)
def test_supply_beside_a_hold_is_billed_as_ever(payer: str, held_ujpy: int, before_ujpy: int, after_ujpy: int) -> None:
    """Whatever part of an account is held, what its owner takes from the utility is delivered and posted outright."""
    supply = [
        Transfer(f"{slot}:utility_purchase:S1", CLAIMANT, RETAILER, ujpy, "utility_purchase", slot)
        for slot, ujpy in ((5, before_ujpy), (6, after_ujpy))
    ]
    beside = balances([supply[0], *hold("D-1", 5, payer, CLAIMANT, held_ujpy), supply[1]])
    assert beside[CLAIMANT].ujpy == balances(supply)[CLAIMANT].ujpy == -before_ujpy - after_ujpy


@given(
    st.lists(st.tuples(st.sampled_from([CLAIMANT, member("S3")]), amounts, st.sampled_from(list(TransferState)[:2])))
)
def test_only_money_that_moved_on_the_account_is_in_question(moves: list[tuple[str, int, TransferState]]) -> None:
    """Neither reservations, nor other accounts, nor what disputes themselves moved."""
    given = [Transfer(f"t{at}", who, RETAILER, ujpy, "any", 5, state) for at, (who, ujpy, state) in enumerate(moves)]
    holds = hold("D-1", 5, RETAILER, CLAIMANT, 7)
    expected = sum(ujpy for who, ujpy, state in moves if who == CLAIMANT and state is TransferState.POSTED)
    assert in_question_ujpy([*given, *holds, *release(holds, 7)], CLAIMANT) == expected


def test_an_account_that_is_not_touched_has_nothing_in_question() -> None:
    """The other side's money is not one's own."""
    assert in_question_ujpy(hold("D-1", 5, RETAILER, CLAIMANT, 7), CLAIMANT) == 0
    assert balances([]).get(CLAIMANT, Balance()).ujpy == 0
