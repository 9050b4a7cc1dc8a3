"""A small world for tests of disputes: two homes under a retailer, billed for a slot, whose meters say otherwise."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.case_house import context
from domain.account import AccountRole, AccountState
from domain.case import Verdict
from domain.contract import ContractState
from domain.party import Expertise, Mandate, Party, Role
from domain.reading import Quality, Reading
from domain.reading_batch import ReadingBatch
from domain.site import Device, DeviceKind, Site
from gridpact.clock import HandClock
from identity import access
from identity.authorisation import Kind, Principal
from identity.keys import seeded_key
from identity.signatures import seal
from memory import cases, registry
from memory import world as facts
from memory.access import accounts
from memory.access.accounts import AccountRow, RoleRow
from memory.books import ledger
from memory.casework import disputes
from memory.casework.disputes import DisputeRow
from memory.database import Database
from memory.devices import telemetry
from memory.trading import contracts, prices
from memory.trading.contracts import ContractRow
from services.cases.cases import Ballot, decide
from services.context import TradeContext
from services.disputes.docket import Docket
from services.disputes.opening import Complaint, open_dispute
from services.money.settling import settle
from services.roster import load_roster
from settlement.ledger import Balance, member

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
SAYS = "the meter was replaced at noon, see the installer's letter"
BILLED_WH, TRUE_WH, UTILITY_MJPY = 900, 600, 30_000
EXPERTS = {
    "mori": AccountRole.MEDIATOR,
    "kato": AccountRole.MEDIATOR,
    "sato": AccountRole.LEGAL,
}


@dataclass
class Disputed:
    """The world. slot: the one that was billed."""

    ctx: TradeContext
    clock: HandClock
    slot: int

    @property
    def docket(self) -> Docket:
        return Docket(self.ctx.steps, self.ctx.rules, self.ctx.time)

    def open(self, ujpy: int, kind: str = "meter_value", says: str = SAYS, contract: str | None = None) -> DisputeRow:
        return open_dispute(self.docket, MEMBER, Complaint(kind, "S1", self.slot, self.slot, ujpy, says, contract))

    def row(self, dispute_id: str) -> DisputeRow:
        with self.ctx.database.read() as tx:
            return disputes.get(tx, dispute_id)

    def balance(self, account: str = member("S1")) -> Balance:
        with self.ctx.database.read() as tx:
            assert ledger.sum_ujpy(tx) == 0
            ledger.verify(tx)
            return ledger.balances(tx)[account]

    def decide(self, dispute_id: str, who: str, verdict: Verdict) -> int:
        case_id = self.row(dispute_id).case_id
        assert case_id is not None
        with self.ctx.database.read() as tx:
            shown = cases.get(tx, case_id).evidence_hash
        return decide(self.ctx.steps, expert(who), Ballot(case_id, verdict, SAYS, shown))

    def read(self, site: str, import_wh: int, boot: int = 1, quality: Quality = Quality.MEASURED) -> None:
        """Let the site's meter say so of the slot."""
        said = [Reading(f"{site}-m", boot, self.slot, self.slot, import_wh, 0, quality=quality)]
        envelope = seal(seeded_key(1, site), said, created_at=NOW, audience="local")
        with self.ctx.database.begin("read") as tx:
            telemetry.append(tx, [telemetry.Sent(envelope, ReadingBatch.of(said), site)], NOW)


def person(account: str, party: str, role: AccountRole) -> Principal:
    return Principal(Kind.PERSON, account, party, frozenset({role}), fresh=True)


def expert(name: str) -> Principal:
    return person(name, f"party-{name}", EXPERTS[name])


MEMBER = person("member-1", "P1", AccountRole.MEMBER)
NEIGHBOUR = person("member-2", "P2", AccountRole.MEMBER)
RETAILER = person("clerk", "R", AccountRole.RETAILER)


def build(database: Database, folder: Path) -> Disputed:
    """Everybody registered; S1 was billed 900 Wh at the utility's price, S2 nothing."""
    clock = HandClock(NOW)
    plain = context(database, folder / "keys.json", clock)
    slot = plain.time.at(NOW) - 6
    with database.begin("world") as tx:
        access.grant_defaults(tx)
        registry.save_party(tx, Party("R", "R", Role.RETAILER))
        for number in (1, 2):
            registry.save_party(tx, Party(f"P{number}", f"P{number}", Role.MEMBER))
            registry.save_site(tx, Site(f"S{number}", f"P{number}", "tokyo"))
            registry.save_device(tx, Device(f"S{number}-m", f"S{number}", DeviceKind.METER, 0))
            registry.save_mandate(tx, Mandate(f"S{number}", 1, 8_600, 16_000, 0, 3_000))
        for name, role in EXPERTS.items():
            registry.save_party(tx, Party(f"party-{name}", name, Role.EXPERT, Expertise(role)))
            accounts.add(tx, AccountRow(name, f"party-{name}", name, AccountState.ACTIVE, NOW))
            accounts.give_role(tx, RoleRow(name, role, NOW, "test"))
        facts.put(tx, f"alternatives:{plain.day_of(slot)}", {"S1": UTILITY_MJPY, "S2": UTILITY_MJPY})
        for kind in ("wholesale", "imbalance"):
            prices.put(tx, slot, kind, "tokyo", 12_000, "test")
        roster = load_roster(tx, plain.time.slot_min)
    made = Disputed(replace(plain, roster=roster), clock, slot)
    made.read("S1", BILLED_WH)
    made.read("S2", 0)
    settle(made.ctx, slot)
    return made


def sold_by_neighbour(world: Disputed) -> str:
    """A contract by which S2 sold to S1; its digest."""
    row = ContractRow("c1", world.slot, None, "N", "S2", "S1", 500, 10_000, False, ContractState.SETTLED, {}, 0)
    with world.ctx.database.begin("contract") as tx:
        contracts.save(tx, [row])
    return row.digest
