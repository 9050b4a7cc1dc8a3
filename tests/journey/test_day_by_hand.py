"""A day without the machine: sheets out, a form back, two approvals, and the meters have the last word, once."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from inside import REDUCED_DAY, prepared
from worlds import Worlds

from domain.account import AccountRole
from domain.errors import Conflict, InputRefused, PermissionDenied, RuleBroken
from domain.slot import Slot
from gateways.hand_form import Form, read_form, write_sheets
from gridpact.demo import Run
from gridpact.live import live_tick
from identity.authorisation import Kind, Principal
from memory.books import ledger
from services.byhand.filing import approve_day, file_day
from services.byhand.reconciling import Reconciled, reconcile
from services.byhand.sheets import sheets_of
from services.figures.audit import audit
from services.grid.grid_signals import emergency_stop
from services.money.settling import metered_of
from settlement.by_hand import BY_HAND

PLAN = replace(REDUCED_DAY, slots=26, planted=False)
DAY, TRADED = date(2026, 5, 20), 24
WHY = "compared with the sheets that both sites signed"


def person(account: str, role: AccountRole) -> Principal:
    return Principal(Kind.PERSON, account, account, frozenset({role}), fresh=True)


OPERATOR = person("aoi", AccountRole.OPERATOR)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A day that was stopped and run by hand. seller, buyer: who traded by hand, sold_wh: what, at noon."""

    run: Run
    folder: Path
    seller: str
    buyer: str
    sold_wh: int
    before: Reconciled
    after: Reconciled


def filled(folder: Path, run: Run, cells: dict[tuple[int, str], dict[str, str]]) -> Form:
    """The exported form with some cells filled in, by place of the slot and site."""
    with (folder / "form.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    sites = len(run.ctx.roster.ids)
    for (place, site), said in cells.items():
        rows[place * sites + run.ctx.roster.position[site]] |= said
    path = folder / "filled.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return read_form(path, run.ctx.time)


def kwh(wh: int) -> str:
    return f"{wh // 1000}.{wh % 1000:03}"


@pytest.fixture(scope="module")
def aftermath(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """Everything is stopped before the first slot; at noon one site sells to another by hand. The seller is read
    10 Wh too high. The form speaks of an evening slot too, whose meters are not back."""
    folder = tmp_path_factory.mktemp("byhand") / "sheets"
    with prepared(worlds.fresh(), PLAN) as (run, clock):
        emergency_stop(run.ctx.desk, "the machine room is flooded", "the caretaker")
        with run.house.database.read() as tx:
            write_sheets(folder, DAY, sheets_of(tx, run.ctx, DAY))
        for tick in range(run.first_tick, run.last_tick + 1):
            clock.moment = Slot(tick).start
            live_tick(run, tick)
        slot = run.traded[TRADED]
        with run.house.database.read() as tx:
            metered = metered_of(tx, run.ctx, slot)
        seller_at, buyer_at = int(metered.export_wh.argmax()), int(metered.import_wh.argmax())
        seller, buyer = run.ctx.roster.ids[seller_at], run.ctx.roster.ids[buyer_at]
        sold_wh = int(min(metered.export_wh[seller_at], metered.import_wh[buyer_at]))
        sale = {"sold_to": buyer, "sold_kwh": kwh(sold_wh), "price_jpy_per_kwh": "14"}
        read = {"import_kwh": "0", "export_kwh": kwh(int(metered.export_wh[seller_at]) + 10)}
        form = filled(folder, run, {(TRADED, seller): sale | read, (40, seller): {"import_kwh": "1.5"}})
        filed = file_day(run.ctx, OPERATOR, form.day, form.content, form.rows, form.faults)
        with pytest.raises(RuleBroken):
            reconcile(run.ctx, str(DAY))
        assert not approve_day(run.ctx, person("ren", AccountRole.GRID), filed.id, WHY)
        assert approve_day(run.ctx, person("mio", AccountRole.FINANCE), filed.id, WHY)
        before = reconcile(run.ctx, str(DAY))
        after = reconcile(run.ctx, str(DAY))
        yield Aftermath(run, folder, seller, buyer, sold_wh, before, after)


def test_the_sheets_name_every_site_and_leave_room_for_every_slot(aftermath: Aftermath) -> None:
    """CSV for a spreadsheet and one page to print, without a line of script; nothing is ever written over."""
    sheets = {path.name for path in aftermath.folder.iterdir()}
    assert sheets >= {"sites.csv", "meters.csv", "contracts.csv", "prices.csv", "limits.csv", "form.csv", "day.html"}
    page = (aftermath.folder / "day.html").read_text()
    assert all(site in page for site in aftermath.run.ctx.roster.ids)
    assert "the machine room is flooded" in page
    with pytest.raises(InputRefused):
        write_sheets(aftermath.folder, DAY, [])


def test_the_meters_have_the_last_word_and_settle_once(aftermath: Aftermath) -> None:
    """What was sold by hand is paid by the meter; looking again lists the same and books nothing more, and a slot whose
    meters are not back waits."""
    slot = aftermath.run.traded[TRADED]
    assert aftermath.before == aftermath.after
    assert aftermath.before.settled == [slot]
    assert len(aftermath.before.waiting) == 1
    [differs] = aftermath.before.differences
    assert (differs.slot, differs.site) == (slot, aftermath.seller)
    assert differs.export_wh == differs.metered_export_wh + 10
    with aftermath.run.house.database.read() as tx:
        made = [each for each in ledger.of_slots(tx, slot, slot) if each.kind == BY_HAND]
        audit(tx, aftermath.run.ctx)
    paid = {each.credit: each.amount_ujpy for each in made}
    buyback = aftermath.run.ctx.rules.of(DAY).tariff.buyback
    assert paid[f"member:{aftermath.seller}"] == aftermath.sold_wh * (14_000 - buyback)
    assert f"member:{aftermath.buyer}" in paid
    assert not any("imbalance" in (each.debit, each.credit) for each in made)


def test_every_fault_of_a_form_comes_back_at_once_by_row_and_column(aftermath: Aftermath) -> None:
    """Form and sense together; nothing of it is kept."""
    seller, buyer = aftermath.seller, aftermath.buyer
    sale = {"sold_to": buyer, "sold_kwh": "1", "price_jpy_per_kwh": "14"}
    form = filled(
        aftermath.folder,
        aftermath.run,
        {
            (0, seller): {"import_kwh": "1,5"},
            (1, seller): {"sold_to": buyer, "sold_kwh": "0.5"},
            (2, seller): sale | {"price_jpy_per_kwh": "900"},
            (3, seller): sale | {"sold_to": "nobody"},
            (4, seller): sale | {"export_kwh": "0.5"},
            (5, seller): sale,
            (5, buyer): sale | {"sold_to": seller},
        },
    )
    with pytest.raises(InputRefused) as refused:
        file_day(aftermath.run.ctx, OPERATOR, form.day, form.content, form.rows, form.faults)
    codes = [fault.code for fault in refused.value.faults]
    assert codes[:2] == ["not_decimal", "half_sale"]
    assert {"outside_corridor", "unknown_site", "above_export", "both_sides"} <= set(codes)
    assert all(len(fault.where.split(":")) == 3 for fault in refused.value.faults)


def test_nobody_approves_what_they_filed_and_no_day_is_filed_twice(aftermath: Aftermath) -> None:
    """Whoever filed may not approve, nobody approves twice, a member files nothing, and an approved day stands."""
    ctx = aftermath.run.ctx
    form = filled(aftermath.folder, aftermath.run, {(7, aftermath.seller): {"import_kwh": "1"}})
    with pytest.raises(PermissionDenied):
        file_day(ctx, person("kei", AccountRole.MEMBER), form.day, form.content, form.rows, form.faults)
    with pytest.raises(Conflict):
        file_day(ctx, OPERATOR, form.day, form.content, form.rows, form.faults)
