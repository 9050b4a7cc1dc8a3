"""An April day on which the second home of the street was settled by the rules, so that there is something to bill."""

from datetime import date

from sqlalchemy import Connection
from street import NOW

from domain.slot import Slot
from memory.books import ledger, settlements
from memory.books.settlements import SettlementRow
from policies.corridor import price_stack, retail_tariff
from policies.pack import load_pack
from settlement.ledger import RETAILER, Transfer, member

DAY = date(2026, 4, 20)
FIRST = Slot.at(NOW).index - 42 - 48 * 30  # its midnight in Tokyo
PRICE = 12_000


def settle(tx: Connection, slots: int) -> None:
    """In each slot S2 buys 100 Wh of the 250 that come in and sells 20 of the 30 that go out, at 12 yen; the rest goes
    by its second tier and the buy-back."""
    pack = load_pack("jp_demo")
    stack, tariff = price_stack(pack, "tokyo", DAY), retail_tariff(pack, "tokyo", DAY)
    tier = tariff.tiers[1][1]
    paid = {"p2p_purchase": 100 * stack.delivered(PRICE), "utility_purchase": 150 * tier}
    earned = {"netted_sale": 20 * PRICE, "utility_sale": 10 * tariff.buyback}
    moves = [(kind, (member("S2"), RETAILER), amount) for kind, amount in paid.items()]
    moves += [(kind, (RETAILER, member("S2")), amount) for kind, amount in earned.items()]
    net_ujpy, no_trade_ujpy = sum(earned.values()) - sum(paid.values()), 30 * tariff.buyback - 250 * tier
    for slot in range(FIRST, FIRST + slots):
        settlements.save(tx, [SettlementRow(slot, "S2", 20, 100, 250, 30, 20, 100, net_ujpy, no_trade_ujpy, 20, 100)])
        ledger.book(tx, [Transfer(f"{slot}:{kind}:S2", *sides, value, kind, slot) for kind, sides, value in moves])
