"""What the rules decided of each contract, on which facts and by which version of the rules."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from memory import tables
from memory.rows import write_once


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """One decision. version, pack: of the rules, the latter as digest. action: what all triggers together asked for.
    findings: each as in a case. unknown: triggers whose facts nobody knew. facts: what was looked at, as plain JSON."""

    contract_digest: str
    slot: int
    version: int
    pack: str
    action: str
    findings: list[dict[str, Any]]
    unknown: list[str]
    facts: dict[str, Any]


def save(tx: Connection, rows: Sequence[RuleDecision]) -> None:
    """Keep decisions, once. Raises Conflict when a contract was decided otherwise."""
    write_once(tx, tables.rule_decision, [asdict(row) for row in rows])


def between(tx: Connection, first_slot: int, last_slot: int) -> list[RuleDecision]:
    """The decisions of the slots from first to last, by slot, then contract."""
    decision = tables.rule_decision.c
    wanted = select(tables.rule_decision).where(decision.slot.between(first_slot, last_slot))
    return [RuleDecision(*row) for row in tx.execute(wanted.order_by(decision.slot, decision.contract_digest))]


def span(tx: Connection) -> tuple[int, int] | tuple[()]:
    """The first and the last slot with decisions, nothing when there is none."""
    slot = tables.rule_decision.c.slot
    first, last = tx.execute(select(func.min(slot), func.max(slot))).one()
    return () if first is None else (first, last)
