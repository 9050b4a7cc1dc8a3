"""What the chain hears of a deal made beside the auction: who let it pass, people or rules, as one word.

A slot's own trades go by the slot's root. A deal of its own has the digest of its decision: of what people said of its
case, or of what the rules found when they asked nobody.
"""

from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from memory import cases
from memory.books import chain_records, journal, outbox
from services.context import TradeContext

APPROVAL = "chain.approval"
PASSED = "contract.passed"


def key_of(contract: str) -> str:
    """Under which key a contract's approval is recorded."""
    return f"approval:{contract}"


def owe_approval(tx: Connection, ctx: TradeContext, contract: str) -> None:
    """Owe the chain the decision on a contract, which must have been written down before."""
    decision = decision_on(tx, contract)
    assert decision is not None, f"nobody has let contract {contract} pass"
    chain_records.put(tx, key_of(contract), decision, [])
    outbox.owe(tx, f"{APPROVAL}:{contract}", APPROVAL, {"contract": contract, "decision": decision}, ctx.now())


def decision_on(tx: Connection, contract: str) -> str | None:
    """The digest of the decision on a contract, 64 hex digits, from what is on record; None when nothing is."""
    said: list[Any] = [
        [each.stage, each.person, str(each.verdict), each.evidence_hash]
        for case in cases.of_contract(tx, contract)
        for each in cases.decisions(tx, case.id)
    ]
    passed = [journal.body_of(each) for each in journal.entries(tx, PASSED, contract)]
    return digest(said or passed[0]) if said or passed else None
