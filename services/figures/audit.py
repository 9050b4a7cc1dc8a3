"""Everything that can be checked again, checked again, in the order in which it came to be.

Raises AuditBroken at the first record that does not hold and names it: a reading's signature, a link of the journal, a
contract's digest, the trades under a root, a decision's signature, a balance, a settlement, a dispute, a contract's own
price, what was cut of one, an entry of a negotiation, a paper, a root or a proof.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from contracts.terms import term_digest
from domain.canonical import digest
from domain.contract import ContractState
from domain.errors import AuditBroken
from domain.site import SIGNING
from identity.keys import key_id
from identity.payload import readings_of
from identity.signatures import Envelope, verify, verify_bytes
from memory import cases, registry
from memory.books import chain_records, journal, ledger, settlements
from memory.cases import DecisionRow
from memory.devices import device_keys, readings
from memory.trading import contracts, trades
from memory.trading.contracts import ContractRow
from services.cases.approving import is_its_accounts
from services.cases.cases import signed_words
from services.context import TradeContext
from services.deals.approvals import decision_on, key_of
from services.deals.negotiation_record import verify_negotiations
from services.deals.own_prices import verify_own_prices
from services.disputes.dispute_audit import verify_disputes
from services.figures.proofs import fault_of
from services.grid.cutting import verify_cuts
from services.money.closing import SHARE
from services.orders.order_record import verify_books
from services.papers.paper_audit import verify_papers
from settlement.by_hand import BY_HAND
from settlement.dispute import CORRECTION
from settlement.ledger import TransferState, member

LAST_SLOT = 2**40
ON_CHAIN = frozenset({ContractState.RECORDED, ContractState.SETTLED})
AFTERWARDS = (SHARE, CORRECTION, BY_HAND)
COLUMNS_OF_TERMS = ("seller_site", "buyer_site", "energy_wh", "price_mjpy_per_kwh")


def audit(tx: Connection, ctx: TradeContext) -> dict[str, int]:
    """How many records of each kind were checked. Raises AuditBroken."""
    checks: dict[str, Callable[[Connection, TradeContext], int]] = {
        "readings": _readings,
        "journal_entries": lambda tx, ctx: journal.verify(tx, ctx.keys.publics()),
        "contracts": _contracts,
        "trades": _trades,
        "order_commands": lambda tx, ctx: verify_books(tx, ctx.desk),
        "decisions": _decisions,
        "ledger_accounts": lambda tx, ctx: ledger.verify(tx),
        "signed_bookings": _signed_bookings,
        "settlements": _settlements,
        "disputes": lambda tx, ctx: verify_disputes(tx),
        "own_prices": verify_own_prices,
        "cuts": verify_cuts,
        "negotiations": lambda tx, ctx: verify_negotiations(tx),
        "papers": verify_papers,
        "chain_records": _chain,
    }
    return {name: check(tx, ctx) for name, check in checks.items()}


def _readings(tx: Connection, ctx: TradeContext) -> int:
    """Every envelope under the key that its meter had then, and every reading as its envelope has it."""
    meters = [each for each in registry.devices(tx) if each.kind in SIGNING]
    keys = {named: had.public_key for named, had in device_keys.all(tx).items()}
    keys |= {(each.id, key_id(each.public_key)): each.public_key for each in meters}
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
        if not verify(sealed, keys.get((envelope.device_id, envelope.key_id), b"")):
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
            if not _is_signed(tx, ctx, each):
                raise AuditBroken(f"decision {each.stage} on case {case.id}: {each.person}'s signature does not hold")
            checked += 1
    return checked


def _is_signed(tx: Connection, ctx: TradeContext, said: DecisionRow) -> bool:
    if said.address is None:
        return verify_bytes(ctx.keys.public(said.person), signed_words(said), said.signature)
    return is_its_accounts(tx, said)


def _trades(tx: Connection, ctx: TradeContext) -> int:
    """Every trade against its contract, and every slot's leaves against the contracts that the chain holds."""
    every = {each.id: each for each in trades.between(tx, 0, LAST_SLOT)}
    recorded: dict[str, set[str]] = {}
    for contract in contracts.all(tx):
        if contract.trade_id is None:
            continue
        trade = every.get(contract.trade_id)
        if trade is None or any(
            getattr(trade, name) != getattr(contract, name) for name in ("slot", *COLUMNS_OF_TERMS)
        ):
            raise AuditBroken(f"trade {contract.trade_id}: contract {contract.digest} says otherwise")
        if contract.state in ON_CHAIN or contract.kept_wh == 0:
            recorded.setdefault(f"slot:{contract.slot}", set()).add(contract.digest)
    for record in chain_records.all(tx):
        if record.key.startswith("slot:") and record.receipt and recorded.pop(record.key, set()) != set(record.leaves):
            raise AuditBroken(f"{record.key}: the leaves are not the contracts that the slot recorded")
    if recorded:
        raise AuditBroken(f"{min(recorded)}: contracts are said to be recorded, and no root stands for them")
    return len(every)


def _settlements(tx: Connection, ctx: TradeContext) -> int:
    """What every site is said to have received, less paid, against the slot's transfers before the day's sharing,
    corrections of disputes and what was traded by hand."""
    rows = settlements.of_slots(tx, 0, LAST_SLOT)
    moved: dict[tuple[int, str], int] = {}
    for each in ledger.of_slots(tx, 0, LAST_SLOT):
        if each.state is TransferState.POSTED and each.kind not in AFTERWARDS:
            moved[each.slot, each.credit] = moved.get((each.slot, each.credit), 0) + each.amount_ujpy
            moved[each.slot, each.debit] = moved.get((each.slot, each.debit), 0) - each.amount_ujpy
    for row in rows:
        if row.net_ujpy != (transfers := moved.get((row.slot, member(row.site_id)), 0)):
            raise AuditBroken(
                f"settlement of slot {row.slot}, {row.site_id}: it says {row.net_ujpy} uJPY, its transfers {transfers}"
            )
    return len(rows)


def _signed_bookings(tx: Connection, ctx: TradeContext) -> int:
    """Every point of the ledger's chain that a step's signed journal entry names."""
    hashes, signed = ledger.bookings(tx), 0
    for entry in journal.entries(tx):
        body = journal.body_of(entry) if entry.kind.startswith("step.") else {}
        if "booking" in body:
            signed += 1
            if hashes.get(body["booking"]) != body["ledger"]:
                raise AuditBroken(f"booking {body['booking']} is not the one that journal entry {entry.seq} signs")
    return signed


def _chain(tx: Connection, ctx: TradeContext) -> int:
    recorded = [each for each in chain_records.all(tx) if each.receipt]
    for each in recorded:
        fault = fault_of(tx, ctx, each)
        if fault:
            raise AuditBroken(fault)
    decided = {each.key: each.root for each in chain_records.all(tx)}
    for contract in contracts.all(tx):
        _require_decided(tx, contract, decided)
    return len(recorded)


def _require_decided(tx: Connection, contract: ContractRow, decided: dict[str, str]) -> None:
    """A deal beside the auction stands on a decision, and the chain was told of that one and no other."""
    stands = contract.state in {ContractState.APPROVED, *ON_CHAIN}
    if contract.proposal_id and stands and decided.get(key_of(contract.digest)) != decision_on(tx, contract.digest):
        raise AuditBroken(f"{key_of(contract.digest)}: what was decided is not what the chain was told")
