"""What was decided before in cases like this one. Advice for people; it decides nothing.

With it the evidence is complete: from here on its hash stays as it is.
"""

from typing import Any

from sqlalchemy import Connection

from memory import cases
from services.cases.cases import ended_before, in_words, thread_of
from services.cases.evidence import precedent, with_pieces
from services.context import TradeContext

PRECEDENTS, RECALLED = 3, 32
SHOWN = ("outcome", "reason", "planted")


def precedents(ctx: TradeContext, case_id: str) -> dict[str, Any]:
    """Attach the most similar past cases with their outcome."""

    def work(tx: Connection) -> dict[str, Any]:
        case = cases.lock(tx, case_id)
        similar = ctx.episodes.recall("case", in_words(case), RECALLED) if ctx.recalls else []
        ended = [each for each in similar if ended_before(each.facts, case.opened_at)][:PRECEDENTS]
        found = [{"case": each.id, **{name: each.facts[name] for name in SHOWN}} for each in ended]
        cases.attach_precedents(tx, case_id, found)
        if not cases.decisions(tx, case_id):  # else it stays as it was decided on
            cases.attach_evidence(tx, case_id, *with_pieces(case.evidence, map(precedent, found)))
        return {"precedents": [each["case"] for each in found]}

    ctx.steps.run(thread_of(case_id), "precedents", "memory", "recall", work)
    return {}
