"""Credit follows conduct: what is contested counts only once a person has ruled, and a refusal says why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from deal_world import MARKET, RULES, SLOT, premises
from sqlalchemy import Connection

from domain.account import AccountRole
from domain.contract import ContractState
from domain.errors import Conflict, InputRefused, PermissionDenied, RuleBroken
from domain.order import Order, Side
from domain.party import Licence, Party, Role
from identity.action import SCOPE_OF, Action
from identity.authorisation import Kind, Principal
from identity.grantable import TO_SERVICES
from identity.reputation import Conduct, limit_ujpy, score
from memory import registry
from memory.database import Database
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from policies.licences import RETAIL_SUPPLY
from services.members.disputes import contest, raise_dispute, rule_on
from services.members.reputation import reputation_of
from services.orders.screening import cost_ujpy, credit_told, refusals
from services.roster import load_roster
from services.steps import Steps

DAY = RULES.of(MARKET.day_of(SLOT))
TERMS = DAY.credit
SAYS = "the meter stood still, see the installer's letter of 3 May"
SOLD = ContractRow("c1", SLOT, "t", None, "roof", "shop", 1_000, 1, True, ContractState.SETTLED, {}, delivered_wh=0)


def person(party: str, role: AccountRole = AccountRole.MEMBER) -> Principal:
    return Principal(Kind.PERSON, f"of-{party}", party, frozenset({role}), fresh=True)


OWNER, BUYER = person("party-roof"), person("party-shop")
MEDIATOR = person("expert", AccountRole.MEDIATOR)


@pytest.fixture
def steps(database: Database, tmp_path: Path) -> Steps:
    """The roof sold a contract and delivered nothing of it."""
    made = premises(database, tmp_path).steps
    with database.begin("world") as tx:
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
        registry.save_party(tx, *(Party(f"party-{name}", name, Role.MEMBER) for name in ("roof", "shop")))
        contracts.save(tx, [SOLD])
    return made


def limit_of(steps: Steps, party: str = "party-roof") -> int:
    with steps.database.read() as tx:
        return limit_ujpy(reputation_of(tx, party, TERMS), TERMS)


def refused(say: Callable[[], object], *kinds: type[Exception]) -> None:
    with pytest.raises(kinds):
        say()


def test_a_contested_reason_counts_only_once_a_person_has_ruled(steps: Steps) -> None:
    """Contested it is as though nothing were known; ruled to hold it counts; ruled not to hold it never does."""
    bad = limit_of(steps)
    first = contest(steps, OWNER, "party-roof", "delivery", SAYS, TERMS)
    lifted = limit_of(steps)
    assert lifted > bad
    rule_on(steps, MEDIATOR, "party-roof", first.number, SAYS, counts=True)
    assert limit_of(steps) == bad
    refused(lambda: contest(steps, OWNER, "party-roof", "delivery", SAYS, TERMS), Conflict)


def test_what_a_person_found_not_to_hold_never_counts(steps: Steps) -> None:
    """Nor may it be contested a second time meanwhile, or be ruled on twice."""
    first = contest(steps, OWNER, "party-roof", "delivery", SAYS, TERMS)
    lifted = limit_of(steps)
    refused(lambda: contest(steps, OWNER, "party-roof", "delivery", SAYS, TERMS), Conflict, RuleBroken)
    rule_on(steps, MEDIATOR, "party-roof", first.number, SAYS, counts=False)
    assert limit_of(steps) > lifted == TERMS.new_ujpy
    refused(lambda: rule_on(steps, MEDIATOR, "party-roof", first.number, SAYS, counts=True), Conflict)


def test_only_the_owner_contests_and_only_an_uninvolved_mediator_rules(steps: Steps) -> None:
    """Whoever else tries leaves nothing behind; words that say nothing and parts that do not exist are refused."""
    refused(lambda: contest(steps, BUYER, "party-roof", "delivery", SAYS, TERMS), PermissionDenied)
    refused(lambda: contest(steps, OWNER, "party-roof", "beauty", "no", TERMS), InputRefused)
    refused(lambda: contest(steps, OWNER, "party-roof", "payment", SAYS, TERMS), InputRefused)
    stale = replace(OWNER, fresh=False)
    refused(lambda: contest(steps, stale, "party-roof", "delivery", SAYS, TERMS), PermissionDenied)
    number = contest(steps, OWNER, "party-roof", "delivery", SAYS, TERMS).number
    partial = replace(MEDIATOR, party="party-roof")
    for other in (OWNER, partial, person("expert", AccountRole.LEGAL), replace(MEDIATOR, fresh=False)):
        refused(lambda asker=other: rule_on(steps, asker, "party-roof", number, SAYS, counts=False), PermissionDenied)  # type: ignore[misc]
    refused(lambda: rule_on(steps, MEDIATOR, "party-roof", 99, SAYS, counts=False), RuleBroken)


def test_anothers_dispute_counts_nothing_before_it_was_decided(steps: Steps) -> None:
    """About a contract between the two only, once each; not ruled on by who raised it."""
    before = limit_of(steps)
    refused(lambda: raise_dispute(steps, OWNER, "party-roof", "c1", SAYS), RuleBroken)
    refused(lambda: raise_dispute(steps, person("party-dark"), "party-roof", "c1", SAYS), RuleBroken)
    number = raise_dispute(steps, BUYER, "party-roof", "c1", SAYS).number
    refused(lambda: raise_dispute(steps, BUYER, "party-roof", "c1", SAYS), Conflict)
    assert limit_of(steps) == before
    raiser = replace(MEDIATOR, party="party-shop")
    refused(lambda: rule_on(steps, raiser, "party-roof", number, SAYS, counts=True), PermissionDenied)
    rule_on(steps, MEDIATOR, "party-roof", number, SAYS, counts=True)
    assert limit_of(steps) < before


def test_a_slots_orders_are_screened_against_each_members_own_limit(steps: Steps) -> None:
    """Two sites of one member share its credit; the refusal's facts name limit, score and reasons."""
    with steps.database.begin("screen") as tx:
        roster = load_roster(tx, MARKET.slot_min)
        limit = limit_ujpy(reputation_of(tx, "party-roof", TERMS), TERMS)
        half_wh = limit // cost_ujpy(DAY, 1, 16_000) * 6 // 10
        _wide(tx, half_wh)
        orders = [
            Order(f"o{at}", SLOT, site, Side.BUY, 16_000, half_wh, at) for at, site in enumerate(("roof", "shed"))
        ]
        found = refusals(tx, DAY, roster, orders, {})
        assert found == {"o1": "credit_exceeded"}
        assert refusals(tx, DAY, roster, orders[1:], {}) == {}
        told = credit_told(tx, DAY, roster, ["shed"])["shed"]
    assert told["credit_limit_ujpy"] == limit
    assert "delivered 0 Wh of 1000" in str(told["score_because"])


def _wide(tx: Connection, order_max_wh: int) -> None:
    for site in ("roof", "shed"):
        known = registry.mandates(tx)[site]
        registry.save_mandate(tx, replace(known, version=2, order_max_wh=order_max_wh))


def test_an_open_contest_never_lifts_credit_above_that_of_somebody_new() -> None:
    """Nor lowers what was higher before; a ruling lifts it further. No program can be handed the right to contest."""
    conduct, contested = Conduct(contracted_wh=4, delivered_wh=0, slots=10, measured_slots=10), {"delivery": 500}
    assert limit_ujpy(score(conduct, TERMS, waiting=contested), TERMS) == TERMS.new_ujpy
    assert limit_ujpy(score(conduct, TERMS, contested), TERMS) > TERMS.new_ujpy
    assert SCOPE_OF[Action.RAISE_DISPUTE] not in TO_SERVICES
