"""Two-phase transfers: what always holds of balances, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Conflict, RuleBroken
from settlement.books import balances
from settlement.ledger import Balance, Transfer, TransferState, member_column, post, void

PENDING = Transfer("t1:reserved", "member:S001", "retailer", 1_000, "p2p_purchase", 5, TransferState.PENDING)
ACCOUNTS = ["member:S001", "member:S002", "retailer", "pool", "levy"]


@st.composite
def histories(draw: st.DrawFn) -> list[Transfer]:
    """Reservations, some posted in part, some voided, some left open, and transfers posted outright."""
    transfers: list[Transfer] = []
    for number in range(draw(st.integers(0, 15))):
        debit, credit = draw(st.permutations(ACCOUNTS))[:2]
        amount = draw(st.integers(0, 10**12))
        outcome = draw(st.sampled_from(["open", "posted", "void", "outright"]))
        state = TransferState.POSTED if outcome == "outright" else TransferState.PENDING
        transfers.append(Transfer(f"t{number}", debit, credit, amount, "any", 1, state))
        if outcome == "posted":
            transfers.append(post(transfers[-1], draw(st.integers(0, amount)), f"t{number}:post"))
        if outcome == "void":
            transfers.append(void(transfers[-1], f"t{number}:void"))
    return transfers


@given(histories())
def test_all_accounts_together_add_up_to_zero(transfers: list[Transfer]) -> None:
    """Debits equal credits, posted and pending, whatever happened."""
    found = balances(transfers)
    assert sum(balance.ujpy for balance in found.values()) == 0
    assert sum(balance.debits_pending - balance.credits_pending for balance in found.values()) == 0
    assert all(min(balance.debits_posted, balance.credits_posted) >= 0 for balance in found.values())
    assert all(min(balance.debits_pending, balance.credits_pending) >= 0 for balance in found.values())


@given(histories())
def test_booking_everything_twice_changes_nothing(transfers: list[Transfer]) -> None:
    """The caller's ids make a repeated booking harmless."""
    assert balances(transfers + transfers) == balances(transfers)


@given(st.integers(0, 1_000))
def test_posting_moves_the_part_and_gives_up_the_rest(amount: int) -> None:
    """After a post nothing of the reservation is left pending."""
    found = balances([PENDING, post(PENDING, amount, "t1")])
    assert found == {"member:S001": Balance(debits_posted=amount), "retailer": Balance(credits_posted=amount)}


def test_a_reservation_does_not_count_until_it_is_posted() -> None:
    """Pending amounts stand apart; voiding gives all of it up."""
    assert balances([PENDING])["retailer"] == Balance(credits_pending=1_000)
    assert balances([PENDING])["retailer"].ujpy == 0
    assert balances([PENDING, void(PENDING, "t1")])["member:S001"] == Balance()


def test_no_more_is_posted_than_was_reserved() -> None:
    """Beyond the reservation is a broken rule, at the rule and in the books."""
    with pytest.raises(RuleBroken, match="more than t1:reserved reserved"):
        post(PENDING, 1_001, "t1")
    with pytest.raises(RuleBroken, match="t1 is more than was reserved"):
        balances([PENDING, replace(post(PENDING, 1_000, "t1"), amount=1_001)])


def test_a_reservation_ends_once() -> None:
    """Posted or void, never both, never twice, never before it exists, never between other accounts."""
    with pytest.raises(RuleBroken, match="t2 ends a reservation that another one has ended"):
        balances([PENDING, post(PENDING, 1, "t1"), void(PENDING, "t2")])
    with pytest.raises(RuleBroken, match="unknown or no reservation"):
        balances([post(PENDING, 1, "t1")])
    with pytest.raises(RuleBroken, match="of different accounts"):
        balances([PENDING, replace(post(PENDING, 1, "t1"), credit="pool")])
    with pytest.raises(RuleBroken, match="only a pending one"):
        void(post(PENDING, 1, "t1"), "t2")


def test_an_id_that_comes_back_with_other_content_is_a_conflict() -> None:
    """The same name never stands for two transfers."""
    with pytest.raises(Conflict, match="t1:reserved came before"):
        balances([PENDING, replace(PENDING, amount=2)])


@pytest.mark.parametrize("amount", [-1, True, 1.0])
def test_an_amount_is_whole_and_not_negative(amount: int) -> None:
    """Direction is who pays whom, never a sign."""
    with pytest.raises(ValueError, match="an amount is whole"):
        Transfer("t", "a", "b", amount, "any", 1)


def test_a_transfer_that_makes_no_sense_is_refused() -> None:
    """Nobody pays itself, a reservation ends none, a void one moves nothing and names what it ends."""
    with pytest.raises(ValueError, match="gives to it"):
        Transfer("t", "a", "a", 1, "any", 1)
    with pytest.raises(ValueError, match="ends no other"):
        Transfer("t", "a", "b", 1, "any", 1, TransferState.PENDING, "x")
    with pytest.raises(ValueError, match="names its reservation"):
        Transfer("t", "a", "b", 0, "any", 1, TransferState.VOID)


def test_members_balances_stand_in_the_order_of_the_sites() -> None:
    """Received less paid; zero where nothing was booked."""
    found = balances([PENDING, post(PENDING, 400, "t1"), Transfer("t2", "retailer", "member:S002", 90, "any", 5)])
    assert member_column(found, ["S002", "S001", "S003"]).tolist() == [90, -400, 0]
