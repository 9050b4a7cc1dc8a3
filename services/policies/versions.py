"""Versions of the rules: drafted by one person, approved by two others, active from a day that is not yet traded.

The pack of the settings is version 1 of every world. A rollback is an activation of the version that held before.
"""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from domain.errors import Conflict, Fault, InputRefused, RuleBroken
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory.trading import policy_versions
from memory.trading.policy_versions import PolicyActivation, PolicyApproval, PolicyVersion
from policies.pack import RulePack, pack_of
from policies.products import traded_product
from policies.triggers import require_complete
from services.market_time import MarketTime
from services.opening import RULES
from services.policies.active import find_pack, find_version, read_version
from services.rules import FIRST_VERSION, Rules, day_rules
from services.steps import Steps

APPROVALS = 2
REASON_LENGTH_MIN = 20
TEXT_CHARACTERS_MAX = 1_000_000
DRAFTED, APPROVED, ACTIVATED = "policy.drafted", "policy.approved", "policy.activated"


class Standing(NamedTuple):
    """A version and how far it is. account: who drafted it, empty for the first. approved_by: accounts, in order."""

    number: int
    pack: RulePack
    account: str
    reason: str
    approved_by: tuple[str, ...]
    active_from: tuple[date, ...]


def standings(tx: Connection, rules: Rules) -> list[Standing]:
    """Every version, by number."""
    active: dict[int, list[date]] = {}
    for each in policy_versions.activations(tx):
        active.setdefault(each.number, []).append(each.from_day)
    first = Standing(
        FIRST_VERSION, rules.pack, "", "the pack of the settings", (), tuple(active.get(FIRST_VERSION, ()))
    )
    return [first] + [
        Standing(
            each.number,
            read_version(each),
            each.account_id,
            each.reason,
            tuple(word.account_id for word in policy_versions.approvals(tx, each.number)),
            tuple(active.get(each.number, ())),
        )
        for each in policy_versions.every(tx)
    ]


def draft(steps: Steps, rules: Rules, asker: Principal, text: str, reason: str) -> PolicyVersion:
    """Keep a draft under the next number.

    Raises PermissionDenied, InputRefused with every fault: of the text, of values in conflict, of another jurisdiction,
    area or slot length than the market's, of a reason that says too little.
    """
    require(asker, Action.DRAFT_RULE)
    pack = _readable(text, rules, reason)
    with steps.database.begin("policy-draft") as tx:
        policy_versions.lock(tx)
        number = max((each.number for each in policy_versions.every(tx)), default=FIRST_VERSION) + 1
        kept = PolicyVersion(number, pack.digest, text, asker.account, asker.party, reason, steps.clock())
        policy_versions.add(tx, kept)
        steps.note(tx, RULES, DRAFTED, str(number), {"pack": pack.digest, "account": asker.account, "reason": reason})
    return kept


def approve(steps: Steps, asker: Principal, number: int, reason: str) -> PolicyApproval:
    """Write down that one person approves a version. Neither who drafted it nor anybody of the same party can.

    Raises PermissionDenied, RuleBroken on an unknown version, InputRefused on a reason that says too little, Conflict
    when the party has spoken already.
    """
    _require_reason(reason)
    with steps.database.begin("policy-approve") as tx:
        version = find_version(tx, number)
        require(asker, Action.APPROVE_RULE, Record(frozenset({version.party_id}), version.account_id))
        read_version(version)
        if any(each.party_id == asker.party for each in policy_versions.approvals(tx, number)):
            raise Conflict(f"{asker.party} has approved version {number} already; it takes two people")
        word = PolicyApproval(number, asker.party, asker.account, version.pack, reason, steps.clock())
        policy_versions.approve(tx, word)
        steps.note(tx, RULES, APPROVED, str(number), {"pack": version.pack, "account": asker.account, "reason": reason})
    return word


def activate(
    steps: Steps, rules: Rules, time: MarketTime, asker: Principal, number: int, from_day: date, reason: str
) -> PolicyActivation:
    """Let an approved version hold from a delivery day on of which nothing is traded yet.

    Raises PermissionDenied, RuleBroken when the version is unknown, lacks an approval, or the day is traded already;
    RuleValueUnusable when the version cannot be traded by on that day.
    """
    _require_reason(reason)
    with steps.database.begin("policy-activate") as tx:
        policy_versions.lock(tx)
        _require_approved(tx, asker, number)
        _require_untraded(tx, time, from_day)
        day_rules(find_pack(tx, rules, number), rules.area, from_day)
        place = len(policy_versions.activations(tx)) + 1
        made = PolicyActivation(place, number, from_day, asker.account, reason, steps.clock())
        policy_versions.activate(tx, made)
        body = {"from": str(from_day), "account": asker.account, "reason": reason}
        steps.note(tx, RULES, ACTIVATED, str(number), body)
    return made


def rollback(
    steps: Steps, rules: Rules, time: MarketTime, asker: Principal, from_day: date, reason: str
) -> PolicyActivation:
    """Let the version hold again that held before the last activation. Raises as ``activate``, and RuleBroken when
    nothing was activated."""
    with steps.database.read() as tx:
        made = policy_versions.activations(tx)
    if not made:
        raise RuleBroken("nothing was activated, so there is nothing to go back from")
    last = made[-1].number
    before = next((each.number for each in reversed(made) if each.number != last), FIRST_VERSION)
    return activate(steps, rules, time, asker, before, from_day, reason)


def _readable(text: str, rules: Rules, reason: str) -> RulePack:
    """The draft's pack. Raises InputRefused with every fault."""
    _require_reason(reason)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise InputRefused([Fault("draft", "too_long", f"a pack has at most {TEXT_CHARACTERS_MAX} characters")])
    pack = pack_of("draft", text)
    faults = pack.conflicts
    if pack.digest == rules.pack.digest:
        faults.append(Fault("draft", "no_change", "it says what version 1 says"))
    if (pack.jurisdiction, pack.currency) != (rules.pack.jurisdiction, rules.pack.currency):
        faults.append(Fault("draft", "other_jurisdiction", f"this market trades under {rules.pack.jurisdiction}"))
    if not faults and traded_product(pack) != rules.product:
        faults.append(Fault("draft", "other_product", "slots and gates of a market stay as they are"))
    if faults:
        raise InputRefused(faults)
    require_complete(pack)
    return pack


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < REASON_LENGTH_MIN:
        raise InputRefused([Fault("reason", "too_short", f"give a reason of {REASON_LENGTH_MIN} characters or more")])


def _require_approved(tx: Connection, asker: Principal, number: int) -> None:
    """Version 1 was approved with the world it began; every other by two people besides who drafted it."""
    if number == FIRST_VERSION:
        require(asker, Action.APPROVE_RULE)
        return
    version = find_version(tx, number)
    require(asker, Action.APPROVE_RULE, Record(frozenset({version.party_id}), version.account_id))
    words = [each for each in policy_versions.approvals(tx, number) if each.pack == version.pack]
    if len(words) < APPROVALS:
        raise RuleBroken(
            f"version {number} has {len(words)} of {APPROVALS} approvals: gridpact policies approve {number}"
        )


def _require_untraded(tx: Connection, time: MarketTime, from_day: date) -> None:
    last = policy_versions.last_traded_slot(tx)
    if last is not None and from_day <= time.day_of(last):
        raise RuleBroken(f"{time.day_of(last)} is traded already, by the rules of then: choose a day after it")
