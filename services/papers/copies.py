"""A copy of a paper for whoever may see it: of a deal, of one contract, of the master terms, in one language."""

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection

from contracts.paper.document import page
from contracts.paper.field import LANGUAGES
from contracts.paper.paper_template import INDIVIDUAL, MASTER, PRE_CONTRACT, template
from contracts.paper.pdf import pdf
from domain.errors import Fault, InputRefused, RuleBroken
from memory.trading import papers
from memory.trading.contracts import ContractRow
from memory.trading.papers import PaperRow


class Copy(NamedTuple):
    """One PDF. digest: its SHA-256. name: individual, pre_contract or master."""

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


def copy_of_contract(tx: Connection, contract: ContractRow, language: str) -> Copy:
    """The words a contract stands for: its own papers, or the master terms of its batch.

    Raises RuleBroken when its terms stand for other words than this program has, or for none on paper.
    """
    paper = papers.find(tx, contract.proposal_id) if contract.proposal_id else None
    if paper is not None:
        return copy_of(tx, paper, INDIVIDUAL, language)
    if not contract.standard:
        raise RuleBroken(f"contract {contract.digest} was made without papers; its terms are all there is")
    return master_copy(language, contract.terms.get("label", ""))


def master_copy(language: str, label: str = "") -> Copy:
    """The master terms as this program has them. label: shown on every page."""
    content = pdf(page(template(MASTER), {}, None, language, label))
    return Copy(MASTER, language, hashlib.sha256(content).hexdigest(), content)
