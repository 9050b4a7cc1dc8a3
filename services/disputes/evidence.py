"""The pack of evidence of a dispute, gathered once and frozen under its hash: both sides are heard on the same.

Which kinds it holds the rule pack says by type of dispute. What the claimant wrote is one piece among them: data, in
nobody's hands an instruction.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from memory import registry
from memory.books import ledger, settlements
from memory.casework.disputes import DisputeRow
from memory.devices import readings
from memory.trading import contracts
from policies.dispute_rules import EXPLAINED, DisputeRules
from services.cases.evidence import Evidence, Piece, piece
from settlement.ledger import member

SHOWN = ("import_wh", "export_wh", "generation_wh", "charge_wh", "discharge_wh")


def evidence_of(tx: Connection, rules: DisputeRules, row: DisputeRow, correction_ujpy: int) -> Evidence:
    """All of it, in the order of the pack. correction_ujpy: what the registers of now come to, of either sign."""
    gathered = [each for kind in rules.evidence(row.kind) for each in _GATHER[kind](tx, row)]
    money = {name: getattr(row, name) for name in ("in_question_ujpy", "disputed_ujpy")}
    return {
        "trade": None,
        "dispute": row.id,
        "parties": sorted(row.parties),
        "author": row.raised_by,
        "pieces": [
            piece("complaint", "complaint", {"says": row.says, "type": row.kind, **_span(row), **money}),
            piece("rule:dispute", "rule", rules.cites(rules.types[row.kind], rules.steps[EXPLAINED])),
            *gathered,
            piece("money:correction", "money", {"correction_ujpy": correction_ujpy}),
        ],
    }


def _span(row: DisputeRow) -> dict[str, int]:
    return {"first_slot": row.first_slot, "last_slot": row.last_slot}


def _readings(tx: Connection, row: DisputeRow) -> list[Piece]:
    """What the registers say now by slot, Wh, -1 where nothing was read."""
    found = readings.history(tx, [row.site_id], row.first_slot, row.last_slot)
    registers = {name: found[name][0].tolist() for name in SHOWN}
    return [piece(f"readings:{row.site_id}", "readings", {"site": row.site_id, **_span(row), **registers})]


def _settlement(tx: Connection, row: DisputeRow) -> list[Piece]:
    found = settlements.of_slots(tx, row.first_slot, row.last_slot)
    billed = [asdict(each) for each in found if each.site_id == row.site_id]
    return [piece(f"settlement:{row.site_id}", "settlement", {"billed": billed})]


def _transfers(tx: Connection, row: DisputeRow) -> list[Piece]:
    account = member(row.site_id)
    found = ledger.of_slots(tx, row.first_slot, row.last_slot)
    moved = [asdict(each) | {"state": str(each.state)} for each in found if account in (each.debit, each.credit)]
    return [piece(f"transfers:{row.site_id}", "transfers", {"moved": moved})]


def _contract(tx: Connection, row: DisputeRow) -> list[Piece]:
    if row.contract_digest is None:
        return []
    found = contracts.get(tx, row.contract_digest)
    body = {"digest": found.digest, "terms": found.terms, "delivered_wh": found.delivered_wh, "state": str(found.state)}
    return [piece(f"contract:{found.digest}", "contract", body)]


def _mandate(tx: Connection, row: DisputeRow) -> list[Piece]:
    given = registry.mandates(tx).get(row.site_id)
    if given is None:
        return []
    body = {"version": given.version, "sell_min_mjpy_per_kwh": given.sell_min_mjpy_per_kwh}
    body |= {"buy_max_mjpy_per_kwh": given.buy_max_mjpy_per_kwh, "order_max_wh": given.order_max_wh}
    return [piece(f"mandate:{row.site_id}", "mandate", body)]


_GATHER: dict[str, Callable[[Connection, DisputeRow], list[dict[str, Any]]]] = {
    "contract": _contract,
    "mandate": _mandate,
    "readings": _readings,
    "settlement": _settlement,
    "transfers": _transfers,
}
