"""What became of contracts and cases over some days: natural and planted ones apart."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from domain.case import CaseState, Verdict
from domain.contract import ContractState
from memory import cases
from memory.cases import CaseRow
from memory.trading import contracts, proposals, rule_decisions
from memory.trading.contracts import ContractRow
from services.figures.kpi import STANDS, automatic, share

Counts = dict[str, Any]


def counted(tx: Connection, first_slot: int, last_slot: int) -> Counts:
    """The counts of the slots from first to last, as plain JSON that adds up over markets.

    unanswered: cases that ended without a decision, by what their silence meant. triggers: by id, how many deals were
    planted for it and how many of these it caught.
    """
    made, filed = contracts.between(tx, first_slot, last_slot), cases.all(tx)
    planted = {each.id: each.planted for each in proposals.all(tx) if each.planted}
    asked = {each.contract_digest for each in filed}
    natural = [each for each in made if each.proposal_id not in planted]
    silent = [each for each in filed if each.state is CaseState.EXPIRED and not cases.decisions(tx, each.id)]
    return {
        "natural": _alone(natural, asked),
        "planted": _alone([each for each in made if each.proposal_id in planted], asked),
        "triggers": _caught(tx, made, asked, {name: str(label) for name, label in planted.items()}),
        "unanswered": dict(Counter(each.on_timeout for each in silent)),
        "timeout_approvals": sum(_stands_unapproved(tx, each) for each in filed),
    }


def figures(markets: Sequence[Counts]) -> dict[str, Any]:
    """What several markets counted, added up, with the shares by their public names."""
    natural, planted, unanswered = (
        _sum(each[part] for each in markets) for part in ("natural", "planted", "unanswered")
    )
    of_each, caught = (
        _sum({trigger: both[at] for trigger, both in each["triggers"].items()} for each in markets) for at in (0, 1)
    )
    every = natural + planted
    return {
        "standard_automation": share(natural["standard_automatic"], natural["standard"]),
        "all_automation": share(every["automatic"], every["contracts"]),
        "trigger_recall": share(caught.total(), of_each.total()),
        "timeout_approvals": sum(each["timeout_approvals"] for each in markets),
        "contracts_natural": natural["contracts"],
        "contracts_planted": planted["contracts"],
        "not_automatic_natural": natural["contracts"] - natural["automatic"],
        "escalated_natural": natural["escalated"],
        "escalated_planted": planted["escalated"],
        "triggers_planted": len(of_each),
        "missed": sorted((of_each - caught).keys()),
        "unanswered": dict(sorted(unanswered.items())),
    }


def _sum(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


def _alone(made: Sequence[ContractRow], asked: set[str]) -> dict[str, int]:
    standard = [each for each in made if each.standard]
    return {
        "contracts": len(made),
        "automatic": automatic(made, asked),
        "standard": len(standard),
        "standard_automatic": automatic(standard, asked),
        "escalated": sum(each.digest in asked for each in made),
    }


def _caught(
    tx: Connection, made: Sequence[ContractRow], asked: set[str], planted: dict[str, str]
) -> dict[str, tuple[int, int]]:
    """By trigger, how many deals are planted for it and how many it caught: it is among the findings, and people were
    asked or the rules forbade the deal. A label names its trigger: planted-E01-1."""
    slots = [each.slot for each in made]
    judged = {each.contract_digest: each.findings for each in rule_decisions.between(tx, min(slots), max(slots))}
    deals = {each.proposal_id: each for each in made}
    found: dict[str, tuple[int, int]] = {}
    for name, label in sorted(planted.items()):
        trigger, deal = label.split("-")[1], deals.get(name)
        hit = (
            deal is not None
            and any(each["trigger"] == trigger for each in judged.get(deal.digest, []))
            and (deal.digest in asked or deal.state is ContractState.BLOCKED)
        )
        count, caught = found.get(trigger, (0, 0))
        found[trigger] = (count + 1, caught + hit)
    return found


def _stands_unapproved(tx: Connection, case: CaseRow) -> bool:
    """Whether a contract stands that people were asked about and fewer approved than the rules want."""
    if not case.contract_digest or contracts.get(tx, case.contract_digest).state not in STANDS:
        return False
    said = [each for each in cases.decisions(tx, case.id) if each.verdict is Verdict.APPROVE]
    return len(said) < case.approvals
