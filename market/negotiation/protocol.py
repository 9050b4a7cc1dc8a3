"""The protocol: two parties in turn, offers until one accepts, withdraws, or the rounds are over.

Alternating offers with a deadline (Rubinstein 1982, with a horizon). A message may put a few offers side by side, of
which the other accepts one: "multiple equivalent simultaneous offers" (Leonardelli et al. 2019). People and agents
send the same messages. Time is counted in rounds; whoever watches a clock calls ``expire``, and that never accepts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from domain.canonical import digest
from domain.errors import Fault, InputRefused, TransitionRefused
from domain.order import Side
from market.negotiation.agenda import Agenda, Offer
from market.negotiation.transcript import Entry, entry

NOTE_LENGTH_MAX = 2_000
_KEYS = {"negotiation", "number", "sender", "act", "offers", "reason", "note", "previous"}


class Act(StrEnum):
    """What a message does."""

    OFFER = "offer"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"


class Ending(StrEnum):
    """How a negotiation ended."""

    AGREED = "agreed"
    DEADLINE = "deadline"
    NO_ZONE = "no_zone_of_agreement"
    WITHDRAWN = "withdrawn"
    MANDATE = "mandate_exceeded"


@dataclass(frozen=True, slots=True)
class Message:
    """What a party sends. ``offers``: one or more to offer, exactly one of the other's last ones to accept, none to
    withdraw. ``reason``: of a withdrawal. ``note``: free text for people."""

    number: int
    sender: Side
    act: Act
    offers: tuple[Offer, ...]
    previous: str
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Negotiation:
    """Where a negotiation stands: what was said and, once it is over, how it ended."""

    agenda: Agenda
    transcript: tuple[Entry, ...] = ()
    ending: Ending | None = None

    @property
    def head(self) -> str:
        """The hash that the next message must name."""
        return self.transcript[-1].hash if self.transcript else root(self.agenda)

    @property
    def on_table(self) -> tuple[Offer, ...]:
        """The offers that may be accepted now."""
        offers = self.transcript[-1].offers if self.transcript and self.ending is None else ()
        return tuple(Offer(*offer) for offer in offers)

    @property
    def agreed(self) -> Offer | None:
        """What was agreed, None without an agreement."""
        return Offer(*self.transcript[-1].offers[0]) if self.ending == Ending.AGREED else None


@lru_cache(maxsize=1_024)
def root(agenda: Agenda) -> str:
    """The hash that a transcript begins with: the digest of its agenda."""
    return digest(asdict(agenda))


def open_negotiation(agenda: Agenda) -> Negotiation:
    """A negotiation in which nothing was said yet."""
    return Negotiation(agenda)


def post(negotiation: Negotiation, message: Message) -> Negotiation:
    """The negotiation after a message. Raises InputRefused with every fault; nothing is kept of such a message."""
    faults = list(_faults(negotiation, message))
    if faults:
        raise InputRefused(faults)
    added = entry(
        message.number,
        int(message.sender),
        str(message.act),
        tuple(map(tuple, message.offers)),
        message.reason,
        message.note,
        message.previous,
    )
    return Negotiation(negotiation.agenda, (*negotiation.transcript, added), _ending_of(message))


def expire(negotiation: Negotiation) -> Negotiation:
    """The negotiation after its time ran out: no deal. Raises TransitionRefused when it had ended before."""
    if negotiation.ending is not None:
        raise TransitionRefused(f"negotiation {negotiation.agenda.id} has ended: {negotiation.ending}")
    return replace(negotiation, ending=Ending.DEADLINE)


def read_message(agenda: Agenda, raw: Mapping[str, Any]) -> Message:
    """A message from outside, as a mapping with the keys of Message and ``negotiation``, the agenda's id.

    ``offers``: a list of mappings, one whole number for each issue. Raises InputRefused with every fault of form.
    """
    faults = [_fault(name, "unknown_field", "is not a field of a message") for name in sorted(raw.keys() - _KEYS)]
    for name, kind in (("number", int), ("sender", int), ("act", str), ("previous", str), ("negotiation", str)):
        if type(raw.get(name)) is not kind:
            faults.append(_fault(name, "wrong_type", f"takes {kind.__name__}, not {raw.get(name)!r:.60}"))
    faults += [_fault(name, "wrong_type", "takes text") for name in ("reason", "note") if not _is_text(raw, name)]
    if raw.get("sender") not in tuple(Side):
        faults.append(_fault("sender", "unknown_party", "0 is the buyer, 1 the seller"))
    if raw.get("act") not in tuple(map(str, Act)):
        faults.append(_fault("act", "unknown_act", f"known: {', '.join(Act)}"))
    if raw.get("negotiation") != agenda.id:
        faults.append(_fault("negotiation", "wrong_negotiation", f"this is {agenda.id}"))
    faults += _form_faults(raw.get("offers", []))
    if faults:
        raise InputRefused(faults)
    offers = tuple(Offer(**each) for each in raw.get("offers", []))
    text = {name: raw[name] for name in ("reason", "note") if name in raw}
    return Message(raw["number"], Side(raw["sender"]), Act(raw["act"]), offers, raw["previous"], **text)


def _form_faults(offers: Any) -> list[Fault]:
    if not isinstance(offers, list):
        return [_fault("offers", "wrong_type", "takes a list of offers")]
    faults = []
    for place, each in enumerate(offers):
        if not isinstance(each, Mapping):
            faults.append(_fault(f"offers:{place}", "wrong_type", "takes one whole number for each issue"))
            continue
        unknown = sorted(map(str, each.keys() - set(Offer._fields)))
        faults += [_fault(f"offers:{place}:{name}", "unknown_issue", "is not on the agenda") for name in unknown]
        wrong = [name for name in Offer._fields if type(each.get(name)) is not int]
        faults += [_fault(f"offers:{place}:{name}", "not_whole", "takes a whole number") for name in wrong]
    return faults


def _is_text(raw: Mapping[str, Any], name: str) -> bool:
    return isinstance(raw.get(name, ""), str)


def _faults(negotiation: Negotiation, message: Message) -> Iterator[Fault]:
    """Everything that is wrong with a well-formed message here and now."""
    agenda, number = negotiation.agenda, len(negotiation.transcript)
    if negotiation.ending is not None:
        yield _fault("negotiation", "ended", f"it is over: {negotiation.ending}")
    if message.number != number:
        yield _fault("number", "out_of_turn", f"the next message is {number}, not {message.number}")
    if message.sender != agenda.turn_of(number):
        yield _fault("sender", "out_of_turn", f"it is the turn of the {agenda.turn_of(number).name.lower()}")
    if message.previous != negotiation.head:
        yield _fault("previous", "wrong_link", "does not name the hash of the last message")
    if len(message.note) > NOTE_LENGTH_MAX:
        yield _fault("note", "too_long", f"has more than {NOTE_LENGTH_MAX} characters")
    if message.act == Act.OFFER:
        yield from _offer_faults(agenda, number, message.offers)
    elif message.act == Act.ACCEPT:
        if len(message.offers) != 1 or message.offers[0] not in negotiation.on_table:
            yield _fault("offers", "not_offered", "accept names exactly one of the offers in the last message")
    elif message.offers:
        yield _fault("offers", "not_empty", "a withdrawal has none")
    if message.reason not in _REASONS[message.act]:
        yield _fault("reason", "unknown_reason", f"known for {message.act}: {', '.join(_REASONS[message.act])}")


_REASONS = {
    Act.OFFER: ("",),
    Act.ACCEPT: ("",),
    Act.WITHDRAW: (Ending.WITHDRAWN, Ending.NO_ZONE, Ending.MANDATE, Ending.DEADLINE),
}


def _offer_faults(agenda: Agenda, number: int, offers: tuple[Offer, ...]) -> Iterator[Fault]:
    if number >= agenda.offers_max:
        yield _fault("act", "after_deadline", "the rounds are over: accept or withdraw")
    if not 1 <= len(offers) <= agenda.alternatives_max:
        yield _fault("offers", "wrong_count", f"from one offer to {agenda.alternatives_max}, not {len(offers)}")
    if len(set(offers)) != len(offers):
        yield _fault("offers", "repeated", "names an offer twice")
    for place, offer in enumerate(offers):
        for name, value, issue in zip(Offer._fields, offer, agenda.issues, strict=True):
            if type(value) is not int or value not in issue.values:
                yield _fault(f"offers:{place}:{name}", "off_agenda", f"{value!r} is not on the agenda")


def _ending_of(message: Message) -> Ending | None:
    if message.act == Act.ACCEPT:
        return Ending.AGREED
    return Ending(message.reason) if message.act == Act.WITHDRAW else None


def _fault(where: str, code: str, message: str) -> Fault:
    return Fault(where, code, f"{where} {message}" if not message.startswith("it ") else message)
