"""A deal on paper whose people come over HTTP alone: they sign in, read, consent, change their mind, and find it so."""

from base64 import b32decode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from inside import REDUCED_DAY, prepared
from starlette.testclient import TestClient
from worlds import Worlds

from domain.account import AccountRole
from domain.slot import Slot
from gateways.http.app import create_app
from gridpact.clock import HandClock
from gridpact.demo import Run
from gridpact.door import doors
from gridpact.live import live_tick
from gridpact.wiring import open_reception
from identity import one_time_code
from services.access.accounts import invite
from services.deals.deal_parties import Invitation
from services.papers.concluding import paper_of
from services.papers.putting_on_paper import put_on_paper

API, PASSWORD = "/api/v1", "eleven turnips under moonlight"
REASON = "read the papers and the term sheet and found them in order"


@dataclass(slots=True)
class Person:
    """Somebody with a browser and an authenticator."""

    login: str
    browser: TestClient
    clock: HandClock
    secret: bytes = b""

    def invited(self, token: str) -> None:
        """Take an invitation up: the authenticator learns its secret, the password is chosen."""
        shown = self.browser.post(f"{API}/auth/invitations/see", json={"invitation": token})
        assert shown.status_code == 200, shown.text
        self.secret = b32decode(shown.json()["secret"])
        means = {"invitation": token, "password": PASSWORD, "code": self.code()}
        accepted = self.browser.post(f"{API}/auth/invitations/accept", json=means)
        assert accepted.status_code == 201, accepted.text

    def code(self) -> str:
        """The next one that was not used: the clock moves on for it."""
        self.clock.moment += one_time_code.STEP * 2
        return one_time_code.code(self.secret, one_time_code.step_at(self.clock.moment))

    def signs_in(self) -> None:
        means = {"login": self.login, "password": PASSWORD, "code": self.code()}
        answer = self.browser.post(f"{API}/auth/sign-in", json=means)
        assert answer.status_code == 200, answer.text

    def post(self, path: str, key: str, body: Any = None) -> Any:
        token = self.browser.get(f"{API}/auth/session").json()["csrf"]
        headers = {"X-CSRF-Token": token, "Idempotency-Key": f"{self.login} {key}"}
        return self.browser.post(f"{API}/{path}", json=body, headers=headers)

    def reads(self, path: str) -> Any:
        return self.browser.get(f"{API}/{path}")


@dataclass(frozen=True, slots=True)
class Dealt:
    """A market, a deal between two of its members that went on paper, and its door. people: by their party."""

    run: Run
    clock: HandClock
    deal: str
    parties: tuple[str, str]
    leaving: ExitStack
    people: dict[str, Person]

    def admit(self, party: str, role: AccountRole) -> Person:
        """Somebody of a party who was invited, and signed in a moment ago."""
        reception, login = open_reception(self.run.house), f"{party}@example.jp".lower()
        app = create_app(doors(self.run.house))
        browser = self.leaving.enter_context(TestClient(app, base_url=reception.website.origin))
        person = self.people[party] = Person(login, browser, self.clock)
        person.invited(invite(reception, "test", login, party, [role]))
        return person

    @property
    def path(self) -> str:
        return f"papers/{self.deal}"

    def done(self, reader: Person) -> dict[str, set[str]]:
        """What each side did with the papers so far, as one of them reads it."""
        acts = reader.reads(self.path).json()["acts"]
        return {party: {each["kind"] for each in acts if each["party_id"] == party} for party in self.parties}

    def contract(self) -> dict[str, Any]:
        """The deal's only contract, as its seller reads it."""
        listed = self.people[self.parties[0]].reads("contracts").json()["items"]
        (found,) = [each for each in listed if each["proposal_id"] == self.deal]
        return dict(found)


@pytest.fixture(scope="module")
def dealt(worlds: Worlds) -> Iterator[Dealt]:
    plan = replace(REDUCED_DAY, slots=3, planted=False, experts="human")
    with prepared(worlds.fresh(), plan) as (run, clock), ExitStack() as leaving:
        ctx = run.ctx
        past = ctx.histories.until(run.traded[0] - ctx.time.unknown)
        seller, buyer = (ctx.roster.ids[int(past[name].sum(axis=1).argmax())] for name in ("export_wh", "import_wh"))
        deal = put_on_paper(ctx.steps, Invitation(seller, buyer, run.traded[0], 6)).id
        run.scheduler.attend_cases()
        with run.house.database.read() as tx:
            parties = paper_of(tx, deal).parties
        made = Dealt(run, clock, deal, parties, leaving, {})
        for party in parties:
            made.admit(party, AccountRole.MEMBER)
        yield made


def test_nobody_agrees_over_http_before_reading_or_for_others(dealt: Dealt) -> None:
    """A side that did not open its explanation, and an expert: refused, and nothing but the delivery is on record."""
    seller, legal = dealt.people[dealt.parties[0]], dealt.admit("expert-legal", AccountRole.LEGAL)
    early = seller.post(f"{dealt.path}/consents", "early")
    assert (early.status_code, "open the explanation" in early.text) == (409, True)
    assert legal.post(f"{dealt.path}/consents", "hers").status_code == 404, "what is not hers is as if it were not"
    assert dealt.done(seller) == {party: {"delivered"} for party in dealt.parties}


def test_both_read_and_agree_and_the_contract_is_recorded(dealt: Dealt) -> None:
    """Each opens the PDF and consents; the experts that its case asks approve over HTTP; the chain holds it."""
    for side in (dealt.people[party] for party in dealt.parties):
        read = side.reads(f"{dealt.path}/explanation.pdf?language=ja")
        assert (read.status_code, read.content[:5]) == (200, b"%PDF-")
        assert [side.post(f"{dealt.path}/consents", key).status_code for key in ("agree", "again")] == [201, 201]
    assert dealt.done(side) == {party: {"delivered", "opened", "consented"} for party in dealt.parties}
    dealt.run.scheduler.attend_cases()
    live_tick(dealt.run, dealt.run.first_tick)
    (case,) = dealt.run.scheduler.open_cases()
    for role in case.roles:
        expert = dealt.people.get(f"expert-{role}") or dealt.admit(f"expert-{role}", AccountRole(role))
        expert.signs_in()
        (shown,) = [each for each in expert.reads("cases").json()["items"] if each["id"] == case.id]
        said = {"verdict": "approve", "reason": REASON, "evidence_hash": shown["evidence_hash"]}
        assert expert.post(f"cases/{case.id}/decisions", "says", said).status_code == 201
    dealt.clock.moment = Slot(dealt.run.first_tick + 1).start
    live_tick(dealt.run, dealt.run.first_tick + 1)
    assert dealt.contract()["state"] == "recorded"


def test_a_side_withdraws_while_it_may_and_freshly_signed_in(dealt: Dealt) -> None:
    """An old sign-in does not withdraw, a fresh one does and the contract is cancelled; nine days on it is too late."""
    seller, buyer = (dealt.people[party] for party in dealt.parties)
    assert buyer.post(f"{dealt.path}/withdrawals", "stale").status_code == 403
    buyer.signs_in()
    assert buyer.post(f"{dealt.path}/withdrawals", "mine").status_code == 201
    dealt.run.scheduler.attend_cases()
    assert dealt.contract()["state"] == "cancelled"
    dealt.clock.moment += timedelta(days=9)
    seller.signs_in()
    late = seller.post(f"{dealt.path}/withdrawals", "late")
    assert (late.status_code, "time to withdraw" in late.text) == (409, True)
