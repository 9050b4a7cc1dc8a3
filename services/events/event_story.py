"""What each entry of the journal tells the outside: the events it means, read from the rows that it speaks of.

Only what never changes later goes in, so that an entry tells the same today and in a year, and event places hold.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.contract import ContractEvent, ContractState
from domain.event import EventKind
from domain.grid_signal import Extent, SignalKind
from domain.trade import Venue
from identity.action import Action
from identity.authorisation import COMMUNITY, Record
from memory import cases
from memory.books import chain_records, journal, settlements, steps
from memory.books.journal import Entry
from memory.cases import CaseRow
from memory.grid.grid_signals import Resumption
from memory.trading import clearings, contracts, trades
from memory.trading.contracts import ContractRow
from memory.trading.trades import TradeRow
from services.cases.case_records import records_of
from services.devices.metered_file import IMPORTED
from services.grid.cutting import CUT
from services.grid.grid_signals import resumed
from services.market_time import MarketTime
from services.members.mandates import CHANGED
from services.orders.order_book import order_id
from services.orders.order_record import COMMAND

RECORDED = "chain.recorded"
CONTRACT_ENDS: Mapping[str, EventKind] = {
    ContractEvent.APPROVE: EventKind.CONTRACT_APPROVED,
    ContractEvent.REJECT: EventKind.CONTRACT_REFUSED,
    ContractEvent.EXPIRE: EventKind.CONTRACT_REFUSED,
    ContractEvent.AMEND: EventKind.CONTRACT_REFUSED,
}


class Told(NamedTuple):
    """One event before it has its place. Whoever may do one of ``actions`` to ``record`` sees it."""

    kind: EventKind
    subject: str
    data: dict[str, Any]
    actions: tuple[Action, ...] = (Action.SEE_MARKET,)
    record: Record = COMMUNITY


@dataclass(frozen=True, slots=True)
class Teller:
    """Reads one transaction's view of the market. party_of: whose each site is."""

    tx: Connection
    time: MarketTime
    party_of: Mapping[str, str]

    def tell(self, entry: Entry) -> list[Told]:
        """The events of an entry, always the same and in the same order."""
        return list(TELLS[entry.kind](self, entry))

    def owners(self, *sites: str) -> Record:
        """A record about the parties of sites."""
        return Record(frozenset(self.party_of[site] for site in sites if site in self.party_of))


Tells = Callable[[Teller, Entry], Iterator[Told]]


def _cleared(teller: Teller, entry: Entry) -> Iterator[Told]:
    slot = _slot(entry)
    row = clearings.get(teller.tx, slot)
    assert row is not None, f"the journal says that slot {slot} was cleared"
    start = teller.time.start(slot).isoformat()
    data = {
        "slot": slot,
        "start": start,
        "price_mjpy_per_kwh": row.price_mjpy_per_kwh,
        "volume_wh": row.volume_wh,
        "offered_wh": row.offered_wh,
    }
    yield Told(EventKind.SLOT_CLEARED, str(slot), data)
    yield from _trades(teller, (each for each in trades.of_slot(teller.tx, slot) if each.market is Venue.CALL))


def _ordered(teller: Teller, entry: Entry) -> Iterator[Told]:
    """What a command to a continuous book traded at once."""
    _, slot, seq = entry.subject.rsplit(":", 2)
    by_it = f"{order_id(int(slot), int(seq))}:"
    yield from _trades(teller, (each for each in trades.of_slot(teller.tx, int(slot)) if each.id.startswith(by_it)))


def _session_held(teller: Teller, entry: Entry) -> Iterator[Told]:
    slots = teller.time.slots_of(date.fromisoformat(entry.subject.rsplit(":", 1)[1]))
    made = trades.between(teller.tx, slots[0], slots[-1])
    yield from _trades(teller, (each for each in made if each.market is Venue.DAY_AHEAD))


def _trades(teller: Teller, rows: Iterable[TradeRow]) -> Iterator[Told]:
    for row in rows:
        record = teller.owners(row.seller_site, row.buyer_site)
        yield Told(EventKind.TRADE_MADE, row.id, asdict(row) | {"market": str(row.market)}, (Action.SEE_HOME,), record)


def _drafted(teller: Teller, entry: Entry) -> Iterator[Told]:
    for row in contracts.of_slot(teller.tx, _slot(entry)):
        yield _contract(teller, EventKind.CONTRACT_DRAFTED, row)


def _reviewed(teller: Teller, entry: Entry) -> Iterator[Told]:
    """What passed by rule, what the rules forbid, and the cases of what people must decide."""
    drafted = {each.digest: each for each in contracts.of_slot(teller.tx, _slot(entry))}
    opened = cases.of_contracts(teller.tx, list(drafted))
    asked = {each.contract_digest for each in opened}
    for digest, row in drafted.items():
        if row.state is ContractState.BLOCKED:
            yield _contract(teller, EventKind.CONTRACT_REFUSED, row)
        elif digest not in asked:
            yield _contract(teller, EventKind.CONTRACT_APPROVED, row)
    for case in sorted(opened, key=lambda each: each.id):
        yield _case(teller, EventKind.CASE_OPENED, case, {"deadline": case.deadline.isoformat()})


def _decided(teller: Teller, entry: Entry) -> Iterator[Told]:
    said = journal.body_of(entry)
    more = {"stage": said["stage"], "verdict": said["verdict"]}
    yield _case(teller, EventKind.CASE_DECIDED, cases.get(teller.tx, entry.subject), more)


def _concluded(teller: Teller, entry: Entry) -> Iterator[Told]:
    case = cases.get(teller.tx, entry.subject.partition(":")[2])
    done = steps.find(teller.tx, entry.subject, "conclude")
    assert done is not None, f"the journal says that {case.id} was concluded"
    yield _case(teller, EventKind.CASE_CLOSED, case, {"outcome": done["event"]})
    if case.contract_digest:  # a case about a stopped key has none
        yield _contract(teller, CONTRACT_ENDS[done["event"]], contracts.get(teller.tx, case.contract_digest))


def _recorded(teller: Teller, entry: Entry) -> Iterator[Told]:
    record = chain_records.get(teller.tx, entry.subject)
    leaves = record.leaves or [entry.subject.partition(":")[2]]
    for row in contracts.of_digests(teller.tx, leaves):
        yield _contract(teller, EventKind.CONTRACT_RECORDED, row)


def _stopped(teller: Teller, entry: Entry) -> Iterator[Told]:
    done = steps.find(teller.tx, entry.subject, "stopped")
    assert done is not None, f"the journal says that {entry.subject} was stopped"
    slot = _slot(entry)
    yield Told(EventKind.SLOT_STOPPED, str(slot), {"slot": slot, **done})
    for row in contracts.of_slot(teller.tx, slot):
        if row.state is ContractState.CANCELLED:
            yield _contract(teller, EventKind.CONTRACT_CANCELLED, row)


def _cut(teller: Teller, entry: Entry) -> Iterator[Told]:
    """What is left of contracts that the wires no longer bear, or that trading's stop took."""
    said = journal.body_of(entry)
    for row in contracts.of_digests(teller.tx, list(said["kept_wh"])):
        kept_wh = said["kept_wh"][row.digest]
        told = _contract(teller, EventKind.CONTRACT_CUT if kept_wh else EventKind.CONTRACT_CANCELLED, row)
        yield told._replace(data=told.data | {"kept_wh": kept_wh, "reason": said["reason"]})


def _waits(teller: Teller, entry: Entry) -> Iterator[Told]:
    slot = _slot(entry)
    yield Told(EventKind.SLOT_WAITS, str(slot), {"slot": slot, **journal.body_of(entry)}, (Action.SEE_OPERATION,))


def _settled(teller: Teller, entry: Entry) -> Iterator[Told]:
    slot = _slot(entry)
    rows = settlements.of_slots(teller.tx, slot, slot)
    sold_wh = sum(row.sold_wh for row in rows)
    yield Told(EventKind.SLOT_SETTLED, str(slot), {"slot": slot, "sold_wh": sold_wh, "sites": len(rows)})
    for row in rows:
        yield Told(EventKind.SITE_SETTLED, row.site_id, asdict(row), (Action.SEE_HOME,), teller.owners(row.site_id))


def _signalled(teller: Teller, entry: Entry) -> Iterator[Told]:
    said = journal.body_of(entry)
    if said["kind"] == SignalKind.STOP:
        data = {"signal": entry.subject, "source": said["source"], "reason": said["reason"], "from": said["from"]}
        yield Told(EventKind.MARKET_STOPPED, entry.subject, data)
    whose = teller.owners(said["target"]) if said["extent"] == Extent.SITE else COMMUNITY
    actions = (Action.SEE_OPERATION, Action.SEE_HOME)
    yield Told(EventKind.GRID_SIGNAL, entry.subject, said, actions, whose)


def _resumed(teller: Teller, entry: Entry) -> Iterator[Told]:
    """One person's word, and with the second one that trading goes on."""
    said = [
        Resumption(each.subject, body["role"], body["person"], body["reason"], each.at)
        for each in journal.entries(teller.tx, entry.kind, entry.subject)
        if each.seq <= entry.seq
        for body in [journal.body_of(each)]
    ]
    data = {"signal": entry.subject}
    yield Told(EventKind.MARKET_RESUME_ASKED, entry.subject, data | {"role": said[-1].role}, (Action.SEE_OPERATION,))
    if entry.subject in resumed(said) and entry.subject not in resumed(said[:-1]):
        yield Told(EventKind.MARKET_RESUMED, entry.subject, data)


def _mandate_changed(teller: Teller, entry: Entry) -> Iterator[Told]:
    data = {"site": entry.subject, **journal.body_of(entry)}
    yield Told(EventKind.MANDATE_CHANGED, entry.subject, data, (Action.SEE_HOME,), teller.owners(entry.subject))


def _corrected(teller: Teller, entry: Entry) -> Iterator[Told]:
    """An operator's file, whose values stand above what the meters sent themselves. It may speak of many homes."""
    data = {"file": entry.subject, **journal.body_of(entry)}
    yield Told(EventKind.READINGS_CORRECTED, entry.subject, data, (Action.SEE_OPERATION,))


def _contract(teller: Teller, kind: EventKind, row: ContractRow) -> Told:
    data = {
        "contract": row.digest,
        "slot": row.slot,
        "trade": row.trade_id,
        "proposal": row.proposal_id,
        "seller_site": row.seller_site,
        "buyer_site": row.buyer_site,
        "energy_wh": row.energy_wh,
        "price_mjpy_per_kwh": row.price_mjpy_per_kwh,
    }
    return Told(kind, row.digest, data, (Action.SEE_HOME,), teller.owners(row.seller_site, row.buyer_site))


def _case(teller: Teller, kind: EventKind, case: CaseRow, more: dict[str, Any]) -> Told:
    data = {"case": case.id, "contract": case.contract_digest, **more}
    return Told(kind, case.id, data, (Action.SEE_CASE,), records_of(teller.tx, [case])[0])


def _slot(entry: Entry) -> int:
    """The slot of a thread such as ``slot:local:990000``."""
    return int(entry.subject.rsplit(":", 1)[1])


TELLS: Mapping[str, Tells] = {
    "step.clear": _cleared,
    "step.session": _session_held,
    COMMAND: _ordered,
    "step.draft": _drafted,
    "step.review": _reviewed,
    "step.conclude": _concluded,
    "step.stopped": _stopped,
    "step.settle": _settled,
    "case.decision": _decided,
    RECORDED: _recorded,
    CUT: _cut,
    "slot.waits": _waits,
    "grid.signal": _signalled,
    "grid.resume": _resumed,
    CHANGED: _mandate_changed,
    IMPORTED: _corrected,
}
"""By kind of journal entry what it tells. Other entries are the house's own business."""
