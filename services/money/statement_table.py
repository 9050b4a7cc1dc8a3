"""A statement as CSV: one row for each line, then for each total what it comes to in yen and what was rounded off.

What people typed, their names, stands in none of the cells; so no cell can start a formula in a spreadsheet.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from domain.quantity import UJPY_PER_JPY
from services.money.month_statement import MonthStatement
from settlement.billing.line import Line
from settlement.billing.totals import Total

HEAD = (
    *("number", "kind", "site", "section", "item", "tier", "first", "last", "quantity", "unit", "price", "value_ujpy"),
    *("tax_ppm", "tax_jpy", "rules"),
)


def statement_csv(of: MonthStatement) -> str:
    """Lines in the order of the bill, then totals; all money in whole uJPY, so that the column adds up."""
    written = io.StringIO()
    table = csv.DictWriter(written, HEAD, restval="", lineterminator="\r\n")
    table.writeheader()
    for line in of.bill.lines:
        table.writerow({"number": of.number, "kind": "line"} | _line(line))
    for total in of.bill.totals:
        table.writerows({"number": of.number} | row for row in _total(total))
    return written.getvalue()


def _line(of: Line) -> dict[str, Any]:
    return {
        "site": of.site_id,
        "section": of.section,
        "item": of.item,
        "tier": of.tier or "",
        "first": of.first,
        "last": of.last,
        "quantity": of.quantity,
        "unit": of.unit,
        "price": of.price,
        "value_ujpy": of.value_ujpy,
        "tax_ppm": of.tax_ppm,
        "rules": "; ".join(f"{rule.key} {rule.version} {rule.source}" for rule in of.rules),
    }


def _total(of: Total) -> Iterator[dict[str, Any]]:
    """The yen of a document and rate, and what the yen leave of its lines."""
    paid_ujpy = of.value_jpy * UJPY_PER_JPY
    shared = {"section": of.document, "tax_ppm": of.tax_ppm}
    yield shared | {"kind": "total", "value_ujpy": paid_ujpy, "tax_jpy": of.tax_jpy}
    yield shared | {"kind": "rounding", "value_ujpy": of.rounding_ujpy}
