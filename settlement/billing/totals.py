"""From exact lines to yen: rounded once per document and tax rate, never on a line.

A qualified invoice (適格請求書) may round the tax once per rate; so the lines of a rate are added up to the micro-yen,
cut to whole yen, and the tax they contain is worked out of those, rounded down. What the cut leaves is named: lines add
up to yen and rounding, exactly. All rounding is toward zero, so an amount due to a member is treated like one it owes.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from domain.quantity import PPM, UJPY_PER_JPY
from settlement.billing.line import CHARGED, EARNED, Line


class Document(StrEnum):
    """What the lines of a bill make up: the retailer's invoice, its statement of what it bought (仕入明細書), and what
    lies outside the tax: the pool's share and corrections."""

    INVOICE = "invoice"
    PURCHASES = "purchases"
    OTHER = "other"


class Total(NamedTuple):
    """The lines of one document at one rate. value_jpy: what they come to, with tax; below zero the member is paid.
    tax_jpy: the tax inside it, None outside the tax. rounding_ujpy: what the yen leave of the lines."""

    document: Document
    tax_ppm: int | None
    value_jpy: int
    tax_jpy: int | None
    rounding_ujpy: int


class Credit(NamedTuple):
    """What a buyer may deduct of purchases without a qualified invoice. share_ppm: of the tax that they would contain.
    value_jpy: what was bought; deduction_jpy: rounded down once per share."""

    share_ppm: int
    value_jpy: int
    deduction_jpy: int


def document_of(line: Line) -> Document:
    """The document in which a line stands."""
    if line.section in CHARGED:
        return Document.INVOICE
    return Document.PURCHASES if line.section in EARNED else Document.OTHER


def totals(lines: Iterable[Line]) -> tuple[Total, ...]:
    """One for each document and rate, in order of the documents, higher rates first."""
    sums: dict[tuple[Document, int | None], int] = {}
    for line in lines:
        key = document_of(line), line.tax_ppm
        sums[key] = sums.get(key, 0) + line.value_ujpy
    documents = list(Document)
    return tuple(
        _total(*key, sums[key]) for key in sorted(sums, key=lambda key: (documents.index(key[0]), -(key[1] or -1)))
    )


def input_credits(lines: Iterable[Line], tax_ppm: int) -> tuple[Credit, ...]:
    """The deductions by the share of the day, in order of the lines."""
    sums: dict[int, int] = {}
    for line in lines:
        for rule in line.rules:
            if rule.key == "input_credit" and rule.value is not None:
                sums[rule.value] = sums.get(rule.value, 0) - line.value_ujpy
    return tuple(_credit(share_ppm, _jpy(value_ujpy), tax_ppm) for share_ppm, value_ujpy in sums.items())


def _credit(share_ppm: int, value_jpy: int, tax_ppm: int) -> Credit:
    deduction_jpy = max(value_jpy, 0) * tax_ppm * share_ppm // ((PPM + tax_ppm) * PPM)
    return Credit(share_ppm, value_jpy, deduction_jpy)


def _total(document: Document, tax_ppm: int | None, value_ujpy: int) -> Total:
    value_jpy = _jpy(value_ujpy)
    tax_jpy = None if tax_ppm is None else _toward_zero(value_jpy * tax_ppm, PPM + tax_ppm)
    return Total(document, tax_ppm, value_jpy, tax_jpy, value_ujpy - value_jpy * UJPY_PER_JPY)


def _jpy(value_ujpy: int) -> int:
    return _toward_zero(value_ujpy, UJPY_PER_JPY)


def _toward_zero(value: int, by: int) -> int:
    return abs(value) // by * (1 if value >= 0 else -1)
