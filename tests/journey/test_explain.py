"""Why this price: every trade of a finished day explains itself, with a model, with one that lies, and without."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from model_server import ModelServer, serving
from sqlalchemy import Connection
from worlds import World, document

from domain.tariff import Corridor
from market.auction.clearing import clear
from memory.books import settlements
from memory.books.settlements import SettlementRow
from memory.database import Database
from memory.trading import clearings, orders
from services.orders.books import book_of


@pytest.fixture
def looked_at(finished: World) -> Iterator[Connection]:
    """The finished day's database, to compare with."""
    database = Database(finished.url)
    with database.read() as tx:
        yield tx
    database.close()


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


def buyer_of(tx: Connection) -> SettlementRow:
    """The first purchase of the day."""
    return next(row for row in settlements.of_slots(tx, 0, 2**31) if row.bought_wh)


def auction_of(tx: Connection, slot: int) -> list[int]:
    """The interval in which every price clears the slot, from its admitted orders without any wires."""
    admitted = orders.admitted_of_slot(tx, slot)
    site = {each: at for at, each in enumerate(sorted({order.site_id for order in admitted}))}
    interval = clear(book_of(admitted, site), Corridor(0, 10**9)).interval
    assert interval is not None
    return list(interval)


def asked(world: World, *words: str, **settings: str) -> Any:
    """What ``gridpact explain --json`` prints."""
    return document(world.command("explain", "--json", *words, **settings))


def test_the_facts_of_a_trade_are_those_on_record(finished: World, looked_at: Connection) -> None:
    """The price and its interval are the auction's, energy the meter's, and the saving what trading one kWh is worth
    at the member's own meter: the utility's price less what the neighbours' power costs there."""
    row = buyer_of(looked_at)
    cleared = clearings.get(looked_at, row.slot)
    facts = asked(finished, row.site_id, str(row.slot))["facts"]
    assert cleared is not None
    bounds = [facts.get(f"price_{end}_mjpy_per_kwh", facts.get("only_price_mjpy_per_kwh")) for end in ("low", "high")]
    assert facts["price_mjpy_per_kwh"] == cleared.price_mjpy_per_kwh
    assert bounds == auction_of(looked_at, row.slot)
    assert (facts["imported_wh"], facts["bought_wh"]) == (row.import_wh, row.bought_wh)
    layers = [facts[f"{name}_mjpy_per_kwh"] for name in ("price", "losses", "wheeling", "levy", "adders", "fee")]
    assert sum(layers) == facts["delivered_mjpy_per_kwh"]
    worth = facts["utility_mjpy_per_kwh"] - facts["delivered_mjpy_per_kwh"]
    assert facts["saved_ujpy"] == row.bought_wh * worth


def test_a_model_words_the_facts_and_a_lying_one_is_not_heard(
    finished: World, looked_at: Connection, model_server: ModelServer
) -> None:
    """Over real HTTP: a true sentence is shown with who wrote it; one with an invented number never is."""
    row = buyer_of(looked_at)
    reached = {"OPENAI_BASE_URL": model_server.url, "GRIDPACT_OPENAI_MODEL": "test-model"}
    model_server.will_say({"text": "買値が約定価格を上回りました。"}, {"text": "You saved 98765 JPY."})
    words = (row.site_id, str(row.slot))
    told = asked(finished, *words, "--language", "ja", **reached)
    assert told["written_by"].startswith("openai:test-model:")
    assert told["text"].splitlines()[1] == "買値が約定価格を上回りました。"
    lied = asked(finished, *words, "--language", "en", **reached)
    assert lied["written_by"] == "template"
    assert lied["text"].startswith("[template]")
    assert "98765" not in lied["text"]
    shown = json.loads(model_server.asked[1]["messages"][1]["content"])
    assert {"site", "price", "delivered", "utility", "saved"} <= shown.keys()


def test_a_model_that_is_down_leaves_the_template(finished: World, looked_at: Connection) -> None:
    """A member always gets an answer."""
    row = buyer_of(looked_at)
    told = asked(finished, row.site_id, str(row.slot), OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert told["written_by"] == "template"


def test_what_can_be_explained_is_listed(finished: World, looked_at: Connection) -> None:
    """Without a slot the site's slots, without a site the sites."""
    row = buyer_of(looked_at)
    assert len(asked(finished)) == 8
    listed = {each["slot"]: each for each in asked(finished, row.site_id)}
    assert len(listed) == 8
    assert listed[row.slot]["bought_wh"] == row.bought_wh
    said = finished.command("explain", row.site_id, "00:00").stdout
    assert said.startswith("[template] Why this price:\nFor 2026-05-20 00:00, ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("S1", "00:00"), "no site 'S1' among 8; try S0"),
        (("S001", "13:00"), "was not traded here; traded: from 2026-05-20 00:00 to 2026-05-20 03:30"),
        (("S001", "noon"), "'noon' is neither a slot number nor a time like 13:00"),
        (("nobody",), "no site 'nobody'"),
    ],
)
def test_an_unknown_argument_is_answered_with_the_known(finished: World, words: tuple[str, ...], says: str) -> None:
    """Exit status 1, one line, and what would be understood."""
    refused = finished.command("explain", *words)
    assert refused.returncode == 1
    assert says in refused.stderr


def test_the_report_explains_trades_in_both_languages(finished: World, tmp_path: Path) -> None:
    """A few examples stand on the page, labelled with who wrote them."""
    page = tmp_path / "day.html"
    finished.command("report", "--out", str(page))
    text = page.read_text()
    assert text.count("[template] Why this price:") == text.count("【定型文】 なぜこの価格か:")
    assert 1 <= text.count("[template] Why this price:") <= 3
