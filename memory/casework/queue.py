"""The cases that wait, in the order in which people should look at them, a part at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, cast, func, or_, select
from sqlalchemy import case as graded

from domain.case import HIGH_UJPY, MEDIUM_UJPY, CaseState, Harm, QueueOrder
from domain.slot import EPOCH
from memory import tables
from memory.cases import CaseRow
from memory.casework.case_tables import case_claim
from memory.window import Window, cut

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody sees who does not see every case: those that ask for one of these roles, and those about the own
    party or one of its sites."""

    roles: Sequence[str]
    party: str
    sites: Sequence[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open cases. role: that ask for it. trigger: with such a finding. text: these words in id, summary or
    findings, capital or not; named: or about a contract of one of these sites. account: held by it. harm: of this
    grade. seen: by whoever sees only some."""

    role: str | None = None
    trigger: str | None = None
    text: str | None = None
    account: str | None = None
    named: Sequence[str] = ()
    harm: Harm | None = None
    seen: Seen | None = None


EVERY = Wanted()


def part(tx: Connection, wanted: Wanted, order: QueueOrder, window: Window) -> list[CaseRow]:
    """Open cases in parts, one more than the window's limit where there are more: by ``place_of``, then id."""
    case = tables.case_file.c
    chosen = select(tables.case_file).where(*_conditions(wanted))
    rows = tx.execute(cut(chosen, [_place(order), case.id], window))
    return [CaseRow(**{**row._mapping, "state": CaseState(row.state)}) for row in rows]


def ended(tx: Connection, seen: Seen | None, limit: int) -> list[CaseRow]:
    """Cases that ended, the latest deadline first. seen: by whoever sees only some."""
    case = tables.case_file.c
    chosen = select(tables.case_file).where(case.state != str(CaseState.OPEN), *([] if seen is None else [_seen(seen)]))
    rows = tx.execute(chosen.order_by(case.deadline.desc(), case.id).limit(limit))
    return [CaseRow(**{**row._mapping, "state": CaseState(row.state)}) for row in rows]


def place_of(case: CaseRow, order: QueueOrder) -> tuple[int, str]:
    """Where a case stands in the queue: the least comes first."""
    by_time = (case.deadline - EPOCH) // MICROSECOND
    return (-case.harm_ujpy if order is QueueOrder.HARM else by_time), case.id


def waiting(tx: Connection, wanted: Wanted = EVERY) -> int:
    """How many such cases are open."""
    return tx.execute(select(func.count()).select_from(tables.case_file).where(*_conditions(wanted))).scalar_one()


def _place(order: QueueOrder) -> ColumnElement[int]:
    case = tables.case_file.c
    if order is QueueOrder.HARM:
        return -case.harm_ujpy
    return cast(func.extract("epoch", case.deadline) * 1_000_000, BigInteger)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    case, held = tables.case_file.c, case_claim.c
    found: list[ColumnElement[bool]] = [case.state == str(CaseState.OPEN)]
    if wanted.role is not None:
        found.append(case.roles.contains([wanted.role]))
    if wanted.trigger is not None:
        found.append(case.findings.contains([{"trigger": wanted.trigger}]))
    if wanted.text is not None:
        sought = wanted.text.lower()
        words = func.lower(case.id + " " + case.summary + " " + cast(case.findings, Text))
        found.append(or_(words.contains(sought, autoescape=True), _about(wanted.named)))
    if wanted.account is not None:
        found.append(case.id.in_(select(held.case_id).where(held.account_id == wanted.account)))
    if wanted.harm is not None:
        found.append(_grade() == str(wanted.harm))
    if wanted.seen is not None:
        found.append(_seen(wanted.seen))
    return found


def _about(sites: Sequence[str]) -> ColumnElement[bool]:
    """Cases about a contract of one of the sites."""
    contract = tables.contract.c
    theirs = select(contract.digest).where(or_(contract.seller_site.in_(sites), contract.buyer_site.in_(sites)))
    return tables.case_file.c.contract_digest.in_(theirs)


def _grade() -> ColumnElement[str]:
    """As :func:`domain.case.harm_of`."""
    found = tables.case_file.c
    high = or_(found.harm_ujpy >= HIGH_UJPY, found.approvals > 1)
    medium = or_(found.harm_ujpy >= MEDIUM_UJPY, func.jsonb_array_length(found.findings) > 1)
    return graded((high, str(Harm.HIGH)), (medium, str(Harm.MEDIUM)), else_=str(Harm.LOW))


def _seen(seen: Seen) -> ColumnElement[bool]:
    found = tables.case_file.c
    return or_(
        *(found.roles.contains([role]) for role in seen.roles),
        _about(seen.sites),
        found.evidence["party"].astext == seen.party,
        found.evidence["site"].astext.in_(seen.sites),
        found.evidence["parties"].contains([seen.party]),
    )
