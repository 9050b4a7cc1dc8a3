"""A member's wish on its way: mandate, trade, contract, ledger, explanation, figures."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection
from worlds import World

from memory import registry
from memory.books import ledger
from memory.database import Database
from memory.trading import clearings, contracts, orders, trades
from memory.trading.contracts import ContractRow
from settlement.difference import FROM_BUYER, TO_SELLER
from settlement.ledger import RETAILER, TransferState, member

EVER = (0, 2**31)
Wishing = tuple[World, dict[str, Any]]


@pytest.fixture(scope="module")
def wishing(second_days: dict[str, tuple[World, dict[str, Any]]]) -> Wishing:
    """A whole day and a little more, with its figures."""
    world, found = second_days["on"]
    return world, found["kpi"]


@pytest.fixture
def looked_at(wishing: Wishing) -> Iterator[Connection]:
    """The finished day's database."""
    database = Database(wishing[0].url)
    with database.read() as tx:
        yield tx
    database.close()


def met(tx: Connection) -> dict[str, dict[str, Any]]:
    """What the clearings noted of trades that a wish brought about."""
    noted = [each.detail["wishes"]["trades"] for each in clearings.between(tx, *EVER)]
    return {trade: deal for each in noted for trade, deal in each.items()}


def of_the_call(tx: Connection) -> dict[str, ContractRow]:
    """Contracts of the calls' own trades; those made earlier have a price of their own for another reason."""
    early = {each.id for each in trades.between(tx, *EVER) if each.early}
    return {
        each.trade_id: each for each in contracts.between(tx, *EVER) if each.trade_id and each.trade_id not in early
    }


def test_a_wish_that_is_met_stands_in_the_mandate_and_in_the_contract(looked_at: Connection) -> None:
    """Nobody pays for what it did not wish for, nor more than it said, nor beyond the limit of its bid."""
    wished, made, mandates = met(looked_at), of_the_call(looked_at), registry.mandates(looked_at)
    assert wished
    for trade, contract in made.items():
        difference = contract.terms["difference_mjpy_per_kwh"]
        assert difference == wished.get(trade, {"premium_mjpy_per_kwh": 0})["premium_mjpy_per_kwh"]
        wishes = mandates[contract.buyer_site].wishes
        assert 0 <= difference <= (wishes.premium_max_mjpy_per_kwh if trade in wished else 0)
        bids = [each for each in orders.of_slot(looked_at, contract.slot) if each.site_id == contract.buyer_site]
        own_price = contract.price_mjpy_per_kwh + contract.terms["price_layers_mjpy_per_kwh"]["congestion"]
        assert own_price <= max(each.limit_mjpy_per_kwh for each in bids)


def test_a_premium_reaches_the_seller_on_what_was_delivered(looked_at: Connection, wishing: Wishing) -> None:
    """Each half of the difference is the metered part times the premium; together they are the figure."""
    moved = {each.id: each for each in ledger.of_slots(looked_at, *EVER) if each.state is TransferState.POSTED}
    paid_ujpy = 0
    for contract in of_the_call(looked_at).values():
        due_ujpy = (contract.delivered_wh or 0) * contract.terms["difference_mjpy_per_kwh"]
        halves = [moved.get(f"{contract.slot}:{kind}:{contract.digest}") for kind in (FROM_BUYER, TO_SELLER)]
        if due_ujpy:
            said = [(half.debit, half.credit, half.amount_ujpy) for half in halves if half]
            buyer, seller = member(contract.buyer_site), member(contract.seller_site)
            assert said == [(buyer, RETAILER, due_ujpy), (RETAILER, seller, due_ujpy)]
        else:
            assert halves == [None, None]
        paid_ujpy += due_ujpy
    figures = wishing[1]
    assert paid_ujpy > 0
    assert figures["premium_jpy"] == paid_ujpy / 1_000_000
    assert 0 < figures["wishes_met"] <= figures["wishes"]


def test_the_audit_finds_every_contract_at_its_own_price(wishing: Wishing, looked_at: Connection) -> None:
    """Differences stated, and moved, as clearing and meters say."""
    verified = json.loads(wishing[0].command("audit", "--json", "verify").stdout)
    assert verified["verified"] is True
    assert verified["checked"]["own_prices"] == sum(1 for each in contracts.between(looked_at, *EVER) if each.trade_id)


@pytest.mark.parametrize(("side", "name"), [("buyer_site", "wish"), ("seller_site", "wished")])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_both_sides_read_why_they_met(
    wishing: Wishing, looked_at: Connection, side: str, name: str, language: str
) -> None:
    """The explanation names the wish and what it costs or brings, in both languages."""
    wished = {trade: deal for trade, deal in met(looked_at).items() if deal["premium_mjpy_per_kwh"]}
    trade, deal = next(iter(wished.items()))
    contract = of_the_call(looked_at)[trade]
    words = (getattr(contract, side), str(contract.slot), "--language", language)
    said = json.loads(wishing[0].command("explain", "--json", *words).stdout)
    assert said["facts"][f"{name}_{deal['wish']}_wh"] >= contract.energy_wh
    money = said["facts"][f"premium_{'paid' if name == 'wish' else 'received'}_ujpy"]
    assert money >= contract.energy_wh * deal["premium_mjpy_per_kwh"]
    assert {"en": "on top of the price", "ja": "上乗せ"}[language] in said["text"]
