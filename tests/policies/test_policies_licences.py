"""The licence chain a supply rests on."""

from datetime import date, timedelta

import pytest

from domain.party import Licence
from policies.licences import RETAIL_SUPPLY, Chain, LicenceState, Link, check_chain

DAY = date(2026, 5, 20)
LINK = Link("retailer", RETAIL_SUPPLY, "みらい電力")


def checked(*licences: Licence) -> Chain:
    return check_chain(licences, [LINK], DAY, grace_days=30)


def licence(days_left: int, name: str = "みらい電力", number: str = "A0001") -> Licence:
    return Licence("retailer", RETAIL_SUPPLY, number, name, DAY + timedelta(days=days_left))


@pytest.mark.parametrize(
    ("days_left", "state"),
    [
        (100, LicenceState.COMPLETE),
        (0, LicenceState.COMPLETE),
        (-1, LicenceState.LAPSED),
        (-12, LicenceState.LAPSED),
        (-29, LicenceState.LAPSED),
        (-30, LicenceState.MISSING),
    ],
)
def test_a_registration_holds_through_its_last_day_and_is_for_a_lawyer_for_less_than_30_more(
    days_left: int, state: LicenceState
) -> None:
    """Lapsed lately is judged by people; lapsed long ago is missing."""
    assert checked(licence(days_left)).states == (state,)


def test_another_name_and_no_registration_are_told_apart() -> None:
    """A name mismatch is judged, an absent registration blocks; both say what was found."""
    other = checked(licence(100, "あした電力"))
    assert other.states == (LicenceState.OTHER_NAME,)
    assert other.reasons == ("小売電気事業者登録 A0001 is registered for あした電力, not みらい電力",)
    assert checked() == Chain((LicenceState.MISSING,), ("retailer has no 小売電気事業者登録",))
    assert checked(licence(-12)).reasons == ("小売電気事業者登録 A0001 ended 12 days before, on 2026-05-08",)


def test_a_renewed_registration_counts_by_its_latest_term() -> None:
    """An old term beside a current one does no harm; a sound chain has no reasons."""
    assert checked(licence(-400), licence(100, number="A0002")) == Chain((LicenceState.COMPLETE,), ())
