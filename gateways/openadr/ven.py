"""A VEN of OpenADR 2.0b: asks one VTN for its events, makes grid signals of them, and says what it will follow.

Every distribution names all events that stand, so one that is no longer there has been taken back. A modification is a
new revision of the event's signals; what it leaves out is ended. The VTN is known by its TLS certificate, which whoever
posts for us has checked, and by its signature where a setting asks for one. Nothing is remembered between two polls but
the signals themselves.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from xml.etree.ElementTree import Element

from domain.errors import Conflict, Fault, InputRefused, OutsideFailed
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from gateways.openadr.event import target_of
from gateways.openadr.ven_event import Ask, Event, distributed
from gateways.openadr.ven_message import Reply, created, parsed, registration, request, text_of
from gateways.openadr.ven_signature import Papers
from memory.grid import grid_signals
from services.grid.grid_signals import check, signed, take_in
from services.orders.order_book import Desk

REGISTER, EVENTS = "EiRegisterParty", "EiEvent"
STEP = 1_000
"""Revisions of a signal within one modification of its event: it may vanish and come again so often."""
CODES = {"unknown_signal": 460, "unknown_target": 462, "other_ven": 462, "out_of_sequence": 450}
INVALID, OK = 454, 200
Post = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Said:
    """What a VTN said, signed: a SignalSource."""

    found: tuple[GridSignal, ...]

    def signals(self) -> list[GridSignal]:
        return list(self.found)


@dataclass(frozen=True, slots=True)
class Reach:
    """What a VTN's words mean here. levels: what SIMPLE levels 1 to 3 leave of what is rated, permille; empty when
    nobody said. groups: by name, the targets in it."""

    levels: tuple[int, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ven:
    """One VTN. name: ours for it. post: sends XML to one of its services; raises OutsideFailed when nobody answers.
    papers: for signatures on both sides, None for none."""

    name: str
    ven_name: str
    post: Post
    desk: Desk
    reach: Reach = field(default_factory=Reach)
    papers: Papers | None = None

    @property
    def source(self) -> str:
        """Under which its signals are kept."""
        return f"openadr2b:{self.name}"

    def poll(self, number: str) -> dict[str, Fault | None]:
        """Ask once; by event, None when we follow it, else why not. number: names it. Raises OutsideFailed."""
        return self.attend(self.register(number), number)

    def register(self, number: str) -> str:
        """Our id with the VTN. Raises OutsideFailed when it gives none."""
        asked = registration(self.ven_name, number, signs=self.papers is not None)
        ven_id = text_of(self.ask(REGISTER, asked), "venID")
        if not ven_id:
            raise OutsideFailed(f"the VTN {self.name} does not register {self.ven_name}")
        return ven_id

    def attend(self, ven_id: str, number: str) -> dict[str, Fault | None]:
        """As :meth:`poll`, for who is registered."""
        message = self.ask(EVENTS, request(ven_id, number))
        if message.tag.endswith("}oadrResponse") and text_of(message, "responseCode") == str(OK):
            self._end_missing(set())  # some VTNs say so when they have no event
            return {}
        said = distributed(message, self.reach.levels)
        faults = [(event, self._fault(event, ven_id)) for event in said.events]
        self._end_missing({event.id for event in said.events})
        replies = [_reply(event, fault) for event, fault in faults if event.answered]
        if replies:
            self.ask(EVENTS, created(ven_id, said.request_id, replies))
        return {event.id: fault for event, fault in faults}

    def ask(self, service: str, message: bytes) -> Element:
        """What a service answers, signed on both sides where we hold papers. Raises OutsideFailed."""
        answer = self.say(service, message)
        return parsed(answer) if self.papers is None else self.papers.opened(answer, self.desk.steps.clock())

    def say(self, service: str, message: bytes) -> bytes:
        """Tell a service something; what it answers is not read. Raises OutsideFailed when nobody hears."""
        signed_too = message if self.papers is None else self.papers.signed(message, self.desk.steps.clock())
        return self.post(service, signed_too)

    def _fault(self, event: Event, ven_id: str) -> Fault | None:
        """Take an event's signals in, all of them or none; why it is none."""
        if event.faults:
            return event.faults[0]
        newest = {each.id: each for each in self._newest() if _event_of(each) == event.id}
        if any(each.revision // STEP > event.revision for each in newest.values()):
            return Fault("modificationNumber", "out_of_sequence", "a later modification is known")
        try:
            now = list(self._signals(event, ven_id, newest))
            if event.test:
                check(self.desk, [signed(self.desk, each) for each in now])
                now = []
            ends = self._ends(newest, {each.id for each in now}, event.revision)
            signals = tuple(signed(self.desk, each) for each in [*now, *ends])
            check(self.desk, signals)
            take_in(self.desk, Said(signals))
        except InputRefused as refused:
            return refused.faults[0]
        except Conflict:
            return Fault("modificationNumber", "out_of_sequence", "it was said before with other content")
        return None

    def _signals(self, event: Event, ven_id: str, newest: Mapping[str, GridSignal]) -> Iterator[GridSignal]:
        """What is not over of what an event asks, for each of its targets. Raises InputRefused."""
        now, targets = self.desk.steps.clock(), self._targets(event, ven_id)
        asks = [(place, ask) for place, ask in enumerate(event.asks) if ask is not None]
        if asks and not newest and all(ask.ends <= now for _, ask in asks):
            raise InputRefused([Fault("eiActivePeriod", "over", "the event is over")])
        for place, ask in asks:
            for target in targets if ask.ends > now else ():
                yield self._signal(event, place, ask, target, newest)

    def _targets(self, event: Event, ven_id: str) -> list[str]:
        """Names of sites, nodes and branches, "" for the whole feeder. Raises InputRefused."""
        found: list[str] = []
        meant = [name for kind, name in event.targets if kind == "venID"]
        if meant and ven_id not in meant:
            raise InputRefused([Fault("eiTarget", "other_ven", "the event is another VEN's")])
        for kind, name in event.targets or (("venID", ven_id),):
            if kind == "venID":
                found.append("")
            elif kind == "resourceID":
                found.append(name)
            elif name in self.reach.groups:
                found += self.reach.groups[name]
            else:
                raise InputRefused([Fault("eiTarget", "unknown_target", f"no group is called {name[:64]!r} here")])
        narrower = [each for each in found if each]
        return list(dict.fromkeys(narrower or found))

    def _signal(self, event: Event, place: int, ask: Ask, target: str, newest: Mapping[str, GridSignal]) -> GridSignal:
        extent, named = target_of(self.desk, target)
        name = f"{quote(event.id, safe='')}/{place}" + (f"/{quote(target, safe=':')}" if target else "")
        return GridSignal(
            source=self.source,
            id=name,
            revision=_revision(newest.get(name), event.revision, ends=False),
            audience=self.desk.market,
            kind=SignalKind.IMPORT_LIMIT,
            extent=extent,
            target=named,
            value=ask.value,
            unit=ask.unit,
            starts=ask.starts,
            ends=ask.ends,
            expires=ask.ends,
            priority=event.priority,
            reason=f"demand response of {self.name}",
        )

    def _end_missing(self, present: set[str]) -> None:
        """End what was said and is distributed no more; it may come again."""
        gone = {each.id: each for each in self._newest() if _event_of(each) not in present}
        take_in(self.desk, Said(tuple(signed(self.desk, each) for each in self._ends(gone, set(), 0))))

    def _ends(self, newest: Mapping[str, GridSignal], kept: set[str], modification: int) -> Iterator[GridSignal]:
        now = self.desk.steps.clock().astimezone(UTC)
        for each in newest.values():
            if each.kind is not SignalKind.END and each.expires > now and each.id not in kept:
                new = _revision(each, modification, ends=True)
                end = replace(each, kind=SignalKind.END, value=0, unit=LimitUnit.W, revision=new, signature=b"")
                yield replace(end, extent=Extent.FEEDER, target="", reason="taken back")

    def _newest(self) -> list[GridSignal]:
        with self.desk.steps.database.read() as tx:
            said = [each for each in grid_signals.every(tx) if each.source == self.source]
        return list({each.id: each for each in sorted(said, key=lambda each: each.revision)}.values())


def question(now: datetime) -> str:
    """A name for what is asked at a moment."""
    return f"gridpact-{now:%Y%m%dT%H%M%S%f}"


def _event_of(signal: GridSignal) -> str:
    return unquote(signal.id.partition("/")[0])


def _revision(known: GridSignal | None, modification: int, *, ends: bool) -> int:
    """The revision of a signal: the one it has when it says the same, else the next. Raises InputRefused."""
    least = modification * STEP
    if known is None or known.revision < least:
        return least
    new = known.revision + ((known.kind is SignalKind.END) is not ends)
    if new // STEP > known.revision // STEP:
        raise InputRefused([Fault("eventID", "out_of_sequence", "it came and went too often: modify it")])
    return new


def _reply(event: Event, fault: Fault | None) -> Reply:
    code = OK if fault is None else CODES.get(fault.code, INVALID)
    return Reply(event.id, event.revision, fault is None, code, "OK" if fault is None else fault.message)
