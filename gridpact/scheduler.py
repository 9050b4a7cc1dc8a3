"""The market's clockwork: what is due at a moment, in a fixed order, each thing safe to do again.

At every half hour: deliveries that are metered are settled, what is owed to the outside is carried out, cases are
woken, and the book that closes now is traded. The same clockwork runs a day in two minutes or in real time; only the
clock and the world differ.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from domain.case import CaseState
from domain.errors import RuleBroken
from domain.slot import Slot
from memory import alarms, cases, steps
from memory.cases import CaseRow
from services.cases import outcome, thread_of
from services.context import TradeContext
from services.market_time import BOOK_CLOSES, METERED_AFTER
from workflows.case import CaseGraph
from workflows.effects import carry_out
from workflows.trading_day import AFTER_DELIVERY, TO_DELIVERY, TradingDay

SLOTS_HELD_MAX = 4  # contracts must be done 45 minutes after their book closed

Judge = Callable[[CaseRow], None]


@dataclass(slots=True)
class Scheduler:
    """Runs one market's graphs. ``judge``: who is asked about an open case at once, when somebody is."""

    ctx: TradeContext
    day: TradingDay
    case: CaseGraph
    judge: Judge | None = None
    _asked: set[str] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)

    def settle_due(self, now: datetime, first_slot: int) -> None:
        """Wake every slot from ``first_slot`` on whose readings are due by ``now``, in order."""
        delivered = Slot.at(now - METERED_AFTER).index - 1
        for slot in range(first_slot, delivered + 1):
            self._wake(self.day, self.ctx.thread(slot), "await_delivery", (*AFTER_DELIVERY, "stopped"))
        carry_out(self.ctx)

    def trade(self, slot: int) -> None:
        """Run the slot's graph up to where it waits, and the cases it opened."""
        self._advance(self.day, self.ctx.thread(slot), {"market": self.ctx.market, "slot": slot})
        self.attend_cases()
        carry_out(self.ctx)

    def attend_cases(self) -> None:
        """Prepare new cases, ask who is to be asked, conclude what has an outcome, and let slots go on."""
        for case in self.open_cases():
            try:
                self._attend(case)
            except RuleBroken as broken:  # one case that cannot go on does not stop the market: silence rejects it
                with self.ctx.database.begin("alarm") as tx:
                    alarms.sound(tx, self.ctx.now(), "case.held", case.id, {"error": str(broken)})
        self._release_slots()

    def _attend(self, case: CaseRow) -> None:
        self._advance(self.case, thread_of(case.id), {"case_id": case.id})
        if self.judge is not None and case.id not in self._asked:
            self.judge(case)
            self._asked.add(case.id)
        with self.ctx.database.begin("outcome") as tx:
            decided = outcome(tx, cases.get(tx, case.id), self.ctx.now())
        if decided is not None:
            self._wake(self.case, thread_of(case.id), "await_people", ("conclude",))

    def open_cases(self) -> list[CaseRow]:
        """The cases that wait, the nearest deadline first."""
        with self.ctx.database.begin("cases") as tx:
            return sorted(cases.list(tx, CaseState.OPEN), key=lambda case: (case.deadline, case.id))

    def has_begun(self, slot: int) -> bool:
        """Whether the slot's graph was ever started, in this process or one before."""
        return self.day.get_state(_config(self.ctx.thread(slot))).created_at is not None

    def closing_slot(self, now: datetime) -> int:
        """The slot whose book closes at ``now``."""
        return Slot.at(now + BOOK_CLOSES).index

    def _release_slots(self) -> None:
        """Let slots that waited for decisions go on once none of their own cases is open."""
        waiting = {case.evidence["terms"]["slot_first"] for case in self.open_cases() if case.evidence["trade"]}
        closing = self.closing_slot(self.ctx.now())
        for slot in range(closing - SLOTS_HELD_MAX, closing + 1):
            if slot not in waiting and self._held(slot):
                self._wake(self.day, self.ctx.thread(slot), "await_decisions", (*TO_DELIVERY, "stopped"))

    def _held(self, slot: int) -> bool:
        """Whether the slot's review asked people about its own trades."""
        with self.ctx.database.read() as tx:
            reviewed = steps.find(tx, self.ctx.thread(slot), "review")
            return (
                bool(reviewed and reviewed["escalated_trades"])
                and steps.find(tx, self.ctx.thread(slot), "record") is None
            )

    def _advance(self, graph: Any, thread: str, start: dict[str, Any]) -> None:
        """Begin a thread, or go on where a crash left it; a thread that waits or has ended is left alone."""
        with self.ctx.database.failures():
            snapshot = graph.get_state(_config(thread))
            if snapshot.created_at is None:
                graph.invoke(start, _config(thread), context=self.ctx, durability="sync")
            elif snapshot.next and not snapshot.interrupts:
                graph.invoke(None, _config(thread), context=self.ctx, durability="sync")

    def _wake(self, graph: Any, thread: str, node: str, after: tuple[str, ...]) -> None:
        """Resume a thread that waits in ``node``, or that was killed in it or in one of the nodes ``after`` it.

        Resuming an unknown thread would run it from its start.
        """
        if thread in self._ended:
            return
        with self.ctx.database.failures():
            snapshot = graph.get_state(_config(thread))
            if snapshot.next and snapshot.next[0] in (node, *after) and not snapshot.interrupts:
                graph.invoke(None, _config(thread), context=self.ctx, durability="sync")
                snapshot = graph.get_state(_config(thread))
            if snapshot.next == (node,):
                graph.invoke(Command(resume=True), _config(thread), context=self.ctx, durability="sync")
                snapshot = graph.get_state(_config(thread))
        if snapshot.created_at is not None and not snapshot.next:
            self._ended.add(thread)


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread}}
