"""A day on narrow lines: sixty sites, six slots, every line at one percent of its rating, so that some are full."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import Ended
from sqlalchemy import Connection
from worlds import World, Worlds, document

from domain.connection import Connections, connections_from
from memory import world as facts
from memory.books import ledger, settlements
from memory.database import Database
from memory.trading import clearings, trades
from memory.trading.clearings import ClearingRow
from settlement.ledger import CONGESTION

NARROW = ("--sites", "60", "--slots", "6", "--grid-limit", "1", "--seed", "1")  # a seed whose prices part
EVER = (0, 2**31)


@pytest.fixture(scope="module")
def narrow_run(worlds: Worlds) -> tuple[World, Ended]:
    """The day's world, and how its process ended."""
    world = worlds.fresh()
    return world, world.demo(*NARROW)


@pytest.fixture(scope="module")
def narrow(narrow_run: tuple[World, Ended]) -> World:
    world, ended = narrow_run
    assert ended.returncode == 0, ended.stderr[-2000:]
    return world


@pytest.fixture(scope="module")
def figures(narrow_run: tuple[World, Ended]) -> dict[str, Any]:
    """The KPIs of its document."""
    kpi: dict[str, Any] = document(narrow_run[1])["kpi"]
    return kpi


@pytest.fixture
def looked_at(narrow: World) -> Iterator[Connection]:
    database = Database(narrow.url)
    with database.read() as tx:
        yield tx
    database.close()


def rent_ujpy(cleared: ClearingRow) -> int:
    """What clearing said its full branches earn."""
    return sum(each["rent_ujpy"] for each in cleared.detail["full"])


def price_of_site(tx: Connection, cleared: ClearingRow) -> dict[str, int]:
    """The price at each site's node, by site id."""
    sites = [row.site_id for row in settlements.of_slots(tx, cleared.slot, cleared.slot)]
    node = connections(tx).node.tolist()
    assert len(sites) == len(node)
    return {site: cleared.detail["node_price"][at] for site, at in zip(sites, node, strict=True)}


def connections(tx: Connection) -> Connections:
    """The feeder on record and the node of each site, which stand in the order of their ids."""
    return connections_from(facts.get(tx, "connections"))


def parted(tx: Connection) -> ClearingRow:
    """The slot whose lines earned most."""
    return max(clearings.between(tx, *EVER), key=rent_ujpy)


def test_prices_part_at_a_full_line_only(looked_at: Connection) -> None:
    """Where nodes differ in price a line is full and earns; a slot in which none earns has one price everywhere."""
    found = {
        each.slot: (len(set(each.detail["node_price"])), rent_ujpy(each))
        for each in clearings.between(looked_at, *EVER)
    }
    assert any(prices > 1 for prices, _ in found.values())
    assert all((prices > 1) == (rent > 0) for prices, rent in found.values())


def test_cleared_trades_pay_the_rent_that_clearing_said(looked_at: Connection) -> None:
    """Over its trades, what buyers pay at their nodes less what sellers get at theirs is the rent, to the micro-yen."""
    for cleared in clearings.between(looked_at, *EVER):
        price = price_of_site(looked_at, cleared)
        paid = [
            each.energy_wh * (price[each.buyer_site] - price[each.seller_site])
            for each in trades.of_slot(looked_at, cleared.slot)
        ]
        assert sum(paid) == rent_ujpy(cleared)


def test_the_account_holds_the_rent_of_metered_energy(looked_at: Connection, figures: dict[str, Any]) -> None:
    """A slot books, for each site, its price times what it bought less what it sold at the meter. That is clearing's
    rent plus the same price times what each site's metered trade differs from its cleared one: nothing else."""
    booked = 0
    for cleared in clearings.between(looked_at, *EVER):
        price, net_wh = price_of_site(looked_at, cleared), Counter[str]()
        for trade in trades.of_slot(looked_at, cleared.slot):
            net_wh.update({trade.buyer_site: trade.energy_wh})
            net_wh.subtract({trade.seller_site: trade.energy_wh})
        rows = settlements.of_slots(looked_at, cleared.slot, cleared.slot)
        off_ujpy = sum(price[row.site_id] * (row.bought_wh - row.sold_wh - net_wh[row.site_id]) for row in rows)
        account_ujpy = ledger.change_ujpy(looked_at, CONGESTION, cleared.slot, cleared.slot)
        assert account_ujpy == rent_ujpy(cleared) + off_ujpy
        booked += account_ujpy
    assert booked > 0
    assert figures["congestion_jpy"] == booked / 1_000_000


def test_a_narrow_day_clears_at_its_optimum_and_balances(narrow: World, figures: dict[str, Any]) -> None:
    """Against the linear program on the same feeder nothing is lost, the books add up to zero, the audit is green."""
    assert figures["welfare_ratio"] == 1.0
    assert figures["ledger_sum_ujpy"] == 0
    assert narrow.command("audit", "verify").returncode == 0


def test_full_branches_and_violations_are_counted(looked_at: Connection, figures: dict[str, Any]) -> None:
    """Each full branch of each slot counts once; the check of metered energy was made, so it has a number."""
    full = [each for cleared in clearings.between(looked_at, *EVER) for each in cleared.detail["full"]]
    assert figures["lines_full"] == len(full) > 0
    assert figures["grid_violations"] is not None


def test_the_report_names_the_line_that_earned(narrow: World, looked_at: Connection, tmp_path: Path) -> None:
    """The page says in both languages which line was full of what, and that the price behind it differs."""
    page = tmp_path / "day.html"
    assert narrow.command("report", "--out", str(page)).returncode == 0
    earner = max(parted(looked_at).detail["full"], key=lambda each: each["rent_ujpy"])
    text = page.read_text()
    way = earner["state"].removeprefix("full_of_")
    assert f"{earner['branch']} is full of {way}: behind it energy is" in text
    assert f"{earner['branch']}は{'送り出し' if way == 'exports' else '受け入れ'}で満杯です。" in text


def test_a_member_behind_the_full_line_is_told_of_it(narrow: World, looked_at: Connection) -> None:
    """The facts name the branch that parts the price, not one that is merely full in series with it."""
    cleared = parted(looked_at)
    price = price_of_site(looked_at, cleared)
    site = next(each for each, own in price.items() if own != cleared.price_mjpy_per_kwh)
    told = document(narrow.command("explain", "--json", site, str(cleared.slot)))
    earning = [each for each in cleared.detail["full"] if each["rent_ujpy"]]
    named = [each for each in earning if told["facts"].get(each["state"]) == each["branch"]]
    assert len(named) == 1
    assert f"{named[0]['branch']} is full at {named[0]['limit_wh'] / 1000:.3f} kWh: behind it" in told["text"]


def test_a_line_that_is_full_at_one_price_is_not_said_to_part_it(narrow: World, looked_at: Connection) -> None:
    """Full lines that earn nothing leave one price, and the words say so."""
    cleared = next(each for each in clearings.between(looked_at, *EVER) if each.detail["full"] and not rent_ujpy(each))
    site = next(row.site_id for row in settlements.of_slots(looked_at, cleared.slot, cleared.slot) if row.bought_wh)
    told = document(narrow.command("explain", "--json", site, str(cleared.slot)))
    assert told["facts"]["full_at_one_price"] == cleared.detail["full"][0]["branch"]
    assert "behind it" not in told["text"]
