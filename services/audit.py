"""Everything that can be checked again, checked again, in the order in which it came to be.

Raises AuditBroken at the first record that does not hold and names it: a reading's signature, a link of the journal, a
contract's digest, a decision's signature, a balance, a root or a proof.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from contracts.terms import term_digest
from domain.canonical import digest
from domain.errors import AuditBroken
from domain.site import DeviceKind
from identity.signatures import Envelope, verify, verify_bytes
from identity.wire import readings_of
from memory import cases, chain_records, contracts, journal, ledger, readings, registry
from services.cases import signed_words
from services.context import TradeContext
from services.proofs import fault_of

COLUMNS_OF_TERMS = ("seller_site", "buyer_site", "energy_wh", "price_mjpy_per_kwh")


def audit(tx: Connection, ctx: TradeContext) -> dict[str, int]:
    """How many records of each kind were checked. Raises AuditBroken."""
    checks: dict[str, Callable[[Connection, TradeContext], int]] = {
        "readings": _readings,
        "journal_entries": lambda tx, ctx: journal.verify(tx, ctx.keys.publics()),
        "contracts": _contracts,
        "decisions": _decisions,
        "ledger_accounts": lambda tx, ctx: ledger.verify(tx),
        "chain_records": _chain,
    }
    return {name: check(tx, ctx) for name, check in checks.items()}


def _readings(tx: Connection, ctx: TradeContext) -> int:
    """Every envelope under its meter's key, and every reading as its envelope has it."""
    keys = {each.id: each.public_key for each in registry.devices(tx) if each.kind is DeviceKind.METER}
    checked = 0
    for envelope, kept in readings.by_envelope(tx):
        sealed = Envelope(
            envelope.device_id,
            envelope.key_id,
            envelope.boot,
            envelope.counter_first,
            envelope.created_at,
            envelope.audience,
            envelope.payload,
            envelope.signature,
        )
        if not verify(sealed, keys.get(envelope.device_id, b"")):
            raise AuditBroken(f"envelope {envelope.id} of {envelope.device_id}: the signature does not hold")
        signed, faults = readings_of(sealed)
        if faults or any(signed[each.counter - envelope.counter_first] != each for each in kept):
            raise AuditBroken(f"envelope {envelope.id} of {envelope.device_id}: a reading differs from what was signed")
        checked += len(kept)
    if checked != (stored := readings.count(tx)):
        raise AuditBroken(f"{stored - checked} readings stand in no envelope")
    if moved := readings.misplaced(tx):
        raise AuditBroken(f"reading {moved[0]} stands at a site that its meter does not belong to")
    return checked


def _contracts(tx: Connection, ctx: TradeContext) -> int:
    every = contracts.all(tx)
    for each in every:
        if term_digest(each.terms) != each.digest:
            raise AuditBroken(f"contract {each.digest}: its terms have another digest")
        if any(getattr(each, name) != each.terms[name] for name in COLUMNS_OF_TERMS):
            raise AuditBroken(f"contract {each.digest}: what is settled differs from its terms")
    return len(every)


def _decisions(tx: Connection, ctx: TradeContext) -> int:
    checked = 0
    for case in cases.all(tx):
        if digest(case.evidence) != case.evidence_hash:
            raise AuditBroken(f"case {case.id}: the evidence is not what people decided on")
        for each in cases.decisions(tx, case.id):
            if not verify_bytes(ctx.keys.public(each.person), signed_words(each), each.signature):
                raise AuditBroken(f"decision {each.stage} on case {case.id}: {each.person}'s signature does not hold")
            checked += 1
    return checked


def _chain(tx: Connection, ctx: TradeContext) -> int:
    recorded = [each for each in chain_records.all(tx) if each.receipt]
    for each in recorded:
        fault = fault_of(tx, ctx, each)
        if fault:
            raise AuditBroken(fault)
    return len(recorded)
