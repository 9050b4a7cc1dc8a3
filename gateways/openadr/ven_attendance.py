"""A VEN that stays: registered once, it asks for events and for anything else the VTN has, and reports when it is time.

What was registered and which reports stand is known only here: after a failure or a restart it registers anew, and the
VTN asks anew for what it wants. Only limits outlive it, as grid signals.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from domain.errors import Fault, OutsideFailed
from gateways.openadr.ven import Ven, question
from gateways.openadr.ven_message import poll, response, text_of
from gateways.openadr.ven_report import (
    STATUS,
    Condition,
    Metered,
    Wanted,
    asked_for,
    noted,
    offered,
    pending,
    status,
    updated,
    usage,
)
from memory.devices import readings
from services.grid.grid_signals import holding
from services.orders.order_book import Desk

POLL, REPORT, REGISTER = "OadrPoll", "EiReport", "EiRegisterParty"
MESSAGES_MAX = 20
STANDING_MAX = 100
SLOTS_MAX = 100
BACK_MAX = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Standing:
    """A report that a VTN asked for. next_slot: the first that it has not heard of. due: when to speak next."""

    wanted: Wanted
    next_slot: int
    due: datetime


@dataclass(slots=True)
class Attendance:
    """One VEN's stay with its VTN. reports: whether it may be asked for them. desk: as it is now; homes come and go."""

    ven: Ven
    reports: bool
    desk: Callable[[], Desk]
    _ven_id: str = ""
    _standing: dict[str, Standing] = field(default_factory=dict)

    def visit(self) -> dict[str, Fault | None]:
        """Everything that is due now; by event, None when it is followed, else why not. Raises OutsideFailed, and
        begins with registering the next time."""
        self.ven = replace(self.ven, desk=self.desk())
        try:
            if not self._ven_id:
                self._register()
            said = self.ven.attend(self._ven_id, self._number())
            if self.reports:
                self._hear()
                self._report()
        except OutsideFailed:
            self._ven_id = ""
            raise
        return said

    @property
    def standing(self) -> int:
        """How many reports the VTN waits for."""
        return len(self._standing)

    def _register(self) -> None:
        self._ven_id = self.ven.register(self._number())
        self._standing.clear()
        if self.reports:
            desk = self.ven.desk
            asked = offered(self._ven_id, self._number(), desk.time.slot_min, desk.steps.clock())
            self._take(self.ven.ask(REPORT, asked))

    def _hear(self) -> None:
        """Whatever else the VTN has for us, one message after the other, until it has none."""
        for _ in range(MESSAGES_MAX):
            message = self.ven.ask(POLL, poll(self._ven_id))
            kind = message.tag.rpartition("}")[2]
            if kind in {"oadrCreateReport", "oadrCancelReport"}:
                self._take(message)
            elif kind == "oadrRegisterReport":
                self.ven.say(REPORT, noted(self._ven_id, text_of(message, "requestID")))
            elif kind == "oadrRequestReregistration":
                self.ven.say(REGISTER, response(self._ven_id, text_of(message, "requestID")))
                raise OutsideFailed(f"the VTN {self.ven.name} asks us to register anew")
            elif kind != "oadrDistributeEvent":
                return  # nothing, or nothing that we know; events were asked for already

    def _take(self, message: Element) -> None:
        """Reports that are asked for or taken back, with or without an answer of their own."""
        kind, number = message.tag.rpartition("}")[2], text_of(message, "requestID")
        cancelled = message if kind == "oadrCancelReport" else message.find("{*}oadrCancelReport")
        if cancelled is not None:
            for each in cancelled.findall("{*}reportRequestID"):
                self._standing.pop((each.text or "").strip(), None)
            if kind == "oadrCancelReport":
                self.ven.say(REPORT, pending("Canceled", self._ven_id, number, self._standing))
        wanted, refused = asked_for(message, self.ven.desk.time.slot_min)
        for want in wanted[: STANDING_MAX - len(self._standing)]:
            self._standing[want.id] = self._begun(want)
        if wanted or refused:
            self.ven.say(REPORT, pending("Created", self._ven_id, number, self._standing, refused))

    def _begun(self, want: Wanted) -> Standing:
        time, now = self.ven.desk.time, self.ven.desk.steps.clock()
        starts = max(want.starts, now - BACK_MAX) if want.starts else now
        return Standing(want, time.at(starts), max(starts, now))

    def _report(self) -> None:
        """Say what is due; a report is due again only once the VTN has taken this one."""
        desk = self.ven.desk
        now = desk.steps.clock()
        for each in [each for each in self._standing.values() if each.due <= now]:
            said, after = self._said(each, now)
            if said:
                self._take(self.ven.ask(REPORT, updated(self._ven_id, self._number(), [said])))
            over = each.wanted.ends is not None and desk.time.start(after) >= each.wanted.ends
            if over or (said and not each.wanted.every):
                self._standing.pop(each.wanted.id, None)
            elif each.wanted.id in self._standing:
                self._standing[each.wanted.id] = replace(each, next_slot=after, due=now + each.wanted.every)

    def _said(self, each: Standing, now: datetime) -> tuple[str, int]:
        """A report, empty when there is nothing new, and the slot that follows it."""
        time = self.ven.desk.time
        if each.wanted.name == STATUS:
            return status(each.wanted, condition(self.ven.desk), time.slot_min), time.at(now)
        last = time.at(each.wanted.ends) if each.wanted.ends else time.at(now)
        found = metered(self.ven.desk, each.next_slot, min(last, each.next_slot + SLOTS_MAX))
        return (usage(each.wanted, found, time.slot_min, now) if found else ""), each.next_slot + len(found)

    def _number(self) -> str:
        return question(self.ven.desk.steps.clock())


def metered(desk: Desk, first: int, end: int) -> list[Metered]:
    """What the community's meters say of slots from first up to and without ``end``, in order, as far as it is in.

    A slot in which a site is missing is waited for until its readings ought to be in, then said as it is.
    """
    now = desk.steps.clock()
    last = min(end, desk.time.at(now)) - 1
    with desk.steps.database.read() as tx:
        found = readings.history(tx, desk.roster.ids, first, last)
    known = found["import_wh"] >= 0
    heard = known.any(axis=1)
    said = []
    for at, slot in enumerate(range(first, last + 1)):
        whole = bool(heard.any() and known[heard, at].all())
        if not whole and slot > desk.time.at(now) - desk.time.behind:
            break
        wh = {name: int(found[name][known[:, at], at].sum()) for name in ("import_wh", "export_wh")}
        said.append(Metered(desk.time.start(slot), **wh, whole=whole))
    return said


def condition(desk: Desk) -> Condition:
    """Whether readings of any of the last slots are in, and whether a stop holds what is traded now."""
    now = desk.steps.clock()
    slot = desk.time.at(now)
    with desk.steps.database.read() as tx:
        last, held = readings.last_slot(tx), holding(tx, desk, slot)
    return Condition(now, last is not None and last >= slot - desk.time.behind - 1, bool(held))
