"""Histories of crash, duplicate, late arrival and correction: every law holds, and the laws have teeth."""

import pytest

from benchmarks.ledger_histories import broken


@pytest.mark.parametrize("hundred", range(3))
def test_every_law_holds_after_any_history(hundred: int) -> None:
    """Three hundred of the bench's hundred thousand; a number that fails makes the same history again."""
    found = {number: broken(number) for number in range(hundred * 100, hundred * 100 + 100)}
    assert {number: laws for number, laws in found.items() if laws} == {}


def test_a_store_that_keeps_half_a_call_is_found_out() -> None:
    """Without the one commit, balances and chain part ways from the transfers, and the laws say so."""
    found = [laws for number in range(60) if (laws := broken(number, torn=True))]
    assert len(found) > 30
    assert {"balances follow from transfers", "bookings are chained", "the oracle answers the same"} <= {
        law for laws in found for law in laws
    }
