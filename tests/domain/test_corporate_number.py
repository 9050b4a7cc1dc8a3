"""Firms' numbers: the check digit against published numbers, and every slip of one digit."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.corporate_number import check_digit, corporate_number_fault, invoice_number_fault

NATIONAL_TAX_AGENCY = "7000012050002"  # its own number in the register that it keeps


def test_a_published_number_is_one() -> None:
    """As the register shows it."""
    assert corporate_number_fault(NATIONAL_TAX_AGENCY) is None
    assert invoice_number_fault(f"T{NATIONAL_TAX_AGENCY}", NATIONAL_TAX_AGENCY) is None


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 8))
def test_a_slip_of_one_digit_shows(base: str, at: int, by: int) -> None:
    """Unless it turns 0 into 9 or back, which no sum by nine can see, behind the first digit."""
    number = f"{check_digit(base)}{base}"
    assert corporate_number_fault(number) is None
    slipped = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assume({number[at], slipped[at]} != {"0", "9"} or at == 0)
    assert corporate_number_fault(slipped) is not None


@pytest.mark.parametrize("written", ["", "700001205000", "70000120500022", "７０００01205000２", "T7000012050002"])
def test_another_form_is_no_corporate_number(written: str) -> None:
    """Thirteen plain digits and nothing else."""
    assert corporate_number_fault(written) is not None


@pytest.mark.parametrize(
    ("written", "of"), [("7000012050002", ""), ("t7000012050002", ""), ("T1234567890123", "7000012050002"), ("T", "")]
)
def test_another_form_is_no_invoice_number(written: str, of: str) -> None:
    """A corporation's is T and its corporate number; anybody else's is T and any 13 digits."""
    assert invoice_number_fault(written, of) is not None
    assert invoice_number_fault("T1234567890123") is None
