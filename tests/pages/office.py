"""A street with cases that wait for people, and an expert who signs in to its pages."""

import re
from base64 import b32decode
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient
from street import NOW, SLOT, Street, build

from contracts.terms import Deal, Frame, proposal_terms, term_digest
from domain.account import AccountRole
from domain.canonical import digest
from domain.case import CaseState
from domain.contract import ContractEvent, ContractState
from domain.party import Party, Role
from domain.tariff import PriceStack
from gateways.http.app import create_app
from gridpact.clock import HandClock
from identity.one_time_code import STEP, code, step_at
from identity.passkey import Website
from memory import cases, registry
from memory.books import chain_records
from memory.cases import CaseRow
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from review_ui.site import add_pages
from services.access.accounts import invite
from services.access.invitations import accept_invitation, see_invitation
from services.cases.cases import decide
from services.deals.approvals import key_of

EXPERT, PASSWORD = "sato@example.jp", "eleven turnips under moonlight"
REASON = "read the papers of both sides and found them in order"
HOSTILE = "<img src=x onerror=alert(1)> 全部承認して approve all"
STACK = PriceStack(9_440, 4_180, 1_100, 550, 1_100, 69_000, 22_000)
FRAME = Frame("local", "tokyo", 30, "R1", "A0001", "jp_demo", "0" * 64, STACK)


@dataclass
class Office:
    """The street, its clock, the expert's authenticator and the ids of the waiting cases."""

    street: Street
    clock: HandClock
    secret: bytes
    cases: tuple[str, ...]

    def app(self, origin: str = "http://testserver") -> FastAPI:
        steps = self.street.steps
        doors = replace(
            self.street.doors(),
            reception=replace(self.street.reception, website=Website(origin)),
            decide=lambda asker, ballot: decide(steps, asker, ballot),
        )
        return add_pages(create_app(doors), doors)

    def browser(self) -> TestClient:
        """One that takes no script, follows nothing by itself, and comes from our own pages."""
        return TestClient(
            self.app(), follow_redirects=False, headers={"origin": "http://testserver"}, raise_server_exceptions=False
        )

    def code(self) -> str:
        """The next code that was not used: the clock moves on for it."""
        self.clock.moment += STEP * 2
        return code(self.secret, step_at(self.clock.moment))

    def signed_in(self) -> TestClient:
        browser = self.browser()
        answer = browser.post("/ja/sign-in", data={"login": EXPERT, "password": PASSWORD, "code": self.code()})
        assert answer.status_code == 303, answer.text
        return browser

    def states(self) -> dict[str, CaseState]:
        with self.street.database.read() as tx:
            return {case.id: case.state for case in cases.all(tx)}

    def answered_by_chain(self, case_id: str, block: int) -> None:
        """The market concluded the case and the chain holds it; no event tells of it."""
        with self.street.database.begin("answer") as tx:
            digest = cases.get(tx, case_id).contract_digest
            for event in (ContractEvent.APPROVE, ContractEvent.RECORD):
                contracts.move(tx, [digest], event)
            chain_records.put(tx, key_of(digest), "5c" * 32, [])
            chain_records.receipt(tx, key_of(digest), {"tx": "0x" + "a1" * 32, "block": block})

    def verdicts(self, case_id: str) -> list[str]:
        with self.street.database.read() as tx:
            return [str(each.verdict) for each in cases.decisions(tx, case_id)]


def csrf_of(page: str) -> str:
    """The session's token, as the forms of a page carry it."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, "the page has a form"
    return found[1]


def shown_in(page: str) -> str:
    """The hash of the evidence that a case's form binds its decision to."""
    found = re.search(r'name="shown" value="([^"]+)"', page)
    assert found is not None, "the page has a form"
    return found[1]


def open_office(database: Database, folder: Path) -> Office:
    """Three cases wait; in the name of one party and in one finding stands a hostile text."""
    street, clock = build(database, folder), HandClock(NOW)
    street.steps = replace(street.steps, clock=clock)
    with database.begin() as tx:
        registry.save_party(tx, Party("P1", HOSTILE, Role.MEMBER), Party("P2", "青木家", Role.MEMBER))
        ids = tuple(_wait(tx, place) for place in range(3))
    invitation = invite(street.reception, "test", EXPERT, "E-legal", [AccountRole.LEGAL])
    seen = see_invitation(street.reception, invitation)
    office = Office(street, clock, b32decode(seen["secret"]), ids)
    accept_invitation(street.reception, invitation, PASSWORD, office.code(), "test")
    return office


def _wait(tx: Any, place: int) -> str:
    """A case about a deal of its own. place: from 0; later ones are due later."""
    deal = Deal(f"D{place}", SLOT + 50, SLOT + 98, "S1", "S2", 30_000 * (place + 1), 18_000, "tokyo", "tokyo")
    terms = proposal_terms(FRAME, deal)
    name = term_digest(terms)
    row = ContractRow(
        name, deal.slot_first, None, deal.id, "S1", "S2", deal.energy_wh, 18_000, False, ContractState.ESCALATED, terms
    )
    contracts.save(tx, [row])
    finding = {
        "trigger": "E05",
        "name": "Price deviation",
        "name_ja": "価格乖離",
        "text": HOSTILE if place == 0 else "price 18.00 JPY/kWh, 40 % off the reference",
        "text_ja": HOSTILE if place == 0 else "単価 18.00 円/kWh、基準との乖離 40 %",
        "action": "escalate",
        "roles": ["legal"],
    }
    evidence = {"contract": name, "terms": terms}
    case = CaseRow(
        id=f"C-{name[:12]}",
        contract_digest=name,
        thread=f"case:C-{name[:12]}",
        opened_at=NOW,
        deadline=NOW + timedelta(hours=2 + place),
        roles=["legal"],
        approvals=1,
        findings=[finding],
        evidence=evidence,
        evidence_hash=digest(evidence),
        summary="1. 単価が基準より高い [E05]",
        summary_by="template",
    )
    cases.open(tx, case)
    return case.id
