"""Disputes about conduct: contested by its owner, raised by who traded with it, ruled on by a mediator.

Nobody rules on what is about the own party or what it raised: the page of policies says so.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from domain.errors import Conflict, Fault, InputRefused, RuleBroken
from identity.action import Action
from identity.authorisation import Principal, Record, require
from identity.credit import CreditTerms
from identity.reputation import UNKNOWN_PERMILLE
from memory import registry
from memory.members import person_records
from memory.members.person_records import PersonRecord, RecordKind
from memory.trading import contracts
from services.members.dispute_outcome import rulings
from services.members.reputation import reputation_of
from services.opening import RULES
from services.steps import Steps

CONTESTABLE = ("delivery", "data")
"""A debt is a fact of the ledger and no matter of opinion."""
WORDS_MIN, WORDS_MAX = 20, 2_000


def contest(steps: Steps, asker: Principal, party_id: str, part: str, says: str, terms: CreditTerms) -> PersonRecord:
    """Contest a part of the own score: what it lacks now does not count until a person has ruled.

    Raises PermissionDenied, InputRefused with every fault, Conflict when it is contested already or was ruled on and
    is no worse since, RuleBroken when nothing counts against the party there.
    """
    require(asker, Action.RAISE_DISPUTE, Record(frozenset({party_id})))
    known = [] if part in CONTESTABLE else [Fault("PART", "unknown_part", f"a part is one of {', '.join(CONTESTABLE)}")]
    _refuse([*known, *_words_faults(says)])
    with steps.database.begin("contest") as tx:
        person_records.lock(tx)
        found = next(each for each in reputation_of(tx, party_id, terms).parts if each.name == part)
        lacking = UNKNOWN_PERMILLE[part] - found.permille
        if lacking <= 0:
            raise RuleBroken(f"nothing counts against {party_id} in {part}: {found.reason}")
        _require_new(person_records.of_party(tx, party_id), part, found.permille)
        body = {"part": part, "permille": lacking, "stood_at": found.permille, "reason": found.reason, "says": says}
        return _add(tx, steps, party_id, RecordKind.DISPUTE, body, asker)


def raise_dispute(steps: Steps, asker: Principal, party_id: str, digest: str, says: str) -> PersonRecord:
    """Raise a dispute about a party's part in a contract with one's own; it counts once a person has ruled so.

    Raises PermissionDenied, InputRefused, RuleBroken when the contract is not between the two, Conflict when it was
    raised before.
    """
    require(asker, Action.RAISE_DISPUTE, Record(frozenset({asker.party})))
    _refuse(_words_faults(says))
    with steps.database.begin("dispute") as tx:
        person_records.lock(tx)
        row, owner = contracts.get(tx, digest), {site.id: site.party_id for site in registry.sites(tx)}
        if party_id == asker.party or {owner[row.seller_site], owner[row.buyer_site]} != {party_id, asker.party}:
            raise RuleBroken(f"contract {digest} is not between {asker.party} and {party_id}")
        if any(each.body.get("contract") == digest for each in person_records.of_party(tx, party_id)):
            raise Conflict(f"a dispute about contract {digest} is on record already")
        body = {"contract": digest, "raised_by": asker.party, "says": says}
        return _add(tx, steps, party_id, RecordKind.DISPUTE, body, asker)


def rule_on(steps: Steps, asker: Principal, party_id: str, number: int, because: str, *, counts: bool) -> PersonRecord:
    """Say, as a mediator, whether what is disputed counts against the party. Raises PermissionDenied, InputRefused,
    RuleBroken when there is no such dispute, Conflict when it was ruled on already."""
    _refuse(_words_faults(because))
    with steps.database.begin("ruling") as tx:
        person_records.lock(tx)
        records = person_records.of_party(tx, party_id)
        dispute = next((each for each in records if (each.number, each.kind) == (number, RecordKind.DISPUTE)), None)
        if dispute is None:
            raise RuleBroken(f"there is no dispute {number} about {party_id}")
        sides = frozenset({party_id, str(dispute.body.get("raised_by", party_id))})
        require(asker, Action.DECIDE_CASE, Record(sides, asks=frozenset({"mediator"})))
        if "money" in dispute.body:
            raise Conflict(f"dispute {number} about {party_id} is ruled on with the money: {dispute.body['money']}")
        if number in rulings(records):
            raise Conflict(f"dispute {number} about {party_id} was ruled on already")
        body = {"dispute": number, "counts": counts, "because": because}
        return _add(tx, steps, party_id, RecordKind.RULING, body, asker)


def _require_new(records: list[PersonRecord], part: str, permille: int) -> None:
    """One contest of a part at a time; after a ruling that it counts, only what is worse since can be contested."""
    ruled = rulings(records)
    for each in (each for each in records if each.body.get("part") == part):
        if each.number not in ruled:
            raise Conflict(f"{part} is contested already: dispute {each.number} waits for a mediator")
        if ruled[each.number] and permille >= each.body["stood_at"]:
            raise Conflict(f"a mediator ruled on {part} in dispute {each.number}, and it is no worse since")


def _add(
    tx: Connection, steps: Steps, party_id: str, kind: RecordKind, body: Mapping[str, object], asker: Principal
) -> PersonRecord:
    record = person_records.add(tx, party_id, kind, body, steps.clock(), asker.account)
    steps.note(tx, RULES, f"person.{kind}", party_id, {"number": record.number, "by": asker.account})
    return record


def _words_faults(said: str) -> list[Fault]:
    if WORDS_MIN <= len(said.strip()) <= WORDS_MAX:
        return []
    return [Fault("says", "wrong_length", f"say what happened in {WORDS_MIN} to {WORDS_MAX} characters")]


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise InputRefused(faults)
