"""A copy of a paper for whoever may see it: of a deal, of one contract, of the master terms, in one language."""

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection

from contracts.paper.document import page
from contracts.paper.field import LANGUAGES
from contracts.paper.paper_template import INDIVIDUAL, MASTER, PRE_CONTRACT, template
from contracts.paper.particulars import paper_values
from contracts.paper.pdf import pdf
from domain.errors import Fault, InputRefused
from memory.trading import papers
from memory.trading.contracts import ContractRow
from memory.trading.papers import PaperRow
from services.market_time import MarketTime
from services.papers.particulars import stated_of

READING = "terms"
NOT_AGREED = {
    "ja": "契約条件の写し（書面では合意されていません）",
    "en": "A reading of the terms; nobody has agreed to this on paper",
}


class Copy(NamedTuple):
    """One PDF. digest: its SHA-256. name: individual, pre_contract, master or terms."""

    name: str
    language: str
    digest: str
    content: bytes


def copy_of(tx: Connection, paper: PaperRow, name: str, language: str) -> Copy:
    """A deal's document as it was delivered. Raises InputRefused on a document or language that there is not."""
    if name not in (INDIVIDUAL, PRE_CONTRACT) or language not in LANGUAGES:
        raise InputRefused([Fault(name[:40], "unknown_document", f"say {INDIVIDUAL} or {PRE_CONTRACT}, ja or en")])
    kept = papers.document(tx, paper.documents[f"{name}-{language}"])
    assert kept is not None, f"{paper.id} was delivered and its {name} is not kept"
    return Copy(name, language, kept.digest, kept.content)


def copy_of_contract(tx: Connection, contract: ContractRow, time: MarketTime, language: str) -> Copy:
    """The words a contract stands for: its own papers, the master terms of its batch, or what its terms read as when it
    was made without papers. Raises InputRefused when the register lacks what such a reading states."""
    paper = papers.find(tx, contract.proposal_id) if contract.proposal_id else None
    if paper is not None:
        return copy_of(tx, paper, INDIVIDUAL, language)
    if not contract.standard:
        return _reading(tx, contract, time, language)
    return master_copy(language, contract.terms.get("label", ""))


def master_copy(language: str, label: str = "") -> Copy:
    """The master terms as this program has them. label: shown on every page."""
    content = pdf(page(template(MASTER), {}, None, language, label))
    return Copy(MASTER, language, hashlib.sha256(content).hexdigest(), content)


def _reading(tx: Connection, contract: ContractRow, time: MarketTime, language: str) -> Copy:
    """A contract's terms in the words of the template, labelled as what nobody has agreed to on paper."""
    terms = contract.terms
    stated = {
        **stated_of(tx, contract.seller_site, contract.buyer_site),
        "concluded_on": time.day_of(contract.slot).isoformat(),
    }
    starts, ends = (time.start(terms[name]).astimezone(time.zone) for name in ("slot_first", "slot_end"))
    values = paper_values(terms, starts, ends, template(INDIVIDUAL).digest, stated)
    label = " ".join(filter(None, [terms.get("label", ""), NOT_AGREED[language]]))
    content = pdf(page(template(INDIVIDUAL), values, None, language, label))
    return Copy(READING, language, hashlib.sha256(content).hexdigest(), content)
