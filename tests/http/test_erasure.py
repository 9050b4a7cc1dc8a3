"""Erasing a person: two people in two roles, never more than the law lets go, and the audit's records stay."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from street import NOW, Street, build

from domain.account import AccountRole, AccountState
from domain.contract import ContractEvent, ContractState
from domain.errors import InputRefused, PermissionDenied, RuleBroken
from gridpact.clock import HandClock
from identity.authorisation import Kind, Principal
from memory import registry
from memory.access import accounts, oauth_grants, outside_identities
from memory.access.oauth_grants import GrantRow
from memory.books import journal
from memory.database import Database
from memory.devices.columns import METADATA
from memory.events import webhooks
from memory.events.webhooks import WebhookRow
from memory.members import person_records
from memory.members.person_records import RecordKind
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from policies.pack import load_pack
from services.members import people
from services.members.erasure import erase, pseudonym_of
from services.members.people import Document

WHY = "asked for by letter of the first of May"
LEGAL, ADMIN = AccountRole.LEGAL, AccountRole.ADMIN
NAME, PAPERS = "Aoki Hana of the third house", "driving licence of Chiba"


def person(name: str, *roles: AccountRole, party: str = "party-staff") -> Principal:
    return Principal(Kind.PERSON, name, party, frozenset(roles), fresh=True)


LAWYER, BOSS = person("sato", LEGAL), person("ito", ADMIN, LEGAL)


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    """A street whose first member has left traces everywhere."""
    built = build(database, tmp_path)
    built.steps = replace(built.steps, clock=HandClock(NOW))
    with database.begin() as tx:
        (member,) = [each for each in registry.parties(tx) if each.id == "P1"]
        registry.save_party(tx, replace(member, name=NAME))
        person_records.add(tx, "P1", RecordKind.EVIDENCE, {"document": PAPERS, "subject_hash": ""}, NOW, "test")
    people.consent(built.steps, "P1", Document("notice", "1", "a" * 64), "test")
    people.agree(built.steps, load_pack("jp_demo"), "P1", Document("membership", "1", "b" * 64), "test")
    return built


def traces(street: Street) -> list[str]:
    """Where name or papers still stand, over every column of every table."""
    with street.database.read() as tx:
        return [
            name
            for name in METADATA.tables
            for row in tx.execute(text(f"SELECT {name}::text FROM {name}")).scalars()
            if NAME in row or PAPERS in row
        ]


def test_the_second_word_erases_what_no_law_asks_for(street: Street) -> None:
    """One word changes nothing; afterwards nobody signs in, the name stands nowhere, the agreement stays to its day."""
    steps = street.steps
    assert sorted(traces(street)) == ["party", "person_record"]
    assert not erase(steps, LAWYER, "P1", WHY).done
    assert sorted(traces(street)) == ["party", "person_record"]
    ended = erase(steps, BOSS, "P1", WHY)
    assert (ended.role, ended.done, ended.records, ended.kept) == ("admin", True, 2, 1)
    assert traces(street) == []
    with street.database.read() as tx:
        (account,) = [each for each in accounts.all(tx) if each.party_id == "P1"]
        (kept,) = person_records.of_party(tx, "P1")
        assert (account.state, account.login) == (AccountState.LEFT, pseudonym_of("P1"))
        assert journal.verify(tx, steps.keys.publics()) > 0
    assert kept.kind is RecordKind.AGREEMENT
    answer = street.client.get("/api/v1/cases", headers={"Authorization": "Bearer P1"})
    assert answer.status_code == 401
    with pytest.raises(RuleBroken, match="erased already"):
        erase(steps, LAWYER, "P1", WHY)


def test_nothing_elsewhere_leads_to_an_erased_person_any_more(street: Street) -> None:
    """Neither a sign-in at another provider nor a webhook is left; what it granted to programs has ended."""
    steps = street.steps
    with street.database.begin() as tx:
        assert outside_identities.link(tx, "https://login.example", "hana", "P1", NOW)
        place = 0, 0, 0, NOW
        webhooks.add(tx, WebhookRow("w", "P1", "https://hana.example", b"", (), None, NOW, *place))
        until = NOW + timedelta(days=1)
        oauth_grants.add(tx, GrantRow("g", "c", "P1", ("home:read",), "r", None, None, None, NOW, until))
    erase(steps, LAWYER, "P1", WHY)
    assert erase(steps, BOSS, "P1", WHY).done
    with street.database.read() as tx:
        assert outside_identities.account_of(tx, "https://login.example", "hana") is None
        assert webhooks.of_account(tx, "P1") == []
        assert oauth_grants.of_account(tx, "P1") == []


@pytest.mark.parametrize(
    "second",
    [
        LAWYER,
        person("mori", LEGAL),
        person("sato", ADMIN),
        person("mori", AccountRole.AUDITOR, AccountRole.OPERATOR),
        person("P1", ADMIN, party="P1"),
        replace(BOSS, fresh=False),
        replace(BOSS, kind=Kind.CLIENT),
    ],
)
def test_one_person_or_one_role_never_erases(street: Street, second: Principal) -> None:
    """Neither the same person in another role, nor another in the same; no program, nobody about themselves."""
    erase(street.steps, LAWYER, "P1", WHY)
    with pytest.raises(PermissionDenied):
        erase(street.steps, second, "P1", WHY)
    assert traces(street)


def test_whoever_still_trades_is_not_erased(street: Street) -> None:
    """Contracts under way need their parties; settled ones do not. A firm's data, or nobody's, are not erased."""
    steps = street.steps
    row = ContractRow("d", 1, "t", None, "S1", "S2", 1, 1, True, ContractState.DRAFTED, {})
    with street.database.begin() as tx:
        contracts.save(tx, [row])
    with pytest.raises(RuleBroken, match="under way"):
        erase(steps, LAWYER, "P1", WHY)
    with street.database.begin() as tx:
        contracts.move(tx, ["d"], ContractEvent.BLOCK)
    assert not erase(steps, LAWYER, "P1", WHY).done
    for nobody in ("P9", "retailer"):
        with pytest.raises(RuleBroken, match="no person"):
            erase(steps, LAWYER, nobody, WHY)
    with pytest.raises(InputRefused):
        erase(steps, BOSS, "P1", "because")


def test_what_the_law_asks_for_goes_when_its_day_has_passed(street: Street) -> None:
    """The agreement's last day is the end of the tenth year."""
    steps = street.steps
    assert isinstance(steps.clock, HandClock)
    steps.clock.moment += timedelta(days=366 * 11)
    erase(steps, LAWYER, "P1", WHY)
    ended = erase(steps, BOSS, "P1", WHY)
    assert (ended.records, ended.kept) == (3, 0)
