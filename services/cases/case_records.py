"""A case as the policies see it: whom it is about, who wrote it, whose expertise it asks for; and what all of its doors
ask first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from domain.case import CaseState
from domain.errors import Fault, InputRefused, TransitionRefused
from identity.authorisation import Record
from memory import registry
from memory.cases import CaseRow
from memory.trading import contracts

REASON_CHARACTERS_MIN = 20


def records_of(tx: Connection, cases: Sequence[CaseRow]) -> list[Record]:
    """One record a case, in their order. Its owners are the parties of the contract's sites, or of the site or the
    party that the case is about when there is no contract."""
    party_of = {site.id: site.party_id for site in registry.sites(tx)}
    owners = {
        contract.digest: frozenset(party_of[site] for site in (contract.seller_site, contract.buyer_site))
        for contract in contracts.of_digests(tx, [case.contract_digest for case in cases])
    }
    return [
        Record(
            owners.get(case.contract_digest) or _about(party_of, case),
            author=case.evidence.get("author"),
            asks=frozenset(case.roles),
        )
        for case in cases
    ]


def _about(party_of: Mapping[str, str], case: CaseRow) -> frozenset[str]:
    if "parties" in case.evidence:  # of a dispute: both sides, and whoever has ruled on it before
        return frozenset(case.evidence["parties"])
    owner = case.evidence.get("party") or party_of.get(case.evidence.get("site", ""))
    return frozenset() if owner is None else frozenset({owner})


def require_reason(reason: str) -> None:
    """Raises InputRefused on words that say too little."""
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        words = f"give a reason of {REASON_CHARACTERS_MIN} characters or more"
        raise InputRefused([Fault("reason", "too_short", words)])


def require_open(case: CaseRow, now: datetime) -> None:
    """Raises TransitionRefused when a case has ended or its deadline has passed."""
    if case.state is not CaseState.OPEN:
        raise TransitionRefused(f"case {case.id} is {case.state}, nothing is left to decide")
    if now >= case.deadline:
        raise TransitionRefused(f"case {case.id} passed its deadline {case.deadline:%Y-%m-%d %H:%M}; silence rejects")
