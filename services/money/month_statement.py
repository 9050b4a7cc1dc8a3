"""A person's statement of a month: the bill, who issues it to whom, what proves each trade, and what is still open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from domain.errors import Fault
from domain.party import Party, Role
from memory import registry
from memory.members import person_records
from memory.members.person_records import RecordKind
from memory.trading.contracts import ContractRow
from policies.pack import RulePack
from services.figures.proofs import ContractProof, proof_of
from services.market_time import MarketTime
from services.money.billing import Month, billed
from services.rules import Rules
from settlement.billing.bill import Bill
from settlement.billing.line import Line
from settlement.billing.qualified import Named, invoice_faults


@dataclass(frozen=True, slots=True)
class Trade:
    """A delivered contract with its proof. sold: the person is its seller. starts: its slot, local time."""

    contract: ContractRow
    proof: ContractProof
    sold: bool
    starts: str


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """One person's month. label: what a demonstration's pages bear, by language; empty in earnest. faults: why the bill
    is no qualified invoice. slots_settled of slots: of all its sites, from the first day to the last."""

    month: str
    bill: Bill
    issuer: Named
    person: Named
    site_ids: tuple[str, ...]
    label: Mapping[str, str]
    faults: tuple[Fault, ...]
    trades: tuple[Trade, ...]
    slots_settled: int
    slots: int

    @property
    def number(self) -> str:
        """The bill's own number: equal bills have equal ones."""
        lines = [[_plain(line), [rule.version for rule in line.rules]] for line in self.bill.lines]
        return f"{self.month}-{self.bill.party_id}-{digest([lines, self.bill.payable_jpy])[:8]}"


def month_statement(
    tx: Connection, rules: Rules, time: MarketTime, party_id: str, written: str
) -> MonthStatement | None:
    """The statement of a month as ``2026-05``, None when nothing was settled in it. Raises as ``billing.billed``."""
    month, parties = Month.of(written), {party.id: party for party in registry.parties(tx)}
    person, issuer = _named(tx, parties.get(party_id)), _named(tx, _retailer(parties))
    found = billed(tx, rules, time, party_id, month, bool(person.invoice_number))
    if found is None:
        return None
    bill, own = found.bill, {site.id for site in found.sites}
    slots = len(range(time.slots_of(bill.first)[0], time.slots_of(bill.last)[-1] + 1))
    pack = rules.on(bill.last)
    return MonthStatement(
        month=written,
        bill=bill,
        issuer=issuer,
        person=person,
        site_ids=tuple(sorted(own)),
        label=pack.label if pack.demonstration else {},
        faults=(*invoice_faults(issuer, person), *_assumed(pack)),
        trades=tuple(
            Trade(each, proof_of(tx, each), each.seller_site in own, time.label(each.slot))
            for each in found.contracts
            if each.delivered_wh
        ),
        slots_settled=found.slots_settled,
        slots=slots * len(found.sites),
    )


def record(of: MonthStatement) -> dict[str, Any]:
    """The statement as plain values, for programs. Money in whole uJPY and JPY, what a person pays above zero."""
    bill, without = of.bill, of.bill.without
    return {
        "number": of.number,
        "month": of.month,
        "party": bill.party_id,
        "sites": [*of.site_ids],
        "first": bill.first.isoformat(),
        "last": bill.last.isoformat(),
        "label": dict(of.label),
        "not_qualified_because": [str(fault) for fault in of.faults],
        "slots_settled": of.slots_settled,
        "slots": of.slots,
        "lines": [_plain(line) for line in bill.lines],
        "totals": [each._asdict() | {"document": str(each.document)} for each in bill.totals],
        "credits": [each._asdict() for each in bill.credits],
        "value_ujpy": bill.value_ujpy,
        "rounding_ujpy": bill.rounding_ujpy,
        "payable_jpy": bill.payable_jpy,
        "without_trading": without._asdict() | {"value_ujpy": without.value_ujpy},
        "saving_ujpy": bill.saving_ujpy,
        "trades": [_trade(each) for each in of.trades],
    }


def _plain(line: Line) -> dict[str, Any]:
    rules = [
        {
            "key": rule.key,
            "version": rule.version,
            "source": rule.source,
            "value": rule.value,
            "first": rule.first.isoformat() if rule.first else None,
            "last": rule.last.isoformat() if rule.last else None,
            "assumed": rule.assumed,
        }
        for rule in line.rules
    ]
    return {
        "site": line.site_id,
        "section": str(line.section),
        "item": str(line.item),
        "tier": line.tier,
        "first": line.first.isoformat(),
        "last": line.last.isoformat(),
        "quantity": line.quantity,
        "unit": str(line.unit),
        "price": line.price,
        "value_ujpy": line.value_ujpy,
        "tax_ppm": line.tax_ppm,
        "posted": line.posted,
        "rules": rules,
    }


def _trade(of: Trade) -> dict[str, Any]:
    contract, proof = of.contract, of.proof
    return {
        "digest": contract.digest,
        "slot": contract.slot,
        "starts": of.starts,
        "side": "sold" if of.sold else "bought",
        "with_site": contract.buyer_site if of.sold else contract.seller_site,
        "energy_wh": contract.energy_wh,
        "delivered_wh": contract.delivered_wh,
        "price_mjpy_per_kwh": contract.price_mjpy_per_kwh,
        "leaf": proof.leaf.hex(),
        "siblings": [each.hex() for each in proof.siblings],
        "record": proof.record.key if proof.record else None,
        "root": proof.record.root if proof.record else None,
        "receipt": proof.record.receipt if proof.record else None,
    }


def _assumed(pack: RulePack) -> list[Fault]:
    """A demonstration issues no invoice, whatever numbers it has."""
    said = "its values are a demonstration's, some of them assumed"
    return [Fault(f"rule pack {pack.id}", "assumed", said)] if pack.demonstration else []


def _retailer(parties: Mapping[str, Party]) -> Party | None:
    return next((party for party in parties.values() if party.role is Role.RETAILER), None)


def _named(tx: Connection, party: Party | None) -> Named:
    """Somebody's name and numbers; nobody's are empty."""
    if party is None:
        return Named("")
    records = [each.body for each in person_records.of_party(tx, party.id) if each.kind is RecordKind.ORGANISATION]
    numbers = records[-1] if records else {}
    return Named(party.name, numbers.get("invoice_number", ""), numbers.get("corporate_number", ""))
