"""``gridpact statement``: a person's month as bill, line by line, with the rule and the proof behind each."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from contracts.paper.pdf import STATEMENT, pdf
from domain.errors import RuleBroken
from gridpact.existing import open_existing
from gridpact.wiring import load_rules
from review_ui.statement import render_statement
from services.money.billing import party_of
from services.money.month_statement import MonthStatement, month_statement, record
from services.money.statement_page import Page, statement_page
from services.money.statement_table import statement_csv
from services.policies.active import follow


def run(options: argparse.Namespace) -> int:
    """Print the statement, or write it to the files asked for. Raises RuleBroken when there is none."""
    with open_existing(options) as world:
        rules, time = load_rules(world.house.settings), world.house.time
        with world.house.database.read() as tx:
            follow(tx, rules)
            party_id = party_of(tx, options.who)
            found = month_statement(tx, rules, time, party_id, options.month)
        if found is None:
            raise RuleBroken(f"nothing of {party_id} was settled in {options.month}: there is nothing to bill")
        language = options.language or world.house.settings.language
    files = _written(found, options, language)
    if options.json:
        print(json.dumps(record(found) | {"files": files}, ensure_ascii=False))
    elif files:
        print("\n".join(files))
    else:
        print("\n".join(_text(statement_page(found, language))))
    return 0


def _written(found: MonthStatement, options: argparse.Namespace, language: str) -> list[str]:
    """The files that were asked for, each by its form."""
    page = statement_page(found, language)
    contents: dict[Path, bytes] = {}
    if options.html:
        contents[options.html] = render_statement(page).encode()
    if options.pdf:
        contents[options.pdf] = pdf(page, STATEMENT)
    if options.csv:
        contents[options.csv] = statement_csv(found).encode("utf-8-sig")
    for path, content in contents.items():
        path.write_bytes(content)
    return [*map(str, contents)]


def _text(page: Page) -> Iterator[str]:
    """The page as plain lines."""
    yield from filter(None, (page["title"], page["label"]))
    yield from (f"{name}: {value}" for name, value in page["facts"])
    for section in page["sections"]:
        yield f"\n{section['head']}"
        yield from (_columns(item, quantity, price, amount) for item, quantity, price, amount, _ in section["rows"])
        yield _columns(section["sum"][0], "", "", section["sum"][1])
    for part in (page["totals"], page["credits"], page["compare"]):
        if part["rows"]:
            yield f"\n{part['head']}"
            yield from ("  ".join(row) for row in part["rows"])
    yield f"\n{page['payable'][0]}: {page['payable'][1]} JPY"
    yield from page["faults"]


def _columns(item: str, quantity: str, price: str, amount: str) -> str:
    return f"{item:<44} {quantity:>14} {price:>16} {amount:>18}"
