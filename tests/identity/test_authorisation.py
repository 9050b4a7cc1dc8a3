"""Who may do what, from a table that was written by hand and knows nothing of the policies."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import AccountRole
from domain.errors import RuleValueUnusable
from domain.party import Expertise
from identity import authorisation
from identity.action import ONLY_SIGNED_IN, SCOPE_OF, SCOPES, Action
from identity.authorisation import PAGE, SCHEMA, Kind, Principal, Record, may, may_each, require_sound

ALL_EXPERTISE = frozenset(str(each) for each in Expertise)
RECORDS = {
    "o": Record(frozenset({"party-me"}), "somebody", ALL_EXPERTISE),
    "x": Record(frozenset({"party-you"}), "somebody", ALL_EXPERTISE),
    "c": Record(frozenset(), "somebody", ALL_EXPERTISE),
}
# What each role may do, freshly signed in: o to the own party's records, x to another's, c to the community's.
TABLE = """
                 visitor member legal grid finance mediator operator admin auditor installer retailer client
see_market       oxc     oxc    oxc   oxc  oxc     oxc      oxc      oxc   oxc     oxc       oxc      oxc
see_home         -       o      -     -    -       -        -        -     oxc     -         oxc      o
give_mandate     -       o      -     -    -       -        -        -     -       -         -        -
conclude_contract -       o      -     -    -       -        -        -     -       -         -        -
pause_trading    -       o      -     -    -       -        -        -     -       -         -        -
file_proposal    -       o      -     -    -       -        -        -     -       -         -        -
place_order      -       o      -     -    -       -        -        -     -       -         -        o
raise_dispute    -       o      -     -    -       -        -        -     -       -         -        -
see_dispute      -       o      oxc   -    -       oxc      -        -     oxc     -         o        -
answer_dispute   -       o      -     -    -       -        -        -     -       -         o        -
record_ruling    -       -      xc    -    -       xc       -        -     -       -         -        -
send_data        -       o      -     -    -       -        -        -     -       -         -        o
register_device  -       o      -     -    -       -        -        -     -       x         -        -
see_case         -       o      oxc   oxc  oxc     oxc      -        -     oxc     -         -        -
decide_case      -       -      xc    xc   xc      xc       -        -     -       -         -        -
work_case        -       -      xc    xc   xc      xc       -        -     -       -         -        -
answer_case      -       o      -     -    -       -        -        -     -       -         -        -
consent_to_terms -       o      -     -    -       -        -        -     -       -         -        -
see_operation    -       -      -     oxc  -       -        oxc      oxc   oxc     -         oxc      -
stop_market      -       -      -     -    -       -        oxc      -     -       -         -        -
limit_feeder     -       -      -     -    -       -        oxc      -     -       -         -        -
resume_market    -       -      -     xc   -       -        xc       xc    -       -         -        -
file_day         -       -      -     -    -       -        oxc      -     -       -         -        -
approve_day      -       -      -     xc   xc      -        xc       -     -       -         -        -
see_rules        -       -      oxc   oxc  oxc     oxc      oxc      oxc   oxc     -         oxc      -
draft_rule       -       -      oxc   oxc  oxc     -        -        oxc   -       -         -        -
approve_rule     -       -      xc    xc   xc      -        -        xc    -       -         -        -
see_books        -       -      -     -    oxc     -        -        -     oxc     -         oxc      -
draft_payment    -       -      -     -    -       -        -        -     -       -         oxc      -
release_payment  -       -      -     -    xc      -        -        -     -       -         -        -
see_accounts     -       -      -     -    -       -        -        oxc   oxc     -         -        -
invite_person    -       -      -     -    -       -        -        xc    -       -         -        -
lock_account     -       -      -     -    -       -        -        xc    -       -         -        -
change_role      -       -      -     -    -       -        -        xc    -       -         -        -
confirm_role     -       -      -     -    -       -        -        xc    -       -         -        -
see_sign_in      o       o      o     o    o       o        o        o     o       o         o        -
change_sign_in   o       o      o     o    o       o        o        o     o       o         o        -
manage_keys      o       o      o     o    o       o        o        o     o       o         o        -
erase_person     -       -      xc    -    -       -        -        xc    -       -         -        -
manage_webhooks  -       o      -     -    -       -        -        -     -       -         o        o
see_audit        -       -      -     -    -       -        -        oxc   oxc     -         -        -
register_meter   -       -      -     -    -       -        -        -     -       x         -        -
stop_key         -       o      -     -    -       -        oxc      -     -       x         -        -
register_party   -       -      -     -    -       -        -        xc    -       -         -        -
see_person       o       o      oxc   o    o       o        o        oxc   oxc     o         o        -
export_person    o       o      o     o    o       o        o        o     o       o         o        -
prove_identity   o       o      o     o    o       o        o        o     o       o         o        -
give_consent     o       o      o     o    o       o        o        o     o       o         o        -
withdraw_consent o       o      o     o    o       o        o        o     o       o         o        -
keep_vault       -       -      -     -    -       -        -        oxc   -       -         -        -
"""
APPROVING = (
    *(Action.DECIDE_CASE, Action.RESUME_MARKET, Action.APPROVE_RULE, Action.RELEASE_PAYMENT),
    *(Action.ERASE_PERSON, Action.RECORD_RULING, Action.CONFIRM_ROLE, Action.APPROVE_DAY),
)

roles = st.frozensets(st.sampled_from(list(AccountRole)))
principals = st.builds(
    Principal,
    kind=st.sampled_from(list(Kind)),
    account=st.sampled_from(["me", "you"]),
    party=st.sampled_from(["party-me", "party-you"]),
    roles=roles,
    fresh=st.booleans(),
    scopes=st.none() | st.frozensets(st.sampled_from([*sorted(SCOPES), ONLY_SIGNED_IN])),
)
records = st.builds(
    Record,
    owners=st.frozensets(st.sampled_from(["party-me", "party-you"])),
    author=st.none() | st.sampled_from(["me", "you"]),
    asks=st.frozensets(st.sampled_from(sorted(ALL_EXPERTISE | {"member"}))),
    confirmed_by=st.none() | st.sampled_from(["me", "you"]),
    confirmed_as=st.none() | st.sampled_from(list(AccountRole)),
)
actions = st.sampled_from(list(Action))


def me(*held: AccountRole, kind: Kind = Kind.PERSON, fresh: bool = True) -> Principal:
    return Principal(kind, "me", "party-me", frozenset(held), fresh)


def cells() -> Iterator[tuple[str, str, str]]:
    """Action, role and what it may be done to, of every cell."""
    header, *rows = (line.split() for line in TABLE.strip().splitlines())
    for action, *allowed in rows:
        yield from ((action, role, cell) for role, cell in zip(header, allowed, strict=True))


def test_the_table_has_a_cell_for_every_role_and_action() -> None:
    """Nothing is left to guessing."""
    assert sorted((action, role) for action, role, _ in cells()) == sorted(
        (str(action), str(role)) for action in Action for role in AccountRole
    )


def test_every_cell_of_the_table_is_decided_so() -> None:
    """The table and the page agree on every role, action and kind of record."""
    wrong = [
        f"{role} {action} {name}: {decision}"
        for action, role, cell in cells()
        for kind in [Kind.CLIENT if role == AccountRole.CLIENT else Kind.PERSON]
        for name, decision in zip(
            RECORDS, may_each(me(AccountRole(role), kind=kind), Action(action), [*RECORDS.values()]), strict=True
        )
        if decision.allowed != (name in cell)
    ]
    assert wrong == []


def test_every_policy_of_the_page_decides_something() -> None:
    """A policy that no case reaches is a promise that nobody checks."""
    asked = [
        (me(role, kind=kind, fresh=fresh), action, replace(record, confirmed_by=by))
        for action in Action
        for role in AccountRole
        for kind in Kind
        for fresh in (True, False)
        for by in (None, "me")
        for record in [RECORDS["o"], RECORDS["x"], Record(asks=frozenset({"operator"}))]
    ]
    limited = Principal(Kind.PERSON, "me", "party-me", frozenset(), True, frozenset())
    found = {id_ for each in asked for id_ in may(*each).policies} | {*may(limited, Action.SEE_MARKET).policies}
    assert found == set(re.findall(r'^@id\("(.+)"\)$', PAGE.read_text(), re.MULTILINE))


@given(principals, actions, records)
def test_a_part_of_the_page_decides_like_the_whole(principal: Principal, action: Action, record: Record) -> None:
    """Leaving out the policies about other actions changes no decision: the whole page with its schema agrees."""
    from cedarpy import is_authorized

    who = {"type": str(principal.kind), "id": principal.account}
    what = {"type": "Record", "id": "r"}
    entities = [
        {"uid": who, "attrs": authorisation._of_principal(principal), "parents": []},
        {"uid": what, "attrs": authorisation._of_record(record), "parents": []},
    ]
    asked = {
        "principal": who,
        "action": {"type": "Action", "id": str(action)},
        "resource": what,
        "context": {"scope": SCOPE_OF[action]},
    }
    whole = is_authorized(asked, PAGE.read_text(), json.dumps(entities), SCHEMA.read_text())
    assert whole.diagnostics.errors == []
    assert may(principal, action, record).allowed == whole.allowed


@given(st.lists(st.tuples(principals, actions, records), min_size=1, max_size=8))
def test_what_is_remembered_is_what_is_decided_anew(asked: list[tuple[Principal, Action, Record]]) -> None:
    """Whatever was asked before and in whatever order: a decision hangs on its own question only."""
    first = [may(*each) for each in asked]
    assert [may(*each) for each in reversed(asked)] == first[::-1]
    assert first == [may_each(principal, action, [record])[0] for principal, action, record in asked]


def test_no_more_is_remembered_than_is_allowed() -> None:
    """Somebody who asks for ever new things fills no memory."""
    bounds = [each.cache_info().maxsize for each in (authorisation._remembered, authorisation._alone)]
    assert all(bound and bound <= 10_000 for bound in bounds)


@given(principals.filter(lambda principal: principal.kind is not Kind.PERSON), records)
def test_a_program_never_approves(principal: Principal, record: Record) -> None:
    """Whatever roles and scopes an agent or a service client was given."""
    assert not any(may(principal, action, record).allowed for action in APPROVING)


@given(roles, st.booleans())
def test_nobody_approves_the_own_proposal(held: frozenset[AccountRole], owns: bool) -> None:
    """Neither what the own account wrote nor what is about the own party, in any mix of roles."""
    own = replace(RECORDS["o"], author="you") if owns else replace(RECORDS["c"], author="me")
    assert not any(may(me(*held), action, own).allowed for action in APPROVING)


@given(roles, st.frozensets(st.sampled_from(list(Expertise))))
def test_only_the_asked_expertise_decides_a_case(held: frozenset[AccountRole], asked: frozenset[Expertise]) -> None:
    """Another expert, an admin or an operator decides nothing of it."""
    case = Record(frozenset({"party-you"}), "somebody", frozenset(map(str, asked)))
    knows = {str(role) for role in held} & {str(each) for each in asked}
    assert may(me(*held), Action.DECIDE_CASE, case).allowed == bool(knows)


@pytest.mark.parametrize("role", [AccountRole.OPERATOR, AccountRole.RETAILER])
def test_operators_and_retailers_see_and_decide_the_cases_that_ask_them(role: AccountRole) -> None:
    """Those and no others: the rules may ask who runs the market or who supplies."""
    asked, other = (Record(asks=frozenset({word})) for word in (str(role), "legal"))
    for action in (Action.SEE_CASE, Action.DECIDE_CASE):
        assert may(me(role), action, asked).allowed
        assert not may(me(role), action, other).allowed


@given(st.sampled_from(list(AccountRole)), st.sampled_from(list(AccountRole)), st.sampled_from(["me", "you"]))
def test_two_people_in_two_roles_resume_or_erase(first: AccountRole, second: AccountRole, by: str) -> None:
    """The second is somebody else and acts in another of the roles that may."""
    half = Record(confirmed_by=by, confirmed_as=first)
    may_resume = {AccountRole.OPERATOR, AccountRole.GRID, AccountRole.ADMIN}
    expected = by != "me" and second in may_resume and second != first
    assert may(me(second), Action.RESUME_MARKET, half).allowed == expected
    may_approve = {AccountRole.OPERATOR, AccountRole.GRID, AccountRole.FINANCE}
    expected = by != "me" and second in may_approve and second != first
    assert may(me(second), Action.APPROVE_DAY, half).allowed == expected
    may_erase = {AccountRole.LEGAL, AccountRole.ADMIN}
    expected = by != "me" and second in may_erase and second != first
    assert may(me(second), Action.ERASE_PERSON, half).allowed == expected


@given(roles, actions, records)
def test_what_binds_somebody_takes_a_fresh_sign_in(
    held: frozenset[AccountRole], action: Action, record: Record
) -> None:
    """An old session may look, not sign; and fresh it may never do less."""
    stale, fresh = (may(me(*held, fresh=each), action, record).allowed for each in (False, True))
    signs = {*APPROVING, Action.GIVE_MANDATE, Action.INVITE_PERSON, Action.CHANGE_ROLE, Action.CHANGE_SIGN_IN}
    signs |= {
        Action.CONCLUDE_CONTRACT,
        Action.FILE_DAY,
        Action.CONSENT_TO_TERMS,
        Action.REGISTER_METER,
        Action.REGISTER_PARTY,
        Action.EXPORT_PERSON,
        Action.GIVE_CONSENT,
        Action.KEEP_VAULT,
        Action.RAISE_DISPUTE,
        Action.ANSWER_DISPUTE,
    }
    assert stale == (fresh and action not in {*signs, Action.MANAGE_KEYS})


@given(principals.filter(lambda principal: principal.scopes is not None), actions, records)
def test_a_scope_only_takes_away(principal: Principal, action: Action, record: Record) -> None:
    """A limited credential may what its account may, as far as its scopes name the action."""
    assert principal.scopes is not None
    unlimited = may(replace(principal, scopes=None), action, record).allowed
    assert may(principal, action, record).allowed == (unlimited and SCOPE_OF[action] in principal.scopes)


def test_no_scope_lets_a_key_change_how_one_signs_in() -> None:
    """Whoever steals a key cannot make it last."""
    assert ONLY_SIGNED_IN not in SCOPES
    kept = {action for action, scope in SCOPE_OF.items() if scope == ONLY_SIGNED_IN}
    assert kept == {Action.SEE_SIGN_IN, Action.CHANGE_SIGN_IN, Action.MANAGE_KEYS, Action.KEEP_VAULT}


def test_a_decision_names_the_policies_that_decided() -> None:
    """A refusal by a rule says which; one that nobody permitted names none."""
    assert may(me(AccountRole.LEGAL), Action.DECIDE_CASE, RECORDS["x"]).policies == ("the-asked-expertise-decides",)
    assert may(me(AccountRole.LEGAL), Action.DECIDE_CASE, RECORDS["o"]).policies == (
        "nobody-approves-the-own-proposal",
    )
    assert may(me(AccountRole.LEGAL), Action.STOP_MARKET).policies == ()


@pytest.mark.parametrize(
    "page",
    [
        "permit (principal, action, resource",
        'permit (principal, action == Action::"see_markets", resource);',
        "permit (principal, action, resource) when { principal.rolls.isEmpty() };",
    ],
)
def test_a_page_with_a_fault_opens_no_door(
    page: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not parse, or speaks of what does not exist, stops the program at its start."""
    broken = tmp_path_factory.mktemp("page") / "policies.cedar"
    broken.write_text(page)
    monkeypatch.setattr(authorisation, "PAGE", broken)
    authorisation._about.cache_clear()
    with pytest.raises(RuleValueUnusable, match="cannot be used"):
        require_sound()
    authorisation._about.cache_clear()


def test_the_schema_knows_exactly_the_actions_of_the_enum() -> None:
    """An action that only one of them knows could never be allowed, or never be asked."""
    declared = SCHEMA.read_text().split("\naction ")[1].split("appliesTo")[0]
    assert {name.strip() for name in declared.split(",")} == {str(action) for action in Action}
