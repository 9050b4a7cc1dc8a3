"""May this principal do that to this record? Answered by the one page ``policies.cedar``, and by nothing else.

The page is parsed and checked against its schema once, at start. A decision looks only at the part of the page whose
scope names the action: a policy about another action decides nothing. What nobody permits is denied.

A decision is a function of the page, the principal, the action and the record, and of nothing else: no clock, no
database. So the last ones are remembered under exactly these, and who asks the same again gets the same at no cost. A
new one costs about a tenth of a millisecond; for many records of one action ask once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.account import AccountRole
from domain.errors import PermissionDenied, RuleValueUnusable
from identity.action import SCOPE_OF, Action

if TYPE_CHECKING:
    from cedarpy import Entities, PolicySet

PAGE = Path(__file__).with_name("policies.cedar")
SCHEMA = Path(__file__).with_name("policies.cedarschema")
DECISIONS_KEPT, PRINCIPALS_KEPT = 8_192, 1_024
"""The latest ones, some ten megabytes in all."""


class Kind(StrEnum):
    """What asks: a person, a program of somebody else, or one of our agents."""

    PERSON = "Person"
    CLIENT = "Client"
    AGENT = "Agent"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as the door found out. account: the account's id. party: for whom it stands.

    fresh: proved a moment ago who it is, or holds a credential that was made for exactly this. scopes: what the
    credential is limited to, None for a person who signed in.
    """

    kind: Kind
    account: str
    party: str
    roles: frozenset[AccountRole]
    fresh: bool = False
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What it is done to, as far as the policies care. owners: the parties it is about, none for the community's.

    author: the account that proposed it. asks: whose expertise is asked. confirmed_by, confirmed_as: the account and
    the role of the first of two people who resume a market.
    """

    owners: frozenset[str] = frozenset()
    author: str | None = None
    asks: frozenset[str] = frozenset()
    confirmed_by: str | None = None
    confirmed_as: str | None = None


COMMUNITY = Record()
"""What belongs to everybody and is about nobody."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may, and the ids of the policies that decided; none when nothing permitted it."""

    allowed: bool
    policies: tuple[str, ...]


def may(principal: Principal, action: Action, record: Record = COMMUNITY) -> Decision:
    """Whether the principal may do this to the record."""
    return _remembered(principal, action, record)


def require(principal: Principal, action: Action, record: Record = COMMUNITY) -> None:
    """Raises PermissionDenied, naming the policies, when the principal may not do this to the record."""
    decision = may(principal, action, record)
    if decision.allowed:
        return
    asked = f"; it asks for {', '.join(sorted(record.asks))}" if record.asks else ""
    why = ", ".join(decision.policies) or f"nothing permits it{asked}"
    raise PermissionDenied(f"{principal.account} may not {action.replace('_', ' ')}: {why}")


def may_each(principal: Principal, action: Action, records: Sequence[Record]) -> list[Decision]:
    """One decision a record, in their order."""
    from cedarpy import is_authorized_batch

    of_records = [{"uid": _uid(place), "attrs": _of_record(each), "parents": []} for place, each in enumerate(records)]
    entities = _alone(principal).with_added_json_str(json.dumps(of_records))
    who, what, context = _who(principal), {"type": "Action", "id": str(action)}, _context(action)
    asked = [
        {"principal": who, "action": what, "resource": _uid(place), "context": context} for place in range(len(records))
    ]
    return [_decision(each) for each in is_authorized_batch(asked, _about()[action], entities)]


def require_sound() -> None:
    """Parse and check the page now. Raises RuleValueUnusable, naming every fault: a door must not open without it."""
    _about()


@cache
def _about() -> "dict[Action, PolicySet]":
    """The part of the page about each action."""
    from cedarpy import PolicySet, policies_to_json_str, validate_policies

    page = PAGE.read_text()
    checked = validate_policies(page, SCHEMA.read_text())
    if not checked.validation_passed:
        raise RuleValueUnusable(f"{PAGE.name} cannot be used: {'; '.join(str(each) for each in checked.errors)}")
    policies = json.loads(policies_to_json_str(page))["staticPolicies"]
    return {action: PolicySet.from_json_str(json.dumps(_part(policies, action))) for action in Action}


def _part(policies: dict[str, Any], action: Action) -> dict[str, Any]:
    chosen = {id_: policy for id_, policy in policies.items() if _names(policy["action"], action)}
    return {"staticPolicies": chosen, "templates": {}, "templateLinks": []}


def _names(scope: dict[str, Any], action: Action) -> bool:
    """Whether a policy's scope names the action: as one of a list, alone, or by leaving it open."""
    named = scope.get("entities", [scope["entity"]] if "entity" in scope else [])
    return scope["op"] == "All" or any(each["id"] == action for each in named)


@lru_cache(DECISIONS_KEPT)
def _remembered(principal: Principal, action: Action, record: Record) -> Decision:
    """The key is all that :func:`may_each` tells Cedar, and the page never changes while the program runs."""
    return may_each(principal, action, [record])[0]


@lru_cache(PRINCIPALS_KEPT)
def _alone(principal: Principal) -> "Entities":
    """The principal as Cedar knows it, to which the records of a question are added."""
    from cedarpy import Entities

    known = {"uid": _who(principal), "attrs": _of_principal(principal), "parents": []}
    return Entities.from_json_str(json.dumps([known]))


@cache
def _context(action: Action) -> str:
    return json.dumps({"scope": SCOPE_OF[action]})


def _who(principal: Principal) -> dict[str, str]:
    return {"type": str(principal.kind), "id": principal.account}


def _uid(place: int) -> dict[str, str]:
    return {"type": "Record", "id": str(place)}


def _of_principal(principal: Principal) -> dict[str, Any]:
    known = {
        "account": principal.account,
        "party": principal.party,
        "roles": list(principal.roles),
        "fresh": principal.fresh,
    }
    return known if principal.scopes is None else known | {"scopes": list(principal.scopes)}


def _of_record(record: Record) -> dict[str, Any]:
    may_be = {"author": record.author, "confirmed_by": record.confirmed_by, "confirmed_as": record.confirmed_as}
    known = {name: value for name, value in may_be.items() if value is not None}
    return {"owners": list(record.owners), "asks": list(record.asks), **known}


def _decision(result: Any) -> Decision:
    """Raises AssertionError when a policy could not be evaluated: a checked page over typed entities always can."""
    found = result.diagnostics
    assert not found.errors, found.errors
    return Decision(result.allowed, tuple(sorted(found.id_annotations_by_reason.values())))
