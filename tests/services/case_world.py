"""A small world for tests of casework: two homes, four experts with accounts, a deal and its case."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.terms import term_digest
from domain.account import AccountRole, AccountState
from domain.canonical import digest
from domain.case import Verdict
from domain.contract import ContractEvent, ContractState
from domain.party import Expertise, Party, Role
from domain.site import Site
from gridpact.clock import HandClock
from identity import access
from identity.authorisation import Kind, Principal
from identity.keys import KeyRing
from memory import cases, registry
from memory.access import accounts
from memory.access.accounts import AccountRow, RoleRow
from memory.cases import CaseRow
from memory.database import Database
from memory.trading import contracts, proposals
from memory.trading.contracts import ContractRow
from memory.trading.proposals import ProposalRow
from services.cases.cases import Ballot, decide, thread_of
from services.steps import Steps

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
REASON = "read the papers of both sides and found them in order"
EXPERTS = {
    "sato": AccountRole.LEGAL,
    "ito": AccountRole.LEGAL,
    "mori": AccountRole.GRID,
    "kato": AccountRole.FINANCE,
}
BODY = {
    "seller_site": "S1",
    "buyer_site": "S2",
    "slot_first": 990_000,
    "slot_end": 990_048,
    "energy_wh": 400_000,
    "price_mjpy_per_kwh": 12_000,
    "voltage_class": "LV",
    "support_scheme": "none",
    "extra_clauses": ["The buyer washes the panels."],
}


@dataclass
class Casework:
    """The world. clock: moved by hand."""

    database: Database
    steps: Steps
    clock: HandClock

    def case(self, case_id: str = "C-1") -> CaseRow:
        with self.database.read() as tx:
            return cases.get(tx, case_id)

    def decide(self, who: str, verdict: Verdict = Verdict.APPROVE, case_id: str = "C-1", shown: str = "") -> int:
        ballot = Ballot(case_id, verdict, REASON, shown or self.case(case_id).evidence_hash)
        return decide(self.steps, expert(who), ballot)


def expert(account: str, fresh: bool = True) -> Principal:
    return Principal(Kind.PERSON, account, f"party-{account}", frozenset({EXPERTS[account]}), fresh)


def member(number: int, fresh: bool = True) -> Principal:
    return Principal(Kind.PERSON, f"member-{number}", f"P{number}", frozenset({AccountRole.MEMBER}), fresh)


def build(database: Database, folder: Path) -> Casework:
    """Everybody registered, and one case of a deal that asks for a lawyer."""
    clock = HandClock(NOW)
    with database.begin("world") as tx:
        access.grant_defaults(tx)
        for number in (1, 2):
            registry.save_party(tx, Party(f"P{number}", f"P{number}", Role.MEMBER))
            registry.save_site(tx, Site(f"S{number}", f"P{number}", "tokyo"))
        for name, role in EXPERTS.items():
            registry.save_party(tx, Party(f"party-{name}", name, Role.EXPERT, Expertise(role)))
            accounts.add(tx, AccountRow(name, f"party-{name}", name, AccountState.ACTIVE, NOW))
            accounts.give_role(tx, RoleRow(name, role, NOW, "test"))
    world = Casework(database, Steps(database, KeyRing(folder / "keys.json", seed=1), clock), clock)
    open_case(world)
    return world


def open_case(
    world: Casework, case_id: str = "C-1", change: Callable[[CaseRow], CaseRow] = lambda case: case
) -> CaseRow:
    """A case of a deal of its own."""
    terms = BODY | {"deal": case_id, "value_ujpy": 4_800_000}
    contract = ContractRow(
        term_digest(terms),
        989_990,
        None,
        f"N-{case_id}",
        "S1",
        "S2",
        400_000,
        12_000,
        False,
        ContractState.DRAFTED,
        terms,
    )
    evidence: dict[str, Any] = {
        "contract": contract.digest,
        "trade": None,
        "terms": terms,
        "author": None,
        "pieces": [],
    }
    case = CaseRow(
        case_id,
        contract.digest,
        thread_of(case_id),
        NOW,
        NOW + timedelta(hours=4),
        ["legal"],
        1,
        [{"trigger": "E13", "text": "one clause outside the template", "text_ja": "定型外の条項1件"}],
        evidence,
        digest(evidence),
        harm_ujpy=4_800_000,
    )
    case = change(case)
    with world.database.begin("case") as tx:
        proposals.save(tx, [replace(ProposalRow(f"N-{case_id}", 989_990, BODY), state=proposals.DRAFTED)])
        contracts.save(tx, [contract])
        contracts.move(tx, [contract.digest], ContractEvent.ESCALATE)
        cases.open(tx, case)
    return case
