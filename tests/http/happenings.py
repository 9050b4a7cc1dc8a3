"""Things that happen on the street, written down as the program writes them, for the tests of what it tells."""

from typing import Any

from street import AUDIENCE, NOW, SLOT, Street

from domain.contract import ContractState
from identity.access import grant_defaults
from memory.books import settlements
from memory.books.settlements import SettlementRow
from memory.trading import clearings, contracts, trades
from memory.trading.clearings import ClearingRow
from memory.trading.contracts import ContractRow
from memory.trading.trades import TradeRow

THREAD = f"slot:{AUDIENCE}:{SLOT}"
TRADE = TradeRow(f"{SLOT}:0001", SLOT, "s", "b", "S1", "S2", 500, 18_000)
CONTRACT = ContractRow("d" * 64, SLOT, TRADE.id, None, "S1", "S2", 500, 18_000, True, ContractState.DRAFTED, {})


def happen(street: Street) -> None:
    """A slot is cleared with one trade between the two homes, contracted, passed by rule and settled."""
    with street.database.begin() as tx:
        grant_defaults(tx)
        clearings.save(tx, ClearingRow(SLOT, 18_000, 500, 1, 900, {}))
        trades.save(tx, [TRADE])
        contracts.save(tx, [CONTRACT])
        settlements.save(tx, [SettlementRow(SLOT, site, 0, 0, 0, 0, 0, 0, 0) for site in ("S1", "S2")])
    for node, actor, action in (
        ("clear", "runtime", "clear"),
        ("draft", "runtime", "draft"),
        ("review", "rules", "judge"),
        ("settle", "settlement", "settle"),
    ):
        street.steps.run(THREAD, node, actor, action, lambda tx: {})


def stop(street: Street, number: int = 1) -> None:
    """Somebody stops the market at the emergency door."""
    said: dict[str, Any] = {"reason": f"smoke in cellar {number}", "contact": "the caretaker"}
    assert street.client.post("/api/v1/grid/stop", json=said).status_code == 202
    assert street.steps.clock() == NOW
