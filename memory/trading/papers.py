"""Contracts on paper: deals put to it, papers by deal, PDFs by digest, what each party did. The tables only grow."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from memory.rows import write_once
from memory.trading import paper_tables


class Act(StrEnum):
    """What happens to a party's copy: delivered to it, opened, consented to, withdrawn from."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CONSENTED = "consented"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal that shall be negotiated and put on paper. id: that of its negotiation."""

    id: str
    slot: int
    seller_site: str
    buyer_site: str
    months: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One deal's papers. proposal: what is filed after both consents. pages: what was typeset, and documents: the
    SHA-256 of its PDF, each by ``name-language``. due_at: without both consents by then, there is no contract."""

    id: str
    seller_party: str
    buyer_party: str
    proposal: Mapping[str, Any]
    particulars: Mapping[str, Any]
    free: Mapping[str, str]
    pages: Mapping[str, Any]
    documents: Mapping[str, str]
    due_at: datetime
    cooling_off_days: int

    @property
    def parties(self) -> tuple[str, str]:
        """Seller and buyer."""
        return self.seller_party, self.buyer_party


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One PDF."""

    digest: str
    paper_id: str
    name: str
    language: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ActRow:
    """What a party did, or was done for it. documents: digests it was about. signature: the party's, over all this;
    empty for a delivery, which the house makes."""

    paper_id: str
    party_id: str
    kind: Act
    documents: Sequence[str]
    account_id: str
    at: datetime
    signature: bytes = b""


def save_deal(tx: Connection, row: DealRow) -> bool:
    """Put a deal to paper; whether it is new. Raises Conflict when its id has other content."""
    return write_once(tx, paper_tables.deal, [asdict(row)], grows=["at"]) > 0


def deals(tx: Connection) -> list[DealRow]:
    """Every deal, by slot, then id."""
    deal = paper_tables.deal.c
    return [DealRow(*row) for row in tx.execute(select(paper_tables.deal).order_by(deal.slot, deal.id))]


def save(tx: Connection, row: PaperRow, documents: Sequence[DocumentRow]) -> None:
    """Keep a deal's papers and their PDFs. Raises Conflict when something has other content."""
    write_once(tx, paper_tables.paper, [asdict(row)])
    kept = [asdict(each) for each in documents]
    write_once(tx, paper_tables.paper_document, kept)


def find(tx: Connection, id_: str) -> PaperRow | None:
    """One deal's papers, None before they are drawn up."""
    row = tx.execute(select(paper_tables.paper).where(paper_tables.paper.c.id == id_)).one_or_none()
    return None if row is None else PaperRow(*row)


def all(tx: Connection) -> list[PaperRow]:  # noqa: A001
    """Every deal's papers, by id."""
    return [PaperRow(*row) for row in tx.execute(select(paper_tables.paper).order_by(paper_tables.paper.c.id))]


def document(tx: Connection, digest: str) -> DocumentRow | None:
    """One PDF by its digest, None when nobody kept it."""
    row = tx.execute(_one(paper_tables.paper_document, digest=digest)).one_or_none()
    return None if row is None else DocumentRow(row[0], row[1], row[2], row[3], bytes(row[4]))


def act(tx: Connection, row: ActRow) -> bool:
    """Write down what a party did; the first time counts. Whether it is new."""
    known = paper_tables.paper_act
    if tx.execute(_one(known, paper_id=row.paper_id, party_id=row.party_id, kind=str(row.kind))).one_or_none():
        return False
    tx.execute(insert(known).values(asdict(row) | {"kind": str(row.kind), "documents": [*row.documents]}))
    return True


def acts(tx: Connection, paper_id: str) -> list[ActRow]:
    """What was done with a deal's papers, in time, then by party."""
    known = paper_tables.paper_act.c
    wanted = select(paper_tables.paper_act).where(known.paper_id == paper_id)
    return [
        ActRow(**{**row._mapping, "kind": Act(row.kind), "signature": bytes(row.signature)})
        for row in tx.execute(wanted.order_by(known.at, known.party_id, known.kind))
    ]


def approve(tx: Connection, template: str, party_id: str, account_id: str, at: datetime) -> None:
    """Write down that somebody approves a template's version; the same party again changes nothing."""
    row = {"template": template, "party_id": party_id, "account_id": account_id, "at": at}
    write_once(tx, paper_tables.template_approval, [row], grows=["account_id", "at"])


def approvers(tx: Connection, template: str) -> list[str]:
    """The parties that approved a template's version, in order."""
    known = paper_tables.template_approval.c
    return [*tx.execute(select(known.party_id).where(known.template == template).order_by(known.party_id)).scalars()]


def state(tx: Connection, subject: str, body: Mapping[str, Any], by: str, at: datetime) -> None:
    """Write down what a site, or the market, states about itself; what is not said stays."""
    known = stated(tx, subject)
    number = len(_statements(tx, subject)) + 1
    row = {"subject": subject, "number": number, "body": {**known, **body}, "by": by, "at": at}
    write_once(tx, paper_tables.particular, [row])


def stated(tx: Connection, subject: str) -> dict[str, Any]:
    """What a site, or the market, states about itself now."""
    rows = _statements(tx, subject)
    return dict(rows[-1]) if rows else {}


def _statements(tx: Connection, subject: str) -> list[dict[str, Any]]:
    known = paper_tables.particular.c
    return [*tx.execute(select(known.body).where(known.subject == subject).order_by(known.number)).scalars()]


def _one(table: Table, **key: str) -> Any:
    return select(table).where(*(table.c[name] == value for name, value in key.items()))
