"""The page of the files, command by command, on a finished world; what is refused there; and the audit after it."""

import json
import re
import shlex
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from processes import ROOT
from worlds import World, Worlds

from gridpact.settings import load_settings
from gridpact.wiring import load_rules
from memory.database import Database
from memory.trading import clearings
from memory.trading.clearings import ClearingRow
from services.grid.grid_plan import plan_of_day
from services.market_time import MarketTime

PAGE = ROOT / "docs" / "integrate" / "files.md"
FILES = ROOT / "tests" / "golden" / "files"
DAY = date(2026, 5, 20)


@pytest.fixture
def world(worlds: Worlds, finished: World) -> World:
    """A copy that may change. Its first slots were traded; the rest of its day is cleared here, with nothing in it."""
    copy = worlds.copy(finished)
    time = market_time()
    database = Database(copy.url)
    with database.begin() as tx:
        slots = time.slots_of(DAY)
        done = {row.slot for row in clearings.between(tx, slots[0], slots[-1])}
        for slot in sorted(set(slots) - done):
            clearings.save(tx, ClearingRow(slot, None, 0, 0, 0, {}))
    database.close()
    return copy


def market_time() -> MarketTime:
    return MarketTime(load_rules(load_settings({})).product, ZoneInfo("Asia/Tokyo"))


def commands() -> list[tuple[str, str]]:
    """Each command of the page with the output it shows."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ gridpact ", block, flags=re.MULTILINE)[1:]]
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in parts]


def test_the_page_of_the_files_does_what_it_says(world: World, tmp_path: Path) -> None:
    """Every command ends well with the output shown, the same again changes nothing, and every record verifies."""
    at_home = {"tests/": f"{ROOT}/tests/", "--to plans": f"--to {tmp_path}/plans"}
    for command, expected in commands():
        for written, meant in at_home.items():
            command = command.replace(written, meant)
        words = shlex.split(command)
        ended = world.command(*words)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.replace(f"{tmp_path}/", "") == expected
    again = world.command("import", "meter-values", str(FILES / "day.xml"), "--points", str(FILES / "sites.csv"))
    assert "nothing done" in again.stdout
    audited = world.command("audit", "verify")
    assert audited.returncode == 0, audited.stderr


def test_a_plan_is_what_the_day_s_orders_and_contracts_say(world: World) -> None:
    """The traded slots have demand, and something is traded inside; a slot without orders plans nothing."""
    database = Database(world.url)
    with database.begin() as tx:
        plan = plan_of_day(tx, market_time(), DAY)
    database.close()
    assert plan.demand_kwh[:8].min() >= 0
    assert plan.demand_kwh[:8].sum() > 0
    assert plan.demand_kwh[8:].sum() == plan.generation_kwh[8:].sum() == plan.inside_kwh[8:].sum() == 0


def test_a_day_that_is_not_cleared_has_no_plan(finished: World, tmp_path: Path) -> None:
    """Nothing is planned on a guess."""
    refused = finished.command("plans", "export", "--day", str(DAY), "--to", str(tmp_path))
    assert refused.returncode == 1
    assert "40 slots of 2026-05-20 are not cleared" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_refused_files_are_listed_with_every_fault_and_the_good_one_counts(world: World) -> None:
    """One document; the file that is good is taken, of the others nothing."""
    names = [str(FILES / name) for name in ("broken.xml", "day.xml", "spot.csv", "nowhere.xml")]
    ended = world.command("import", "meter-values", *names, "--points", str(FILES / "sites.csv"), "--json")
    said = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert [each["file"] for each in said["files"]] == ["day.xml"]
    assert [fault["code"] for fault in said["faults"]] == [
        "not_a_half_hour", "wrong_supply_point", "wrong_amount", "not_xml", "missing_file",
    ]  # fmt: skip


def test_a_kind_says_what_it_needs(finished: World) -> None:
    """No files, no supply points, no site, no such kind: each is said before anything is opened."""
    for words, needed in (
        (("wholesale",), "FILE..."),
        (("meter-values", "x.zip"), "--points FILE"),
        (("green-button", "x.xml"), "--site SITE"),
        (("weather", "x.csv"), "choose one of"),
    ):
        refused = finished.command("import", *words)
        assert refused.returncode == 1
        assert needed in refused.stderr
