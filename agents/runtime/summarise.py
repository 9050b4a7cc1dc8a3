"""A case in words, for the people who decide it. A model or a template writes; neither decides nor computes.

The text is asked for outside any transaction: a model may take its time. When it does not answer, the template
writes, and the case says who wrote.
"""

from typing import Any

from sqlalchemy import Connection

from domain.errors import ModelDown
from memory import cases
from memory.cases import CaseRow
from services.cases import thread_of
from services.context import TradeContext


def summarise(ctx: TradeContext, case_id: str) -> dict[str, Any]:
    """Write the case's summary once."""
    with ctx.database.begin("case") as tx:
        case = cases.get(tx, case_id)
    if case.summary:
        return {}
    text, author = _words(ctx, case)

    def work(tx: Connection) -> dict[str, Any]:
        cases.attach_summary(tx, case_id, text, author)
        return {"by": author}

    ctx.steps.run(thread_of(case_id), "summarise", "runtime", "summarise", work)
    return {}


def _words(ctx: TradeContext, case: CaseRow) -> tuple[str, str]:
    """The words and who wrote them: the stand-in, too, when the writer itself fell back on it."""
    facts = {"case": case.id, "findings": case.findings, "evidence": case.evidence, "roles": list(case.roles)}
    plain = ctx.stand_in.summarise_case(facts, ctx.language)
    try:
        text = ctx.writer.summarise_case(facts, ctx.language)
    except ModelDown:
        return plain, ctx.stand_in.name
    return text, ctx.stand_in.name if text == plain else ctx.writer.name
