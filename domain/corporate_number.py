"""The numbers of Japanese firms: the corporate number (法人番号) and the number on qualified invoices (登録番号).

A corporate number has 13 digits, of which the first checks the other twelve: 9 less the remainder by 9 of their sum,
each second one from the right counted twice (行政手続における特定の個人を識別するための番号の利用等に関する法律,
its ministerial ordinance on corporate numbers). A qualified invoice number is T and 13 digits: of a corporation, its
corporate number; of anybody else, a number that no corporation has, whose digits nothing is said about here.
"""

import re

_DIGITS = re.compile(r"[0-9]{13}", re.ASCII)
_INVOICE = re.compile(r"T[0-9]{13}", re.ASCII)


def check_digit(base: str) -> int:
    """The digit, 1 to 9, that stands before these twelve."""
    total = sum(int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(base)))
    return 9 - total % 9


def corporate_number_fault(written: str) -> str | None:
    """Why this is no corporate number, None when it is one."""
    if not _DIGITS.fullmatch(written):
        return f"a corporate number has 13 digits, not {written[:30]!r}"
    if int(written[0]) != check_digit(written[1:]):
        return f"the first digit of {written} does not check the others"
    return None


def invoice_number_fault(written: str, corporate_number: str = "") -> str | None:
    """Why this is no qualified invoice number, None when it is one. corporate_number: of its holder, empty for none."""
    if not _INVOICE.fullmatch(written):
        return f"an invoice number is T and 13 digits, not {written[:30]!r}"
    if corporate_number and written != f"T{corporate_number}":
        return f"a corporation's invoice number is T{corporate_number}, not {written}"
    return None
