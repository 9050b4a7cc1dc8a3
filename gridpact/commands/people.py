"""``gridpact people``: who takes part, how they proved it, what they consented and agreed to; all of it for them.

Whoever may read the data directory may use it.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from domain.errors import Fault, InputRefused
from domain.party import Party, Role
from domain.quantity import UJPY_PER_JPY
from gridpact.existing import Existing, open_existing
from gridpact.signing import whoever_asks
from gridpact.wiring import identity_method, load_rules
from identity.credit import CreditTerms
from identity.evidence import Proof, challenge
from identity.reputation import limit_ujpy
from memory import registry
from memory.members import person_records
from memory.members.person_records import PersonRecord
from services.context import MARKET
from services.members import people
from services.members.bundle import bundled
from services.members.disputes import contest, raise_dispute, rule_on
from services.members.erasure import erase
from services.members.exporting import export
from services.members.people import Document
from services.members.reputation import reputation_of

BY = "command line"
FILE_BYTES_MAX = 4 * 1024 * 1024


def run(options: argparse.Namespace) -> int:
    """Register a party, take evidence, consents and agreements, show or export; 1 when it is refused."""
    verbs = {
        "add": _add,
        "challenge": _challenge,
        "prove": _prove,
        "consent": _consent,
        "withdraw": _withdraw,
        "agree": _agree,
        "show": _show,
        "export": _export,
        "reputation": _reputation,
        "contest": _contest,
        "dispute": _dispute,
        "rule": _rule,
        "erase": _erase,
    }
    with open_existing(options) as world:
        found = verbs[options.verb](world, options)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for each in found:
        print("  ".join(f"{name.replace('_', ' ')} {value}" for name, value in each.items() if value not in ("", None)))
    return 0


Records = list[dict[str, Any]]


def _add(world: Existing, options: argparse.Namespace) -> Records:
    party = Party(options.party, options.name, Role(options.role))
    steps = world.house.steps
    people.register_party(steps, party, BY, options.corporate_number, options.invoice_number)
    return [{"party": party.id, "role": str(party.role)}]


def _challenge(world: Existing, options: argparse.Namespace) -> Records:
    from gateways.evidence.revocation import nonce_of

    text = challenge(MARKET, options.party, world.house.steps.clock().date())
    return [{"sign": text.decode(), "ocsp_nonce": nonce_of(text).hex()}]


def _prove(world: Existing, options: argparse.Namespace) -> Records:
    method = identity_method(world.house.settings, options.method, world.house.steps.clock)
    handed = (options.chain, options.signature, options.ocsp, options.crl)
    proof = Proof(options.document, *(_read(path) if path else b"" for path in handed))
    found = people.prove_identity(world.house.steps, method, MARKET, options.party, proof, BY)
    return [{"party": options.party, "method": found.method, "level": str(found.level), "status": found.status}]


def _consent(world: Existing, options: argparse.Namespace) -> Records:
    return [_record(people.consent(world.house.steps, options.party, _document(options), BY))]


def _withdraw(world: Existing, options: argparse.Namespace) -> Records:
    ended = people.withdraw_consent(world.house.steps, options.party, options.name, BY)
    return [{"party": options.party, "withdrawn": ended}]


def _agree(world: Existing, options: argparse.Namespace) -> Records:
    pack = load_rules(world.house.settings).pack
    return [_record(people.agree(world.house.steps, pack, options.party, _document(options), BY))]


def _show(world: Existing, options: argparse.Namespace) -> Records:
    with world.house.database.read() as tx:
        known = [each for each in registry.parties(tx) if each.id == options.party]
        records = person_records.of_party(tx, options.party)
    return [{"party": each.id, "name": each.name, "role": str(each.role)} for each in known] + list(
        map(_record, records)
    )


def _export(world: Existing, options: argparse.Namespace) -> Records:
    """To a file that is new; a person's data overwrites nobody else's. A name that ends in .zip asks for the bundle."""
    document = export(world.house.steps, options.party, BY)
    as_bundle = options.to.suffix.lower() == ".zip"
    written = bundled(document) if as_bundle else json.dumps(document, ensure_ascii=False, indent=1).encode()
    try:
        with options.to.open("xb") as file:
            file.write(written)
    except OSError as taken:
        raise InputRefused([Fault(str(options.to), "not_written", f"it cannot go there: {taken.strerror}")]) from None
    rows = sum(map(len, document["tables"].values()))
    return [{"party": options.party, "file": str(options.to), "tables": len(document["tables"]), "rows": rows}]


def _reputation(world: Existing, options: argparse.Namespace) -> Records:
    """The score and the credit it carries, then a line for each part with its reason."""
    with world.house.database.read() as tx:
        terms = _credit_terms(world)
        found = reputation_of(tx, options.party, terms)
    credit_jpy = limit_ujpy(found, terms) // UJPY_PER_JPY
    head = {"party": options.party, "permille": found.permille, "credit_jpy": credit_jpy}
    return [head, *(part._asdict() for part in found.parts)]


def _contest(world: Existing, options: argparse.Namespace) -> Records:
    asker, steps = whoever_asks(world.house, options), world.house.steps
    return [_record(contest(steps, asker, options.party, options.part, options.says, _credit_terms(world)))]


def _dispute(world: Existing, options: argparse.Namespace) -> Records:
    asker = whoever_asks(world.house, options)
    return [_record(raise_dispute(world.house.steps, asker, options.party, options.contract, options.says))]


def _rule(world: Existing, options: argparse.Namespace) -> Records:
    asker, counts = whoever_asks(world.house, options), options.ruling == "counts"
    return [_record(rule_on(world.house.steps, asker, options.party, options.number, options.reason, counts=counts))]


def _credit_terms(world: Existing) -> CreditTerms:
    house = world.house
    return load_rules(house.settings).of(house.clock().astimezone(house.time.zone).date()).credit


def _erase(world: Existing, options: argparse.Namespace) -> Records:
    asker = whoever_asks(world.house, options)
    word = erase(world.house.steps, asker, options.party, options.reason)
    told = {"party": options.party, "role": word.role, "erased": word.done}
    return [told | ({"records": word.records, "kept_by_law": word.kept} if word.done else {})]


def _document(options: argparse.Namespace) -> Document:
    return Document(options.name, options.version, hashlib.sha256(_read(options.text)).hexdigest())


def _record(record: PersonRecord) -> dict[str, Any]:
    told = {"number": record.number, "kind": str(record.kind), "at": f"{record.at:%Y-%m-%dT%H:%M:%SZ}", "by": record.by}
    ends = {
        "keep_until": str(record.keep_until) if record.keep_until else None,
        "withdrawn_at": f"{record.withdrawn_at:%Y-%m-%dT%H:%M:%SZ}" if record.withdrawn_at else None,
    }
    return told | dict(record.body) | ends


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError as unreadable:
        raise InputRefused([Fault(str(path), "not_read", f"this file cannot be read: {unreadable}")]) from None
