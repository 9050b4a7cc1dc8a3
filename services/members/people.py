"""People and firms: how they proved who they are, what they consented and agreed to, on which version of which text.

Of every text its version and SHA-256 are kept, so that nobody argues later about what it said. Agreements are kept for
the legal period; consents end when they are withdrawn.
"""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from domain.corporate_number import corporate_number_fault, invoice_number_fault
from domain.errors import Conflict, Fault, InputRefused, RuleBroken
from domain.party import Party
from identity.evidence import Evidence, Proof, challenge
from memory import registry
from memory.members import person_records
from memory.members.person_records import PersonRecord, RecordKind
from policies.pack import RulePack
from services.opening import RULES
from services.ports import IdentityMethod
from services.steps import Steps

KEPT = "records_kept"
"""The rule value that says how long agreements are kept, months."""


class Document(NamedTuple):
    """A text that somebody consents or agrees to: its name, version and SHA-256."""

    name: str
    version: str
    sha256: str


def register_party(steps: Steps, party: Party, by: str, corporate_number: str = "", invoice_number: str = "") -> bool:
    """Register a person or firm; False when it stands there just so. Raises InputRefused with every fault, Conflict
    when the id is another's."""
    with steps.database.begin("register-party") as tx:
        known = {each.id: each for each in registry.parties(tx)}.get(party.id)
        if known == party and _numbers(tx, party.id) == _numbered(corporate_number, invoice_number):
            return False
        if known is not None:
            raise Conflict(f"{party.id} is registered already, as {known.role}")
        if faults := _party_faults(party, corporate_number, invoice_number):
            raise InputRefused(faults)
        registry.save_party(tx, party)
        steps.note(tx, RULES, "party.registered", party.id, {"role": str(party.role), "by": by})
        if numbers := _numbered(corporate_number, invoice_number):
            person_records.add(tx, party.id, RecordKind.ORGANISATION, numbers, steps.clock(), by)
    return True


def prove_identity(steps: Steps, method: IdentityMethod, market: str, party_id: str, proof: Proof, by: str) -> Evidence:
    """Let a party prove who it is, and keep what was found. Raises InputRefused, Conflict when another party did so
    with the same proof."""
    now = steps.clock()
    found = method.prove(challenge(market, party_id, now.date()), proof, now)
    with steps.database.begin("prove-identity") as tx:
        _require_known(tx, party_id)
        person_records.lock(tx)  # two parties with one proof at the same moment: the second one sees the first
        others = person_records.holders_of(tx, found.subject_hash) - {party_id} if found.subject_hash else set()
        if others:
            raise Conflict(f"this proof is that of {', '.join(sorted(others))}; one person is one party")
        body = {
            "method": found.method,
            "level": str(found.level),
            "document": found.document,
            "subject_hash": found.subject_hash,
            "status": found.status,
        }
        _add(tx, steps, party_id, RecordKind.EVIDENCE, body, by)
    return found


def consent(steps: Steps, party_id: str, document: Document, by: str) -> PersonRecord:
    """Write down that a party consents to a text; the same again is the same record."""
    with steps.database.begin("consent") as tx:
        _require_known(tx, party_id)
        standing = [each for each in consents(tx, party_id) if each.body == document._asdict()]
        return standing[0] if standing else _add(tx, steps, party_id, RecordKind.CONSENT, document._asdict(), by)


def withdraw_consent(steps: Steps, party_id: str, name: str, by: str) -> int:
    """End every consent of a party to a text, in all versions; how many. Raises RuleBroken when none stands."""
    with steps.database.begin("withdraw-consent") as tx:
        standing = [each for each in consents(tx, party_id) if each.body["name"] == name]
        if not standing:
            raise RuleBroken(f"no consent of {party_id} to {name} stands")
        for each in standing:
            person_records.withdraw(tx, each, steps.clock(), by)
        steps.note(tx, RULES, "person.consent.withdrawn", party_id, {"name": name, "by": by})
    return len(standing)


def agree(steps: Steps, pack: RulePack, party_id: str, document: Document, by: str) -> PersonRecord:
    """Write down, for the pack's legal period, that a party agreed to a version of a document: kept to the end of the
    year in which the period ends. Raises RuleValueUnusable when the pack cannot say how long that is."""
    with steps.database.begin("agree") as tx:
        _require_known(tx, party_id)
        today = steps.clock().date()
        months = today.month - 1 + pack.value(KEPT, today)
        until = date(today.year + months // 12, 12, 31)
        return _add(tx, steps, party_id, RecordKind.AGREEMENT, document._asdict(), by, until)


def consents(tx: Connection, party_id: str) -> list[PersonRecord]:
    """The consents of a party that stand."""
    return [
        each
        for each in person_records.of_party(tx, party_id)
        if each.kind is RecordKind.CONSENT and each.withdrawn_at is None
    ]


def _numbered(corporate_number: str, invoice_number: str) -> dict[str, str]:
    numbers = {"corporate_number": corporate_number, "invoice_number": invoice_number}
    return numbers if any(numbers.values()) else {}


def _numbers(tx: Connection, party_id: str) -> dict[str, str]:
    kept = [each for each in person_records.of_party(tx, party_id) if each.kind is RecordKind.ORGANISATION]
    return dict(kept[-1].body) if kept else {}


def _add(
    tx: Connection,
    steps: Steps,
    party_id: str,
    kind: RecordKind,
    body: dict[str, str],
    by: str,
    until: date | None = None,
) -> PersonRecord:
    """The journal names kind and number only: what the record says can be erased, what the journal says cannot."""
    record = person_records.add(tx, party_id, kind, body, steps.clock(), by, until)
    steps.note(tx, RULES, f"person.{kind}", party_id, {"number": record.number, "by": by})
    return record


def _require_known(tx: Connection, party_id: str) -> None:
    if party_id not in {each.id for each in registry.parties(tx)}:
        raise RuleBroken(f"no party has the id {party_id!r}: gridpact people add")


def _party_faults(party: Party, corporate_number: str, invoice_number: str) -> list[Fault]:
    faults = []
    if not party.id.isprintable() or not 0 < len(party.id) <= 64:
        faults.append(Fault("PARTY", "wrong_form", "an id has 1 to 64 characters"))
    if not party.name.strip():
        faults.append(Fault("name", "missing", "say the name"))
    if corporate_number and (wrong := corporate_number_fault(corporate_number)):
        faults.append(Fault("corporate_number", "wrong_form", wrong))
    if invoice_number and (wrong := invoice_number_fault(invoice_number, corporate_number)):
        faults.append(Fault("invoice_number", "wrong_form", wrong))
    return faults
