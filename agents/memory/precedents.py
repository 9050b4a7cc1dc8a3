"""What was decided before in cases like this one. Advice for people; it decides nothing."""

from typing import Any

from sqlalchemy import Connection

from memory import cases
from services.cases import in_words, thread_of
from services.context import TradeContext

PRECEDENTS = 3


def precedents(ctx: TradeContext, case_id: str) -> dict[str, Any]:
    """Attach the most similar past cases with their outcome."""

    def work(tx: Connection) -> dict[str, Any]:
        case = cases.get(tx, case_id)
        similar = ctx.episodes.recall("case", in_words(case), PRECEDENTS) if ctx.recalls else []
        found = [{"case": each.id, **each.facts} for each in similar]
        cases.attach_precedents(tx, case_id, found)
        return {"precedents": [each["case"] for each in found]}

    ctx.steps.run(thread_of(case_id), "precedents", "memory", "recall", work)
    return {}
