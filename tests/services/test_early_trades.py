"""Trades before the call: written once, on one side a site, and what is left to bid for beside them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.errors import Conflict
from domain.trade import Venue
from memory.trading import clearings, trades
from memory.trading.clearings import ClearingRow
from memory.trading.trades import TradeRow
from services.orders.early_trades import of_slot, position_wh, record
from services.telling.explaining import early_facts

EARLY = TradeRow("10:c:0001:0", 10, "10:o:1", "10:o:2", "S1", "S2", 500, 12_000, Venue.CONTINUOUS)
POSITION = {"S1": 0, "S2": 1, "S3": 2}


def test_an_early_trade_is_written_once(tx: Connection) -> None:
    """The same again changes nothing; other content under its id is refused."""
    for _ in range(2):
        record(tx, [EARLY])
    assert of_slot(tx, 10) == [EARLY]
    with pytest.raises(Conflict), tx.begin_nested():
        record(tx, [replace(EARLY, energy_wh=501)])


def test_trades_of_the_call_are_no_early_ones(tx: Connection) -> None:
    """What the call made stands beside them and is told apart."""
    record(tx, [EARLY])
    called = TradeRow("10:0000", 10, "a", "b", "S3", "S2", 100, 11_000)
    trades.save(tx, [called])
    assert of_slot(tx, 10) == [EARLY]
    assert trades.of_slot(tx, 10) == [called, EARLY]


@pytest.mark.parametrize(
    "wrong",
    [replace(EARLY, id="x", seller_site="S2", buyer_site="S3"), replace(EARLY, id="x", market=Venue.CALL)],
    ids=["other side", "call"],
)
def test_what_cannot_be_early_asserts(tx: Connection, wrong: TradeRow) -> None:
    """No site on both sides of a slot, no trade of the call: the services in front refuse both."""
    record(tx, [EARLY])
    with pytest.raises(AssertionError):
        record(tx, [wrong])


def test_nothing_is_early_after_the_call(tx: Connection) -> None:
    """A slot that was cleared takes no trade from before."""
    clearings.save(tx, ClearingRow(10, 12_000, 500, 1_000, 800, {}))
    with pytest.raises(AssertionError, match="had its call"):
        record(tx, [EARLY])


@given(st.lists(st.tuples(st.sampled_from(["S1", "S2"]), st.integers(1, 900)), max_size=8))
def test_positions_add_up_over_all_sites(sold: list[tuple[str, int]]) -> None:
    """What some sold the others bought."""
    made = [replace(EARLY, seller_site=site, buyer_site="S3", energy_wh=energy_wh) for site, energy_wh in sold]
    held_wh = position_wh(made, POSITION)
    assert held_wh.sum() == 0
    assert held_wh[2] == -sum(energy_wh for _, energy_wh in sold)


def test_a_member_reads_what_it_traded_before_the_call() -> None:
    """Each side its own, at one price or between two."""
    dearer = replace(EARLY, id="x", energy_wh=100, price_mjpy_per_kwh=13_000)
    assert early_facts([EARLY], "S1") == {"early_sold_wh": 500, "early_price_mjpy_per_kwh": 12_000}
    assert early_facts([EARLY, dearer], "S2") == {
        "early_bought_wh": 600,
        "early_price_low_mjpy_per_kwh": 12_000,
        "early_price_high_mjpy_per_kwh": 13_000,
    }
    assert early_facts([EARLY], "S3") == {}
    assert np.array_equal(position_wh([], POSITION), np.zeros(3))
