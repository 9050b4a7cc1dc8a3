"""The market's clockwork: what is due at a moment, in a fixed order, each thing safe to do again.

At every start of a slot: deliveries that are metered are settled, what is owed to the outside is carried out, cases are
woken, and the book that closes now is traded. The same clockwork runs a day in two minutes or in real time; only the
clock and the world differ.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.case import CaseState
from domain.contract import ContractEvent
from domain.errors import RuleBroken
from memory import alarms, cases
from memory.books import steps
from memory.cases import CaseRow
from memory.trading import papers, prices
from memory.trading.papers import DealRow
from services.cases.case_clock import act
from services.cases.cases import conclude, outcome, thread_of
from services.context import TradeContext
from services.disputes.moving import attend_disputes
from services.disputes.noticing import notice_closed_days
from services.grid.cutting import cut_open
from services.orders.day_ahead_session import hold_due
from services.papers.filing import is_due
from services.papers.filing import thread_of as deal_thread
from workflows.case import AWAIT_PEOPLE, CaseGraph, prepare
from workflows.effects import carry_out
from workflows.negotiation import DealGraph, first_state
from workflows.threads import advance, config, wake
from workflows.trading_day import TradingDay

Judge = Callable[[CaseRow], None]


@dataclass(slots=True)
class Scheduler:
    """Runs one market's graphs. first_slot: the market's first. judge: who is asked about an open case at once, when
    somebody is."""

    ctx: TradeContext
    day: TradingDay
    case: CaseGraph
    first_slot: int
    deal: DealGraph
    judge: Judge | None = None
    _asked: set[str] = field(default_factory=set)
    _prepared: set[str] = field(default_factory=set)
    _noticed: date | None = None

    def unfinished(self, last_slot: int) -> list[int]:
        """The market's slots up to ``last_slot`` that have not been learnt, in order: the database knows them all."""
        with self.ctx.database.read() as tx:
            learnt = steps.threads(tx, "learn")
        return [slot for slot in range(self.first_slot, last_slot + 1) if self.ctx.thread(slot) not in learnt]

    def waiting(self, last_slot: int) -> dict[int, dict[str, str]]:
        """The unfinished slots up to ``last_slot``: the node each waits at, and why, when a rule holds it up."""
        found = {}
        for slot in self.unfinished(last_slot):
            snapshot = self.day.get_state(config(self.ctx.thread(slot)))
            at = snapshot.values.get("stopped_at") or next(iter(snapshot.next), "open")
            found[slot] = {"waits_at": at, "reason": snapshot.values.get("reason", "")}
        return found

    def catch_up(self, last_slot: int) -> None:
        """Go on with every slot up to ``last_slot`` that a crash or an absence left anywhere but waiting.

        One whose gate is open trades on; any other stops, to be metered and settled like all.
        """
        for slot in self.unfinished(last_slot):
            self._begin(slot)

    def settle_due(self, now: datetime) -> None:
        """Wake every slot whose readings are due by ``now`` and whose prices are known, in order, also those that a
        rule has held up since."""
        unpriced = set(self.unpriced(now))
        for slot in self._delivered(now):
            if slot not in unpriced:
                wake(self.ctx, self.day, self.ctx.thread(slot), "await_delivery")
        if (today := self.ctx.day_of(self.ctx.time.at(now))) != self._noticed:
            self._held_up("disputes.held", str(today), lambda: notice_closed_days(self.ctx, today))
            self._noticed = today
        carry_out(self.ctx)

    def unpriced(self, now: datetime) -> list[int]:
        """The delivered slots that cannot be settled yet: their wholesale or imbalance price has not come."""
        slots, area = self._delivered(now), self.ctx.area
        if not slots:
            return []
        with self.ctx.database.read() as tx:
            known = [prices.between(tx, slots[0], slots[-1], kind, area) for kind in ("wholesale", "imbalance")]
        return [slot for slot in slots if not all(slot in each for each in known)]

    def _delivered(self, now: datetime) -> list[int]:
        return self.unfinished(self.ctx.time.at(now) - self.ctx.time.behind)

    def hold_sessions(self) -> None:
        """Hold the day-ahead sessions that are due, and carry out what they owe."""
        hold_due(self.ctx.desk)
        carry_out(self.ctx)

    def trade(self, slot: int) -> None:
        """Run the slot's graph up to where it waits, and the cases it opened; before, cut what no longer fits."""
        cut_open(self.ctx)
        self._begin(slot)
        self.attend_cases()
        carry_out(self.ctx)

    def attend(self) -> None:
        """What people wait for between ticks: cases, and what their outcomes owe the outside."""
        self.attend_cases()
        carry_out(self.ctx)

    def attend_cases(self) -> None:
        """Prepare new cases, ask who is to be asked, conclude what has an outcome, and let slots go on."""
        for case in self.open_cases():
            if not self._went_well(case, self._attend):
                self._went_well(case, self._conclude_decided)
        self._release_slots()
        self._attend_deals()
        attend_disputes(self.ctx)

    def _attend_deals(self) -> None:
        """Go on with every deal on paper: begin it, or wake it when what it waits for is there. One that cannot go on
        stops no other."""
        with self.ctx.database.read() as tx:
            known = papers.deals(tx)
        for deal in known:
            self._held_up("deal.held", deal.id, lambda each=deal: self._attend_deal(each))  # type: ignore[misc]

    def _attend_deal(self, deal: DealRow) -> None:
        thread = deal_thread(deal.id)
        advance(self.ctx, self.deal, thread, {**first_state(deal)})
        while waits_at := self.deal.get_state(config(thread)).next:
            with self.ctx.database.read() as tx:
                if not is_due(self.ctx, tx, deal.id, waits_at[0]):
                    return
            wake(self.ctx, self.deal, thread, waits_at[0])

    def _went_well(self, case: CaseRow, work: Callable[[CaseRow], None]) -> bool:
        """Whether no rule held the case up; an alarm says which. One case that cannot go on stops no market."""
        return self._held_up("case.held", case.id, lambda: work(case)) is None

    def _held_up(self, kind: str, subject: str, work: Callable[[], object]) -> RuleBroken | None:
        """The rule that held some work up, with an alarm for people; None when it went well."""
        try:
            work()
        except RuleBroken as broken:
            with self.ctx.database.begin("alarm") as tx:
                alarms.sound(tx, self.ctx.now(), kind, subject, {"error": str(broken)})
            return broken
        return None

    def _conclude_decided(self, case: CaseRow) -> None:
        """End a case that could not be prepared but has an outcome: silence rejects it, as any other."""
        if self._outcome(case) is not None:
            conclude(self.ctx, case.id)

    def _attend(self, case: CaseRow) -> None:
        if case.id not in self._prepared:  # once a process: ten thousand waiting threads are not read every slot
            prepare(self.ctx, self.case, case)
            self._prepared.add(case.id)
        if self.judge is not None and case.id not in self._asked:
            self.judge(case)
            self._asked.add(case.id)
        act(self.ctx, case)
        if self._outcome(case) is not None:
            wake(self.ctx, self.case, thread_of(case.id), AWAIT_PEOPLE)

    def _outcome(self, case: CaseRow) -> ContractEvent | None:
        with self.ctx.database.begin("outcome") as tx:
            return outcome(tx, cases.get(tx, case.id), self.ctx.now())

    def open_cases(self) -> list[CaseRow]:
        """The cases that wait, the nearest deadline first."""
        with self.ctx.database.begin("cases") as tx:
            return sorted(cases.list(tx, CaseState.OPEN), key=lambda case: (case.deadline, case.id))

    def has_begun(self, slot: int) -> bool:
        """Whether the slot's graph was ever started, in this process or one before."""
        return self.day.get_state(config(self.ctx.thread(slot))).created_at is not None

    def closing_slot(self, now: datetime) -> int:
        """The slot whose book closes at the last tick up to ``now``."""
        return self.ctx.time.at(now) + self.ctx.time.ahead

    def _release_slots(self) -> None:
        """Let slots that waited for decisions go on once none of their own cases is open."""
        waiting = {case.evidence["terms"]["slot_first"] for case in self.open_cases() if case.evidence["trade"]}
        for slot in self.unfinished(self.closing_slot(self.ctx.now())):
            if slot not in waiting and self._held(slot):
                wake(self.ctx, self.day, self.ctx.thread(slot), "await_decisions")

    def _held(self, slot: int) -> bool:
        """Whether the slot's review asked people about its own trades."""
        with self.ctx.database.read() as tx:
            reviewed = steps.find(tx, self.ctx.thread(slot), "review")
            return (
                bool(reviewed and reviewed["escalated_trades"])
                and steps.find(tx, self.ctx.thread(slot), "record") is None
            )

    def _begin(self, slot: int) -> None:
        advance(self.ctx, self.day, self.ctx.thread(slot), {"market": self.ctx.market, "slot": slot})
