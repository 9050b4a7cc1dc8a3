"""A case as the policies see it: whom it is about, and whose expertise it asks for."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from identity.authorisation import Record
from memory import registry
from memory.cases import CaseRow
from memory.trading import contracts


def records_of(tx: Connection, cases: Sequence[CaseRow]) -> list[Record]:
    """One record a case, in their order. Its owners are the parties of the contract's sites, or of the site or the
    party that the case is about when there is no contract."""
    party_of = {site.id: site.party_id for site in registry.sites(tx)}
    owners = {
        contract.digest: frozenset(party_of[site] for site in (contract.seller_site, contract.buyer_site))
        for contract in contracts.of_digests(tx, [case.contract_digest for case in cases])
    }
    return [
        Record(owners.get(case.contract_digest) or _about(party_of, case), asks=frozenset(case.roles)) for case in cases
    ]


def _about(party_of: Mapping[str, str], case: CaseRow) -> frozenset[str]:
    owner = case.evidence.get("party") or party_of.get(case.evidence.get("site", ""))
    return frozenset() if owner is None else frozenset({owner})
