"""A statement as CSV: one row for each line, then the totals. Text that a spreadsheet would run is told as text."""

import csv
import io

from services.money.month_statement import MonthStatement
from settlement.billing.totals import Document

HEAD = (
    *("number", "kind", "site", "section", "item", "tier", "first", "last", "quantity", "unit", "price", "value_ujpy"),
    *("tax_ppm", "tax_jpy", "rules"),
)


def statement_csv(of: MonthStatement) -> str:
    """Lines in the order of the bill, in whole uJPY; then totals in yen, as uJPY, with what was rounded off."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(HEAD)
    for line in of.bill.lines:
        rules = "; ".join(f"{rule.key} {rule.version} {rule.source}" for rule in line.rules)
        told = (line.site_id, line.section, line.item, line.tier or "", line.first, line.last, line.quantity, line.unit)
        price = "" if line.price is None else line.price
        table.writerow([of.number, "line", *told, price, line.value_ujpy, _or_empty(line.tax_ppm), "", rules])
    for each in of.bill.totals:
        document: Document = each.document
        sums = (("total", each.value_jpy * 1_000_000, each.tax_jpy), ("rounding", each.rounding_ujpy, None))
        for kind, value_ujpy, tax_jpy in sums:
            blank = [""] * 8
            table.writerow(
                [
                    of.number,
                    kind,
                    "",
                    document,
                    *blank[1:],
                    "",
                    value_ujpy,
                    _or_empty(each.tax_ppm),
                    _or_empty(tax_jpy),
                    "",
                ]
            )
    return written.getvalue()


def _or_empty(number: int | None) -> int | str:
    return "" if number is None else number
