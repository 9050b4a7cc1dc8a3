"""A statement as it is read: every text and figure of the page, once, for HTML and PDF alike, in one language."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from domain.quantity import MJPY_PER_JPY, PPM, UJPY_PER_JPY, WH_PER_KWH
from services.money.month_statement import MonthStatement, Trade
from services.money.statement_words import DOCUMENTS, ITEMS, SECTIONS, WORDS
from settlement.billing.line import Line, Unit
from settlement.billing.qualified import Named
from settlement.billing.rule import Rule

Page = dict[str, Any]
Row = list[str]


def statement_page(of: MonthStatement, language: str) -> Page:
    """The page. Tables are lists of rows of text; the same statement gives the same page."""
    words, bill = WORDS[language], of.bill
    return {
        "language": language,
        "title": words["title" if of.faults else "qualified"],
        "label": of.label.get(language, ""),
        "number": of.number,
        "facts": _facts(of, language),
        "payable": [words["payable" if bill.payable_jpy >= 0 else "receivable"], f"{abs(bill.payable_jpy):,}"],
        "columns": [words[name] for name in ("item", "quantity", "price", "amount", "rule")],
        "sections": [*_sections(bill.lines, language)],
        "totals": _totals(of, language),
        "credits": _credits(of, language),
        "compare": _comparison(of, language),
        "trades": {
            "head": words["trades"],
            "columns": [words[name] for name in ("when", "side", "energy", "price", "digest", "root")],
            "rows": [_trade(each, language) for each in of.trades],
        },
        "notes": [words["exact"], words["sign"], words["proof"]],
        "faults": [f"{words['not_qualified']}: {fault}" for fault in of.faults],
    }


def _facts(of: MonthStatement, language: str) -> list[Row]:
    words, bill = WORDS[language], of.bill
    return [
        [words["number"], of.number],
        [words["to"], _who(of.person, language)],
        [words["issuer"], _who(of.issuer, language)],
        [words["sites"], ", ".join(of.site_ids)],
        [words["period"], f"{bill.first} – {bill.last}"],
        [words["settled"], f"{of.slots_settled} / {of.slots}"],
    ]


def _who(named: Named, language: str) -> str:
    words = WORDS[language]
    number = f" ({words['registered']} {named.invoice_number})" if named.invoice_number else ""
    return f"{named.name or words['none']}{number}"


def _sections(lines: Sequence[Line], language: str) -> Iterator[Page]:
    """One table for each site and section, in order, with its sum."""
    for (site_id, section), grouped in groupby(lines, key=lambda line: (line.site_id, line.section)):
        own = [*grouped]
        yield {
            "head": f"{SECTIONS[language][section]} · {site_id}",
            "rows": [_line(line, language) for line in own],
            "sum": [WORDS[language]["sum"], _jpy(sum(line.value_ujpy for line in own))],
        }


def _line(line: Line, language: str) -> Row:
    words = WORDS[language]
    tier = f" {words['tier'].format(tier=line.tier)}" if line.tier and line.item.value == "energy" else ""
    days = f"{line.first:%m-%d}–{line.last:%m-%d}" if line.first != line.last else f"{line.first:%m-%d}"
    rules = "\n".join(_rule(rule, language) for rule in line.rules)
    return [
        f"{ITEMS[language][line.item]}{tier} ({days})",
        _quantity(line),
        _price(line, language),
        _jpy(line.value_ujpy),
        rules,
    ]


def _quantity(line: Line) -> str:
    if line.unit is Unit.MONTH:
        return f"{line.quantity}"
    return f"{Decimal(line.quantity) / WH_PER_KWH:,.3f} k{line.unit}"


def _price(line: Line, language: str) -> str:
    """The price; where it moved from slot to slot the average, half up to a hundredth of a yen."""
    if line.price is None:
        average = Decimal(abs(line.value_ujpy)) / max(line.quantity, 1) / MJPY_PER_JPY
        return f"{WORDS[language]['average']} {average:,.2f}"
    return _trimmed(Decimal(line.price) / (UJPY_PER_JPY if line.unit is Unit.MONTH else MJPY_PER_JPY))


def _rule(rule: Rule, language: str) -> str:
    words = WORDS[language]
    since = f", {words['from']} {rule.first}" if rule.first else ""
    assumed = f", {words['assumed']}" if rule.assumed else ""
    return f"{rule.key}: {rule.version}{since}, {rule.source}{assumed}"


def _totals(of: MonthStatement, language: str) -> Page:
    words = WORDS[language]
    return {
        "head": words["totals"],
        "columns": [words[name] for name in ("document", "rate", "amount", "tax", "rounding")],
        "rows": [
            [
                DOCUMENTS[language][each.document],
                words["untaxed"] if each.tax_ppm is None else f"{_trimmed(Decimal(each.tax_ppm * 100) / PPM, 0)} %",
                f"{each.value_jpy:,}",
                "" if each.tax_jpy is None else f"{each.tax_jpy:,}",
                _jpy(each.rounding_ujpy),
            ]
            for each in of.bill.totals
        ],
    }


def _credits(of: MonthStatement, language: str) -> Page:
    words = WORDS[language]
    return {
        "head": words["credits"],
        "columns": [words[name] for name in ("share", "bought", "deduction")],
        "rows": [
            [
                f"{_trimmed(Decimal(each.share_ppm * 100) / PPM, 0)} %",
                f"{each.value_jpy:,}",
                f"{each.deduction_jpy:,}",
            ]
            for each in of.bill.credits
        ],
    }


def _comparison(of: MonthStatement, language: str) -> Page:
    words, bill, without = WORDS[language], of.bill, of.bill.without
    rows = [
        [words["utility"], f"{Decimal(without.import_wh) / WH_PER_KWH:,.3f} kWh", _jpy(without.utility_ujpy)],
        [words["buyback"], f"{Decimal(without.export_wh) / WH_PER_KWH:,.3f} kWh", _jpy(-without.buyback_ujpy)],
        [words["monthly"], "", _jpy(without.monthly_ujpy)],
        [words["without"], "", _jpy(without.value_ujpy)],
        [words["with"], "", _jpy(bill.value_ujpy)],
        [words["saving"], "", _jpy(bill.saving_ujpy)],
    ]
    return {"head": words["compare"], "columns": [words[name] for name in ("item", "quantity", "amount")], "rows": rows}


def _trade(of: Trade, language: str) -> Row:
    words, contract, record = WORDS[language], of.contract, of.proof.record
    return [
        of.starts,
        words["sold_side" if of.sold else "bought_side"],
        f"{Decimal(contract.delivered_wh or 0) / WH_PER_KWH:,.3f} kWh",
        _trimmed(Decimal(contract.price_mjpy_per_kwh) / MJPY_PER_JPY),
        contract.digest,
        record.root if record and record.receipt else words["unrecorded"],
    ]


def _jpy(value_ujpy: int) -> str:
    """Yen with as many decimals as there are, two at least: a line is exact."""
    return _trimmed(Decimal(value_ujpy) / UJPY_PER_JPY)


def _trimmed(value: Decimal, decimals: int = 2) -> str:
    """A number without zeros at its end beyond so many decimals."""
    whole, _, rest = f"{value:,.6f}".partition(".")
    rest = rest.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{rest}" if rest else whole
