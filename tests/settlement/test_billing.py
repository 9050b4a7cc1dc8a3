"""Bills: every kWh once, lines that add up, yen and tax once per document, beside a slow computation in fractions."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.tariff import PriceStack, RetailTariff
from settlement.billing.bill import Bill, bill_of
from settlement.billing.line import CHARGED, EARNED, Item, Line, Section
from settlement.billing.month_lines import Standing, storage_shares
from settlement.billing.posted import Posted
from settlement.billing.qualified import Named, invoice_faults
from settlement.billing.rule import Rule
from settlement.billing.terms import DayTerms
from settlement.billing.totals import Document

FIRST = date(2026, 9, 21)
LAYERS = {"wheeling": 9_440, "levy": 4_180, "capacity": 1_100, "imbalance_reserve": 550, "service": 1_100}
OTHERS = {
    "loss": 69_000, "platform_fee": 22_000, "near_field_discount": 0, "consumption_tax": 100_000, "buyback": 8_500,
    "fuel_adjustment": -6_500, "tier1": 29_800, "tier2": 36_400, "tier3": 40_490, "input_credit": 800_000,
    "scarcity_cap": 200_000, "market": None, "pool": None, "dispute": None,
}  # fmt: skip
BY_MONTH = {
    "basic": 311_750, "subscription": 550_000_000, "value_added": 110_000_000, "subsidy": 2_500,
    "generator_exempt_below": 10_000, "generator_charge_kw": 85_100, "generator_charge_kwh": 230, "storage_fee": 5_000,
    "storage_owner": 800_000, "storage_platform": 100_000, "storage_community": 100_000,
}  # fmt: skip


def terms(**changed: int) -> DayTerms:
    """A day's rules, some of them other than usual."""
    values: dict[str, int | None] = {**LAYERS, **OTHERS, **BY_MONTH, **changed}
    told = {name: value or 0 for name, value in values.items()}
    stack = PriceStack(*(told[name] for name in (*LAYERS, "loss", "platform_fee")))
    prices = [told[tier] + told["fuel_adjustment"] + told["levy"] for tier in ("tier1", "tier2", "tier3")]
    tariff = RetailTariff(tuple(zip((120, 300, None), prices, strict=True)), told["buyback"])
    rules = {name: Rule(name, "pack 1", "SOURCE", value) for name, value in values.items()}
    return DayTerms(stack, tariff, rules)


def posted(slots: list[dict[str, int]], rules: dict[date, DayTerms], site_id: str = "S1") -> Posted:
    """What settlement would post for slots of energies and prices, by its formula alone."""
    columns: dict[str, list[int]] = {name: [] for name in Posted.__slots__[1:]}
    for number, slot in enumerate(slots):
        day = date.fromordinal(slot["day"])
        of, price = rules[day], slot["price"]
        tier = of.tariff.tiers[slot["tier"]][1]
        bought, sold = slot["bought"], slot["sold"]
        imported, exported = bought + slot["supplied"], sold + slot["returned"]
        paid = bought * of.stack.delivered(price)
        row = (
            *(number, slot["day"], imported, exported, bought, sold, paid, sold * price),
            *(slot["supplied"] * tier, slot["returned"] * of.tariff.buyback, bought * slot["premium"]),
            *(sold * slot["premium"], bought * min(slot["rent"], price), slot["share"], slot["corrected"]),
            *(exported * of.tariff.buyback - imported * tier, slot["stored"], slot["lent"]),
        )
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return Posted(site_id, *(np.array(values, np.int64) for values in columns.values()))


@st.composite
def months(draw: st.DrawFn) -> tuple[list[dict[str, int]], dict[date, DayTerms]]:
    """Some days of September and their slots, of any number a day; the rules may change on one of the days."""
    count, changes = draw(st.integers(1, 9)), draw(st.integers(0, 9))
    before, after = terms(), terms(levy=draw(st.integers(0, 9_000)), platform_fee=draw(st.integers(11_000, 33_000)))
    days = [FIRST + timedelta(days=place) for place in range(count)]
    rules = {day: before if place < changes else after for place, day in enumerate(days)}
    energy, price = st.integers(0, 9_000), st.integers(0, 40_000)
    slots = [
        {
            "day": day.toordinal(), "bought": draw(energy), "sold": draw(energy), "supplied": draw(energy),
            "returned": draw(energy), "price": draw(price), "tier": draw(st.integers(0, 2)),
            "premium": draw(st.integers(-2_000, 2_000)), "rent": draw(st.integers(0, 500)),
            "share": draw(st.integers(-10**8, 10**8)), "corrected": draw(st.integers(-10**8, 10**8)),
            "stored": draw(energy), "lent": draw(energy),
        }
        for day in days
        for _ in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    return slots, rules


STANDING = Standing(contract_w=6_000, export_w=20_000)


def billed(slots: list[dict[str, int]], rules: dict[date, DayTerms], taxed: bool = False) -> Bill:
    return bill_of("P1", [(posted(slots, rules), STANDING)], rules, taxed)


def energy_of(lines: tuple[Line, ...], *sections: Section) -> int:
    return sum(line.quantity for line in lines if line.item is Item.ENERGY and line.section in sections)


@given(months())
def test_every_kwh_is_billed_exactly_once(month: tuple[list[dict[str, int]], dict[date, DayTerms]]) -> None:
    """Energy lines of purchase and supply add up to what came in, those of sale and buy-back to what went out."""
    bill = billed(*month)
    of = posted(*month)
    assert energy_of(bill.lines, Section.BOUGHT, Section.SUPPLY) == of.import_wh.sum()
    assert energy_of(bill.lines, Section.SOLD, Section.BUYBACK) == of.export_wh.sum()


def slow_ujpy(slots: list[dict[str, int]], rules: dict[date, DayTerms]) -> Fraction:
    """The postings of a month worked out slot by slot, layer by layer, in fractions of a yen per kWh."""
    total = Fraction(0)
    for slot in slots:
        of = rules[date.fromordinal(slot["day"])]
        value = {name: Fraction(rule.value or 0, 1_000) for name, rule in of.rules.items()}
        price = Fraction(slot["price"], 1_000)
        loss, fee = Fraction(of.stack.loss_ppm, 10**6), Fraction(of.stack.fee_ppm, 10**6)
        half_up = [
            Fraction(floor(each * 1_000 + Fraction(1, 2)), 1_000) for each in (price * loss / (1 - loss), price * fee)
        ]
        layers = sum(value[name] for name in LAYERS) + sum(half_up)
        tier = value[f"tier{slot['tier'] + 1}"] + value["fuel_adjustment"] + value["levy"]
        premium = Fraction(slot["premium"], 1_000)
        kwh = {name: Fraction(slot[name], 1_000) for name in ("bought", "sold", "supplied", "returned")}
        total += kwh["bought"] * (price + layers + premium) + kwh["supplied"] * tier
        total -= (
            kwh["sold"] * (price + premium)
            + kwh["returned"] * value["buyback"]
            + Fraction(slot["share"] + slot["corrected"], 10**6)
        )
    return total * 10**6


@given(months())
def test_lines_add_up_to_what_a_slow_computation_finds(
    month: tuple[list[dict[str, int]], dict[date, DayTerms]],
) -> None:
    """The posted lines against fractions, to the micro-yen; and the whole bill is its lines."""
    bill = billed(*month)
    assert sum(line.value_ujpy for line in bill.lines if line.posted) == slow_ujpy(*month)
    assert bill.value_ujpy == sum(line.value_ujpy for line in bill.lines)


@given(months(), st.booleans())
def test_yen_and_tax_are_rounded_once_a_rate_and_document(
    month: tuple[list[dict[str, int]], dict[date, DayTerms]], taxed: bool
) -> None:
    """Yen and the named rounding are the lines exactly, less than a yen a document; tax is one floor per rate."""
    bill = billed(*month, taxed)
    assert bill.payable_jpy * 10**6 + bill.rounding_ujpy == bill.value_ujpy
    keys = [(each.document, each.tax_ppm) for each in bill.totals]
    assert len(set(keys)) == len(keys)
    parts = {Document.INVOICE: CHARGED, Document.PURCHASES: EARNED, Document.OTHER: {Section.POOL, Section.CORRECTIONS}}
    for each in bill.totals:
        of = [line for line in bill.lines if line.section in parts[each.document] and line.tax_ppm == each.tax_ppm]
        exact = Fraction(sum(line.value_ujpy for line in of), 10**6)
        sign = 1 if exact >= 0 else -1
        assert each.value_jpy == sign * floor(abs(exact))
        assert abs(each.rounding_ujpy) < 10**6
        expected = None if each.tax_ppm is None else sign * floor(abs(Fraction(each.value_jpy, 11)))
        assert each.tax_jpy == expected


@given(months(), st.integers(1, 5_000))
def test_who_uses_more_pays_no_less(month: tuple[list[dict[str, int]], dict[date, DayTerms]], more_wh: int) -> None:
    """One more kWh from the utility or a neighbour never makes the month cheaper; one more sold never dearer."""
    slots, rules = month
    slots = [slot | {"premium": 0} for slot in slots]
    value_ujpy = billed(slots, rules).value_ujpy

    def with_more(name: str) -> int:
        return billed([slots[0] | {name: slots[0][name] + more_wh}, *slots[1:]], rules).value_ujpy

    assert with_more("supplied") > value_ujpy
    assert with_more("bought") > value_ujpy
    assert with_more("sold") <= value_ujpy + more_wh * 230
    assert with_more("returned") < value_ujpy


@given(months())
def test_a_change_of_rules_splits_lines_and_changes_only_rounding(
    month: tuple[list[dict[str, int]], dict[date, DayTerms]],
) -> None:
    """Equal rules told as two versions: the same energy and postings, and by-month lines less than 1 uJPY each off."""
    slots, rules = month
    flat = dict.fromkeys(rules, terms())
    told = replace(terms(), rules={name: rule._replace(version="pack 2") for name, rule in terms().rules.items()})
    parted = {day: told if day >= FIRST + timedelta(days=3) else flat[day] for day in flat}
    one, two = billed(slots, flat), billed(slots, parted)
    assert sum(line.value_ujpy for line in one.lines if line.posted) == sum(
        line.value_ujpy for line in two.lines if line.posted
    )
    assert abs(one.value_ujpy - two.value_ujpy) <= sum(not line.posted for line in two.lines)
    assert all(len({rule.version for rule in line.rules}) == 1 for line in two.lines)


def slot(day: date, **more: int) -> dict[str, int]:
    names = (
        "bought",
        "sold",
        "supplied",
        "returned",
        "price",
        "tier",
        "premium",
        "rent",
        "share",
        "corrected",
        "stored",
        "lent",
    )
    return {"day": day.toordinal()} | dict.fromkeys(names, 0) | more


def test_a_party_that_leaves_is_billed_to_that_day() -> None:
    """Nine of September's thirty days: so much of the charges by the month, rounded down to a micro-yen."""
    days = [FIRST + timedelta(days=place) for place in range(9)]
    rules = dict.fromkeys([*days, days[-1] + timedelta(days=1)], terms())
    bill = billed([slot(days[0], supplied=1_000), slot(days[-1], supplied=500)], rules)
    by_item = {line.item: line.value_ujpy for line in bill.lines if line.section is Section.MONTHLY}
    assert (bill.first, bill.last) == (days[0], days[-1])
    assert by_item[Item.BASIC] == 6_000 * 311_750 * 9 // monthrange(2026, 9)[1]
    assert by_item[Item.SUBSCRIPTION] == 165_000_000
    assert by_item[Item.SUBSIDY] == -1_500 * 2_500
    assert by_item[Item.GENERATOR_KW] == 14_000 * 85_100 * 9 // 30


def test_the_deduction_follows_the_day_of_the_purchase() -> None:
    """80 % of the tax inside a purchase without invoice to the end of September 2026, 70 % from October on."""
    last, next_day = date(2026, 9, 30), date(2026, 10, 1)
    rules = {last: terms(), next_day: terms(input_credit=700_000)}
    sold = [slot(day, sold=110_000, price=10_000) for day in rules]
    of = [posted([each], rules) for each in sold]
    found = [bill_of("P1", [(each, Standing(0, 0))], rules, sells_taxed=False).credits for each in of]
    assert [(each.share_ppm, each.value_jpy, each.deduction_jpy) for (each,) in found] == [
        (800_000, 1_100, 80),
        (700_000, 1_100, 70),
    ]
    assert not bill_of("P1", [(of[0], Standing(0, 0))], rules, sells_taxed=True).credits


def test_a_storage_fee_is_split_without_loss() -> None:
    """80, 10 and 10 parts of a hundred, exact in sum; the owner's share stands among what it earned."""
    assert storage_shares(1_000, terms()) == [800, 100, 100]
    assert sum(storage_shares(1_001, terms())) == 1_001
    bill = billed([slot(FIRST, supplied=1, stored=1_234, lent=777)], {FIRST: terms()})
    stored = {line.section: line.value_ujpy for line in bill.lines if line.item is Item.STORAGE}
    assert stored == {Section.MONTHLY: 1_234 * 5_000, Section.SOLD: -777 * 5_000 * 8 // 10}


def test_an_amount_that_no_rule_explains_names_site_slot_and_rule() -> None:
    """Each of the four kinds of posting, all at once; the bill is refused."""
    rules = {FIRST: terms()}
    good = posted([slot(FIRST, bought=100, sold=100, supplied=100, returned=100, price=9_000)], rules)
    wrong = replace(
        good,
        purchase_ujpy=good.purchase_ujpy + 1,
        sale_ujpy=good.sale_ujpy + 1,
        supply_ujpy=good.supply_ujpy + 1,
        buyback_ujpy=good.buyback_ujpy + 1,
    )
    with pytest.raises(InputRefused) as refused:
        bill_of("P1", [(wrong, STANDING)], rules, sells_taxed=False)
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [("S1, slot 0", "not_by_rule")] * 4
    assert [str(fault).rsplit(" ", 1)[1] for fault in refused.value.faults] == ["stack", "price", "tiers", "buyback"]


def test_the_comparison_is_the_same_energy_with_the_utility() -> None:
    """1 kWh bought at 10 yen and 2 supplied, 3 sold: all 3 at the tier, all 3 at the buy-back, charges as they are."""
    rules = {FIRST: terms(subscription=0, value_added=0, storage_fee=0)}
    bill = billed([slot(FIRST, bought=1_000, supplied=2_000, sold=3_000, price=10_000)], rules)
    assert bill.without.utility_ujpy == 3_000 * 27_480
    assert bill.without.buyback_ujpy == 3_000 * 8_500
    stack = terms().stack
    assert bill.saving_ujpy == 27_480_000 - 1_000 * stack.delivered(10_000) + 3_000 * (10_000 - 8_500)


@pytest.mark.parametrize(
    ("issuer", "recipient", "codes"),
    [
        (Named("Satoyama", "T7123456789012", "7123456789012"), Named("Sato"), []),
        (Named("Aoki", "T1234567890123"), Named("Sato"), []),
        (Named("Satoyama", "", "7123456789012"), Named("Sato"), ["missing"]),
        (Named("Satoyama", "T712345678901"), Named("Sato"), ["wrong_form"]),
        (Named("Satoyama", "T8123456789012", "7123456789012"), Named(""), ["missing", "wrong_form"]),
        (Named(" ", "T8123456789012", "8123456789012"), Named("Sato"), ["missing", "wrong_form"]),
    ],
)
def test_a_qualified_invoice_names_both_and_a_number_that_checks(
    issuer: Named, recipient: Named, codes: list[str]
) -> None:
    """T and 13 digits; of a corporation its own number, whose first digit checks the rest; all faults at once."""
    assert [fault.code for fault in invoice_faults(issuer, recipient)] == codes
