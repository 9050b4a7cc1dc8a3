"""Netting: one payment a party, whole yen, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from domain.quantity import UJPY_PER_JPY
from settlement.netting import net

ujpy = st.integers(-50_000 * UJPY_PER_JPY, 50_000 * UJPY_PER_JPY)
balances = st.dictionaries(
    st.sampled_from([f"P{number}" for number in range(6)]),
    st.dictionaries(st.sampled_from(["member:S1", "member:S2", "member:S3"]), ujpy, min_size=1),
)


@given(balances)
def test_a_payment_is_what_is_owed_less_what_is_below_a_yen(found: dict[str, dict[str, int]]) -> None:
    """Legs add up to the payment; what stays is of the same sign, below a yen; nobody is paid for nothing."""
    payments = {each.party: each for each in net(found)}
    for party, accounts in found.items():
        total = sum(accounts.values())
        paid = payments[party].amount_jpy * UJPY_PER_JPY if party in payments else 0
        assert 0 <= abs(total) - abs(paid) < UJPY_PER_JPY
        assert paid * total >= 0
        if party in payments:
            assert sum(leg.amount_ujpy for leg in payments[party].legs) == paid != 0
    assert set(payments) <= set(found)


@given(balances)
def test_what_is_left_is_netted_to_nothing(found: dict[str, dict[str, int]]) -> None:
    """After the payments nobody is owed or owes a whole yen, and at most one account of a party is not at zero."""
    for each in net(found):
        for leg in each.legs:
            found[each.party][leg.account] -= leg.amount_ujpy
        assert sum(ujpy != 0 for ujpy in found[each.party].values()) <= 1
    assert net(found) == []
