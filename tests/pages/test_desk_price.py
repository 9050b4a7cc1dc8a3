"""The picture of a price: what it draws, what it says in words, and what it leaves out."""

from pathlib import Path

import pytest
from office import Office, open_office
from street import AUDIENCE, NOW, SLOT

from memory.books import steps
from memory.database import Database
from memory.trading import clearings
from memory.trading.clearings import ClearingRow
from services.context import slot_thread


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return open_office(database, tmp_path)


def test_a_price_stands_against_the_market_and_the_band(office: Office) -> None:
    """A gap in the market's prices is a gap in the line; the sentence says what the picture shows."""
    slot = SLOT + 50
    with office.street.database.begin() as tx:
        for before, price in ((9, 10_000), (8, 11_000), (7, None), (6, 12_000)):
            clearings.save(tx, ClearingRow(slot - before, price, 0, 0, 0, {}))
        steps.add(tx, slot_thread(AUDIENCE, slot), "open", {"floor": 8_000, "cap": 25_000}, NOW)
    page = office.signed_in().get(f"/en/review/cases/{office.cases[1]}").text
    assert page.count('<polyline class="paid"') == 2
    said = "This contract ¥18.00/kWh; guard band ¥8.00/kWh to ¥25.00/kWh; market price before it ¥12.00/kWh."
    assert said in page


def test_nothing_is_drawn_where_nothing_is_known(office: Office) -> None:
    """No market, no rules: no picture that looks like one."""
    assert '<svg class="price"' not in office.signed_in().get(f"/en/review/cases/{office.cases[1]}").text
