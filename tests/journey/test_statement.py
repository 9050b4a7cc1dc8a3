"""Statements of a finished day: chain, ledger and bills say the same, in every form, and a doubtful rule stops them."""

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import Connection
from worlds import World, document

from contracts.merkle import verify
from memory import registry
from memory.books import ledger, settlements
from memory.database import Database
from settlement.ledger import Balance, member

MONTH = "2026-05"


@pytest.fixture
def looked_at(finished: World) -> Iterator[Connection]:
    """The finished day's database, to compare with."""
    database = Database(finished.url)
    with database.read() as tx:
        yield tx
    database.close()


@pytest.fixture(scope="session")
def bills(finished: World) -> dict[str, Any]:
    """The statement of every member, by its one site."""
    database = Database(finished.url)
    with database.read() as tx:
        sites = [site.id for site in registry.sites(tx)]
    database.close()
    return {site: document(finished.command("statement", "--json", site, "--month", MONTH)) for site in sites}


def test_a_bill_is_what_the_ledger_holds_of_its_member(bills: dict[str, Any], looked_at: Connection) -> None:
    """The posted lines of every bill add up to the balance of the member's account, to the micro-yen."""
    balances = ledger.balances(looked_at)
    for site, bill in bills.items():
        posted = sum(line["value_ujpy"] for line in bill["lines"] if line["posted"])
        assert posted == -balances.get(member(site), Balance()).ujpy
        assert bill["payable_jpy"] * 10**6 + bill["rounding_ujpy"] == bill["value_ujpy"]


def test_every_kwh_of_the_community_stands_on_one_bill(bills: dict[str, Any], looked_at: Connection) -> None:
    """Energy lines over all bills are what all meters counted, and what was sold was bought."""
    energy: dict[str, int] = {}
    for bill in bills.values():
        for line in bill["lines"]:
            if line["item"] == "energy":
                energy[line["section"]] = energy.get(line["section"], 0) + line["quantity"]
    rows = settlements.of_slots(looked_at, 0, 2**31)
    assert energy["bought"] + energy["supply"] == sum(row.import_wh for row in rows)
    assert energy["sold"] + energy["buyback"] == sum(row.export_wh for row in rows)
    assert energy["sold"] == energy["bought"] > 0


def test_without_trading_is_what_settlement_says_of_it(bills: dict[str, Any], looked_at: Connection) -> None:
    """The comparison is the same flows settled without neighbours, and the saving the difference of the two."""
    for site, bill in bills.items():
        earned = sum(row.no_trade_ujpy or 0 for row in settlements.of_slots(looked_at, 0, 2**31) if row.site_id == site)
        without = bill["without_trading"]
        assert without["value_ujpy"] - without["monthly_ujpy"] == -earned
        assert bill["saving_ujpy"] == without["value_ujpy"] - bill["value_ujpy"]


def test_every_line_names_rule_version_and_source(bills: dict[str, Any]) -> None:
    """Of each rule its key, the pack's version and who says so; what the demonstration assumes is marked."""
    lines = [line for bill in bills.values() for line in bill["lines"]]
    assert all(line["rules"] for line in lines)
    rules = [rule for line in lines for rule in line["rules"]]
    assert all(rule["version"].startswith("jp_demo ") and rule["source"] for rule in rules)
    assert {rule["key"] for rule in rules if rule["assumed"]} >= {"tokyo.wheeling", "platform_fee", "consumption_tax"}
    assert all(bill["label"]["en"].endswith("not for billing") for bill in bills.values())


def test_every_trade_is_proved_without_us(bills: dict[str, Any]) -> None:
    """The path of each trade leads from its digest to the root that the chain holds."""
    trades = [trade for bill in bills.values() for trade in bill["trades"]]
    assert trades
    for trade in trades:
        siblings = [bytes.fromhex(each) for each in trade["siblings"]]
        assert verify(bytes.fromhex(trade["root"]), trade["digest"], siblings)
        assert trade["receipt"]


def test_page_pdf_and_table_say_what_the_bill_says(finished: World, bills: dict[str, Any], tmp_path: Path) -> None:
    """Every form bears number, label and sum; the PDF is the same to the byte when it is made again."""
    site = next(site for site, bill in bills.items() if bill["trades"])
    bill, files = bills[site], {form: tmp_path / f"bill.{form}" for form in ("html", "pdf", "csv")}
    options = [word for form, path in files.items() for word in (f"--{form}", str(path))]
    made = []
    for _ in range(2):
        document(finished.command("statement", "--json", site, "--month", MONTH, "--language", "ja", *options))
        made.append({form: path.read_bytes() for form, path in files.items()})
    assert made[0] == made[1]
    html = made[0]["html"].decode()
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(made[0]["pdf"])).pages)
    for said in (html, text):
        assert bill["number"] in said
        assert "請求には使用できません" in said
        assert f"{abs(bill['payable_jpy']):,}" in said
    rows = [*csv.DictReader(made[0]["csv"].decode("utf-8-sig").splitlines())]
    of_lines = sum(int(row["value_ujpy"]) for row in rows if row["kind"] == "line")
    of_totals = sum(int(row["value_ujpy"]) for row in rows if row["kind"] in {"total", "rounding"})
    assert of_lines == of_totals == bill["value_ujpy"]


def test_the_page_about_bills_shows_this_very_bill(second_days: dict[str, tuple[World, dict[str, Any]]]) -> None:
    """docs/bill.md shows what the command prints of the demonstration it names, to the last digit."""
    page = (Path(__file__).parents[2] / "docs/bill.md").read_text()
    demo, _, shown = (
        page.partition("```console\n$ gridpact demo ")[2].partition("```")[0].partition("\n...\n$ gridpact ")
    )
    assert tuple(demo.split()) == ("--sites", "8", "--days", "2", "--slots", "57")
    command, _, expected = shown.partition("\n")
    printed = second_days["on"][0].command(*command.split())
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout == expected


def test_the_real_pack_bills_nobody(finished: World) -> None:
    """With a pack whose values nobody vouches for the statement is refused, and every such value named."""
    refused = finished.command("statement", "S001", "--month", MONTH, GRIDPACT_PACK="jp")
    assert refused.returncode == 1
    for name in ("tokyo.wheeling", "platform_fee", "tokyo.fuel_adjustment"):
        assert f"rule value {name}" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("S999", "--month", MONTH), "S999"),
        (("S001", "--month", "May"), "write a month as 2026-05"),
        (("S001", "--month", "2026-07"), "nothing of M001 was settled in 2026-07"),
    ],
)
def test_a_wrong_question_is_answered_in_words(finished: World, words: tuple[str, ...], said: str) -> None:
    """An unknown site, a month that is none, a month without settlement."""
    refused = finished.command("statement", *words)
    assert refused.returncode == 1
    assert said in refused.stderr
