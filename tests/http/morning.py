"""What one morning leaves behind on the street: three homes, their trades, contracts, proofs and settlement."""

from datetime import date
from pathlib import Path
from typing import Any

from street import NOW, Street, build, days

from contracts import merkle
from domain.account import AccountRole
from domain.contract import ContractState
from domain.party import Licence, Mandate
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from domain.wish import Wishes
from identity.token import token_hash
from memory import registry
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.books import chain_records, ledger, settlements
from memory.books.settlements import SettlementRow
from memory.database import Database
from memory.trading import contracts, trades
from memory.trading.contracts import ContractRow
from memory.trading.trades import TradeRow
from services.access.accounts import register
from services.access.api_keys import adopt_key
from settlement.ledger import POOL, RETAILER, Transfer

DAY = date(2026, 5, 20)
FIRST = Slot.at(NOW).index - 42  # midnight in Tokyo


def trade(number: int, seller: str = "S1", buyer: str = "S2") -> TradeRow:
    slot = FIRST + number % 3
    return TradeRow(f"{slot}:t{number:04}", slot, f"a{number}", f"b{number}", seller, buyer, 100 + number, 12_000)


def contract(number: int, **other: Any) -> ContractRow:
    row: dict[str, Any] = {
        "digest": f"{number:064x}", "slot": FIRST, "trade_id": f"{FIRST}:t{number:04}", "proposal_id": None,
        "seller_site": "S1", "buyer_site": "S2", "energy_wh": 100, "price_mjpy_per_kwh": 12_000, "standard": True,
        "state": ContractState.RECORDED, "terms": {"salt": f"{number}"},
    }  # fmt: skip
    return ContractRow(**row | other)


def morning(database: Database, folder: Path) -> Street:
    """The street with an auditor and a third home, whose member is P3, and what one morning left behind."""
    built = build(database, folder)
    with database.begin() as tx:
        register(tx, built.reception, "test", "audit", "A")
        accounts.give_role(tx, RoleRow("audit", AccountRole.AUDITOR, NOW, "test"))
        adopt_key(tx, built.reception, "test", "audit", token_hash("audit"), ("home:read",), NOW + days(1))
        registry.save_site(tx, Site("S3", "P3", "tokyo"))
        registry.save_device(tx, Device("B1", "S1", DeviceKind.BATTERY, 3_000, 9_000, 950))
        registry.save_licence(tx, Licence("P1", "shop", "7", "Aoki", date(2030, 3, 31)))
        registry.save_mandate(tx, *(Mandate(site, 1, 8_600, 16_000, 0, 3_000) for site in ("S1", "S2", "S3")))
        registry.save_mandate(tx, Mandate("S1", 2, 9_000, 16_000, 500, 3_000, wishes=Wishes("S2", None, True, 700)))
        trades.save(tx, [*(trade(number) for number in range(7)), trade(7, "S3", "S2"), trade(8, "S2", "S3")])
        contracts.save(tx, [*(contract(number) for number in range(5)), contract(9, seller_site="S3")])
        digests = [contract(number).digest for number in (0, 1, 2, 3, 4, 9)]
        chain_records.put(tx, f"slot:{FIRST}", merkle.root(digests).hex(), digests)
        chain_records.receipt(tx, f"slot:{FIRST}", {"block": 7})
        settlements.save(tx, [settled(FIRST + place, site) for place in range(3) for site in ("S1", "S2", "S3")])
        settlements.save(tx, [settled(FIRST - 1, "S1")])
        ledger.book(tx, [*moves()])
    return built


def settled(slot: int, site: str) -> SettlementRow:
    return SettlementRow(slot, site, 0, 100, 250, 30, 0, 100, -5_000, -6_000, 0, 70)


def moves() -> list[Transfer]:
    """In each slot every home pays 6 mJPY and gets 1 back; at last the pool gives S1 some."""
    made = []
    for slot in (FIRST - 1, FIRST, FIRST + 1, FIRST + 2):
        for site in ("S1", "S2", "S3") if slot >= FIRST else ("S1",):
            made.append(Transfer(f"{slot}:p:{site}", f"member:{site}", RETAILER, 6_000, "utility_purchase", slot))
            made.append(Transfer(f"{slot}:s:{site}", RETAILER, f"member:{site}", 1_000, "utility_sale", slot))
    return [*made, Transfer("share", POOL, "member:S1", 400, "pool_share", FIRST + 2)]
