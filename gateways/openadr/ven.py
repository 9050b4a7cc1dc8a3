"""A VEN of OpenADR 2.0b: asks one VTN for its events, makes grid signals of them, and says what it will follow.

Every distribution names all events that stand, so one that is no longer there has been taken back. A modification is a
new revision of the event's signals; what it leaves out is ended. The VTN is known by its TLS certificate; whoever posts
for us has checked it. Nothing is remembered between two polls but the signals themselves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.errors import Conflict, InputRefused, OutsideFailed
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from gateways.openadr.ven_message import Event, created, distributed, parsed, registration, request, text_of
from memory.grid import grid_signals
from services.grid.grid_signals import check, signed, take_in
from services.orders.order_book import Desk

REGISTER, EVENTS = "EiRegisterParty", "EiEvent"
Post = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Said:
    """What a VTN said, signed: a SignalSource."""

    found: tuple[GridSignal, ...]

    def signals(self) -> list[GridSignal]:
        return list(self.found)


@dataclass(frozen=True, slots=True)
class Ven:
    """One VTN. name: ours for it. post: sends XML to one of its services; raises OutsideFailed when nobody answers."""

    name: str
    ven_name: str
    post: Post
    desk: Desk

    @property
    def source(self) -> str:
        """Under which its signals are kept."""
        return f"openadr2b:{self.name}"

    def poll(self, number: str) -> dict[str, bool]:
        """Ask once; by event, whether we follow it. number: names this question. Raises OutsideFailed."""
        ven_id = text_of(parsed(self.post(REGISTER, registration(self.ven_name, number))), "venID")
        if not ven_id:
            raise OutsideFailed(f"the VTN {self.name} does not register {self.ven_name}")
        said = distributed(parsed(self.post(EVENTS, request(ven_id, number))))
        opts = [(event, self._followed(event)) for event in said.events]
        self._end_missing({event.id for event in said.events})
        asked = [(event, opted) for event, opted in opts if event.answered]
        if asked:
            parsed(self.post(EVENTS, created(ven_id, said.request_id, asked)))
        return {event.id: opted for event, opted in opts}

    def _followed(self, event: Event) -> bool:
        """Take an event's signals in, all of them or none."""
        if event.faults:
            return False
        now = [self._signal(event, place) for place in range(len(event.intervals))]
        wanted = [*now, *self._ends(event.id, event.revision * 2, {each.id for each in now})]
        try:
            signals = tuple(signed(self.desk, each) for each in wanted)
            check(self.desk, signals)
            take_in(self.desk, Said(signals))
        except (InputRefused, Conflict):
            return False
        return True

    def _signal(self, event: Event, place: int) -> GridSignal:
        starts, ends, limit_w = event.intervals[place]
        return GridSignal(
            source=self.source,
            id=f"{event.id}/{place}",
            revision=event.revision * 2,
            audience=self.desk.market,
            kind=SignalKind.IMPORT_LIMIT,
            extent=Extent.FEEDER,
            target="",
            value=limit_w,
            unit=LimitUnit.W,
            starts=starts,
            ends=ends,
            expires=ends,
            reason=f"demand response of {self.name}",
        )

    def _end_missing(self, present: set[str]) -> None:
        """End what was said and is distributed no more; between two revisions, so that it may come again."""
        gone = {each.id.rpartition("/")[0] for each in self._newest()} - present
        ends = [end for event in sorted(gone) for end in self._ends(event, None, set())]
        take_in(self.desk, Said(tuple(signed(self.desk, each) for each in ends)))

    def _ends(self, event_id: str, revision: int | None, kept: set[str]) -> Iterator[GridSignal]:
        now = self.desk.steps.clock().astimezone(UTC)
        for each in self._newest():
            stands = each.kind is not SignalKind.END and each.expires > now and each.id not in kept
            if stands and each.id.rpartition("/")[0] == event_id:
                new = each.revision + 1 if revision is None else revision
                yield replace(each, kind=SignalKind.END, value=0, revision=new, reason="taken back", signature=b"")

    def _newest(self) -> list[GridSignal]:
        with self.desk.steps.database.read() as tx:
            said = [each for each in grid_signals.every(tx) if each.source == self.source]
        return list({each.id: each for each in sorted(said, key=lambda each: each.revision)}.values())


def question(now: datetime) -> str:
    """A name for what is asked at a moment."""
    return f"gridpact-{now:%Y%m%dT%H%M%S%f}"
