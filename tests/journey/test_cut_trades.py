"""Trades on record meet a limit, and a stop, before their gate: cut or cancelled, at no cost of a deviation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from inside import REDUCED_DAY, prepared
from worlds import Worlds

from domain.canonical import digest
from domain.contract import ContractState
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.quantity import split_in_proportion
from domain.slot import Slot
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.grid_signals import signed_by
from identity.keys import seeded_key
from memory import cases
from memory.books import chain_records, ledger, settlements
from memory.cases import CaseRow
from memory.database import Database
from memory.grid import grid_signals
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.cases.safe_mode import go_safe
from services.figures.audit import audit
from services.grid.cutting import cut_open
from services.grid.grid_signals import accept, holding
from services.money.booking import slot_contracts

KEY = seeded_key(3, "dso")
LIMITED, STOPPED = 0, 2
PLAN = replace(REDUCED_DAY, slots=4, planted=False)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A settled run. site: the seller that was limited. before: the contracts of its slot as they were recorded."""

    run: Run
    site: str
    limit_wh: int
    before: list[ContractRow]

    def slot(self, which: int) -> list[ContractRow]:
        with self.run.house.database.read() as tx:
            return slot_contracts(tx, self.run.traded[which])


@pytest.fixture(scope="module")
def aftermath(worlds: Worlds) -> Iterator[Aftermath]:
    """A seller may feed in half of what it sold in the first slot; all trading is stopped after the third one's record,
    from the third slot on. Both are heard a tick later, before the gate; the process dies cutting, before and after its
    commit, and does it again."""
    world = worlds.fresh()
    with prepared(world, PLAN) as (run, clock):
        with run.house.database.begin("source") as tx:
            grid_signals.register(tx, "dso", KEY.public_key().public_bytes_raw(), "test", run.clock())
        for tick in range(run.first_tick, run.last_tick + 1):
            clock.moment = Slot(tick).start
            if tick == run.first_tick + 1:
                before = _slot(run, LIMITED)
                site = max({each.seller_site for each in before})
                limit_wh = sum(each.energy_wh for each in before if each.seller_site == site) // 2
                say(run, LIMITED, SignalKind.EXPORT_LIMIT, Extent.SITE, site, limit_wh * 2)
            if tick == run.traded[STOPPED] - run.time.ahead + 1:
                say(run, STOPPED, SignalKind.STOP, Extent.FEEDER, "", 0)
            if tick in {run.first_tick + 1, run.traded[STOPPED] - run.time.ahead + 1}:
                die_cutting(run, world.url)
            live_tick(run, tick)
        yield Aftermath(run, site, limit_wh, before)


def die_cutting(run: Run, url: str) -> None:
    for moment in ("before", "after"):

        def crash(point: str, moment: str = moment) -> None:
            if point.startswith("cut:") and point.endswith(moment):
                raise KeyboardInterrupt

        fragile = Database(url, crash)
        with pytest.raises(KeyboardInterrupt):
            cut_open(replace(run.ctx, steps=replace(run.ctx.steps, database=fragile)))
        fragile.close()


def _slot(run: Run, which: int) -> list[ContractRow]:
    with run.house.database.read() as tx:
        return slot_contracts(tx, run.traded[which])


def say(run: Run, slot: int, kind: SignalKind, extent: Extent, target: str, value: int) -> None:
    start = run.time.start(run.traded[slot])
    end = start + timedelta(minutes=30)
    said = GridSignal(
        "dso", str(kind), 0, "local", kind, extent, target, value, LimitUnit.W, start, end, end, 0, "wires at work"
    )
    accept(run.ctx.desk, signed_by(said, KEY.sign(said.signed_bytes)))


def test_a_limit_cuts_a_sellers_trades_in_proportion(aftermath: Aftermath) -> None:
    """What is left is the limit exactly, shared to the Wh; others keep all, and every contract ends with its slot."""
    mine = [each for each in aftermath.before if each.seller_site == aftermath.site]
    kept = dict(
        zip(
            [each.digest for each in mine],
            split_in_proportion(aftermath.limit_wh, [each.energy_wh for each in mine]),
            strict=True,
        )
    )
    after = aftermath.slot(LIMITED)
    assert {each.digest: each.standing_wh for each in after if each.digest in kept} == kept
    assert all(each.kept_wh is None for each in after if each.digest not in kept)
    assert {each.state for each in after} == {ContractState.SETTLED}


def test_a_cut_costs_no_deviation(aftermath: Aftermath) -> None:
    """Both sides are settled as if they had contracted what was left: the cut itself is nobody's deviation."""
    slot = aftermath.run.traded[LIMITED]
    with aftermath.run.house.database.read() as tx:
        rows = {each.site_id: each for each in settlements.of_slots(tx, slot, slot)}
    assert rows[aftermath.site].contracted_sell_wh == aftermath.limit_wh
    assert sum(each.contracted_sell_wh for each in rows.values()) == sum(
        each.contracted_buy_wh for each in rows.values()
    )
    assert sum(each.contracted_sell_wh for each in rows.values()) == sum(
        each.standing_wh for each in aftermath.slot(LIMITED)
    )


def test_a_stop_cancels_what_was_recorded_before_the_gate(aftermath: Aftermath) -> None:
    """Nothing is left, reserved or owed: the utility's terms settle the slot, and no imbalance is charged."""
    slot = aftermath.run.traded[STOPPED]
    with aftermath.run.house.database.read() as tx:
        assert contracts.of_slot(tx, slot)
        assert {each.state for each in contracts.of_slot(tx, slot)} == {ContractState.CANCELLED}
        assert ledger.pending_of(tx, slot) == []
        kinds = {
            each.kind
            for each in ledger.of_slots(tx, slot, slot)
            if each.amount_ujpy and not each.id.endswith("reserved")
        }
        assert all(row.net_ujpy == row.no_trade_ujpy for row in settlements.of_slots(tx, slot, slot))
    assert "utility_purchase" in kinds
    assert not kinds & {"p2p_purchase", "p2p_sale", "netted_sale", "imbalance"}


def test_cuts_are_done_once_told_and_on_the_chain(aftermath: Aftermath) -> None:
    """Dying before and after a cut's commit, and looking again, changes nothing; the chain holds a word for each cut,
    and the audit proves all of it."""
    run = aftermath.run
    cut_open(run.ctx)
    with run.house.database.read() as tx:
        told = [each for each in chain_records.all(tx) if each.key.startswith("cut:")]
        checked = audit(tx, run.ctx)
    assert len(told) == 2
    assert all(each.receipt for each in told)
    assert checked["cuts"] > len(aftermath.slot(STOPPED))


@pytest.mark.parametrize(
    ("trigger", "extent"), [("E12", Extent.SITE), ("E22", Extent.FEEDER)], ids=["the parties", "the market"]
)
def test_silence_that_means_safe_mode_stops_whom_the_rule_speaks_of(
    aftermath: Aftermath, trigger: str, extent: Extent
) -> None:
    """Both sites of the deal, or all trading; given once, however often the case is concluded, and held until two
    people resume it."""
    run, contract = aftermath.run, aftermath.before[0]
    finding = {"trigger": trigger, "on_timeout": "safe_mode", "text": "silence"}
    case = CaseRow(
        id=f"C-{trigger}",
        contract_digest=contract.digest,
        thread=f"case:C-{trigger}",
        opened_at=run.clock(),
        deadline=run.clock(),
        roles=("finance",),
        approvals=1,
        findings=[finding],
        evidence={},
        evidence_hash=digest({}),
        on_timeout="safe_mode",
    )
    with run.house.database.begin("case") as tx:
        cases.open(tx, case)
    for _ in range(2):
        go_safe(run.ctx, case.id)
    with run.house.database.read() as tx:
        given = [each for each in holding(tx, run.ctx.desk, run.traded[-1] + 8) if case.id in each.reason]
    assert {each.extent for each in given} == {extent}
    wanted = [contract.seller_site, contract.buyer_site] if extent is Extent.SITE else [""]
    assert sorted(each.target for each in given) == sorted(wanted)
