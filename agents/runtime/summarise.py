"""A case in words, for the people who decide it. A model or a template writes; neither decides nor computes.

The text is asked for outside any transaction: a model may take its time. When it does not answer, the template
writes, and the case says who wrote.
"""

from typing import Any

from sqlalchemy import Connection

from memory import cases
from services.cases.cases import thread_of
from services.cases.summary_claims import claims_in
from services.context import TradeContext
from services.telling.wording import in_words


def summarise(ctx: TradeContext, case_id: str) -> dict[str, Any]:
    """Write the case's summary once."""
    with ctx.database.begin("case") as tx:
        case = cases.get(tx, case_id)
    if case.summary:
        return {}
    facts = {"case": case.id, "findings": case.findings, "evidence": case.evidence, "roles": list(case.roles)}
    text, author = in_words(ctx, lambda writer: writer.summarise_case(facts, ctx.language))

    def work(tx: Connection) -> dict[str, Any]:
        cases.attach_summary(tx, case_id, text, author, claims_in(text, case.evidence))
        return {"by": author}

    ctx.steps.run(thread_of(case_id), "summarise", "runtime", "summarise", work)
    return {}
