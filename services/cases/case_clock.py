"""The clock of a case acts: it reminds, it passes the case on, and at the deadline silence has its consequence.

Each act is done once, under the case's thread, whenever the clockwork looks and however often it was killed. No act
approves. At half of a case's time whoever is asked is reminded; at four fifths it is passed on to the operator, by an
alarm. A case whose silence means safe mode sounds one for both sites beside its rejection.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from memory import alarms, cases
from memory.cases import CaseRow
from policies.bands import OnTimeout
from services.cases.cases import thread_of
from services.context import TradeContext
from services.opening import RULES

REMIND_TENTHS, PASS_ON_TENTHS, TENTHS = 5, 8, 10
REMINDED, PASSED_ON, SAFE_MODE = "case.reminded", "case.passed_on", "case.safe_mode"


def act(ctx: TradeContext, case: CaseRow) -> None:
    """Do what is due for an open case by now."""
    now = ctx.now()
    if now >= _at(case, REMIND_TENTHS):
        _once(ctx, case, REMINDED)
    if now >= _at(case, PASS_ON_TENTHS):
        _once(ctx, case, PASSED_ON)
    if now >= case.deadline and case.on_timeout == OnTimeout.SAFE_MODE:
        _once(ctx, case, SAFE_MODE)


def _once(ctx: TradeContext, case: CaseRow, kind: str) -> None:
    def work(tx: Connection) -> dict[str, Any]:
        if cases.decisions(tx, case.id):
            return {"done": 0}
        body = {"deadline": case.deadline.isoformat(), "roles": list(case.roles), **_words(case, kind)}
        alarms.sound(tx, ctx.now(), kind, case.id, body)
        ctx.steps.note(tx, RULES, kind, case.id, {"deadline": case.deadline.isoformat()})
        return {"done": 1}

    ctx.steps.run(thread_of(case.id), kind, RULES, "conclude", work)


def _at(case: CaseRow, tenths: int) -> datetime:
    """When that part of a case's time has passed, rounded down to whole microseconds."""
    return case.opened_at + (case.deadline - case.opened_at) * tenths // TENTHS


def _words(case: CaseRow, kind: str) -> dict[str, str]:
    until, asked = f"{case.deadline:%Y-%m-%d %H:%M} UTC", ", ".join(case.roles)
    words = {
        REMINDED: (
            f"case {case.id} waits for {asked} until {until}",
            f"案件{case.id}は{until}まで{asked}を待っています。",
        ),
        PASSED_ON: (
            f"nobody has decided case {case.id}; the operator should find {asked} before {until}",
            f"案件{case.id}は未決です。運用者は{until}までに{asked}を確保してください。",
        ),
        SAFE_MODE: (
            f"nobody decided case {case.id}: the deal is rejected, and an operator should look at both sites",
            f"案件{case.id}は期限切れです。取引は却下され、運用者は両地点を確認してください。",
        ),
    }
    return dict(zip(("text", "text_ja"), words[kind], strict=True))
