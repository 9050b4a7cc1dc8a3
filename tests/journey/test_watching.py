"""A day is searched when it closes; what is found is sounded, shown, and asked about on the next day."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from inside import REDUCED_DAY, prepared
from worlds import World, Worlds

from domain.contract import ContractState
from domain.slot import slots_of_day
from gridpact.demo import trade
from market.surveillance.finding import Pattern
from memory import alarms, cases
from memory.books import steps
from memory.trading import contracts
from memory.trading.contracts import ContractRow
from services.figures.watching import SURVEILLANCE, WATCH, open_patterns, watch_day

NO_CONDUCT = {Pattern.SOLD_CONCENTRATION, Pattern.BOUGHT_CONCENTRATION}
TRADED = replace(REDUCED_DAY, days=2, slots=57)
"""The plan of the world with a second day."""


@pytest.fixture
def closed(worlds: Worlds, second_days: dict[str, tuple[World, dict[str, Any]]]) -> World:
    """A world of its own whose first day is closed."""
    return worlds.copy(second_days["on"][0])


def test_an_honest_day_shows_no_conduct_and_every_finding_has_its_alarm(
    closed: World, second_days: dict[str, tuple[World, dict[str, Any]]]
) -> None:
    """Eight sites are few sellers and nothing worse; document, figure and command tell of the same findings."""
    found = second_days["on"][1]
    assert {each["pattern"] for each in found["findings"]} <= NO_CONDUCT
    assert found["kpi"]["surveillance_findings"] == len(found["findings"])
    listed = closed.command("alarms", "--json")
    assert listed.returncode == 0, listed.stderr
    sounded = [each["body"] for each in json.loads(listed.stdout) if each["kind"] == SURVEILLANCE]
    assert sounded == found["findings"]


def test_a_part_of_a_day_is_not_searched(finished: World, undisturbed: dict[str, Any]) -> None:
    """Before the day has closed nothing is said of it, not even that nothing was found."""
    assert undisturbed["findings"] is None
    assert undisturbed["kpi"]["surveillance_findings"] is None
    assert finished.command("alarms").stdout == "no alarm\n"


def test_two_members_behind_whom_one_person_stands_are_found_and_asked_about(closed: World, tmp_path: Path) -> None:
    """The pair that traded most is given one owner: its wash trades are on record once, sounded, reported, and open
    against both of its sites until the next day is searched."""
    seller, buyer = _largest_pair(closed)
    with psycopg.connect(closed.url) as connection:
        connection.execute("DELETE FROM step WHERE node = %s", [WATCH])
        connection.execute(
            "UPDATE site SET party_id = (SELECT party_id FROM site WHERE id = %s) WHERE id = %s", [seller, buyer]
        )
    with prepared(closed, TRADED) as (run, _):
        last = run.traded[47]
        for _ in range(2):
            watch_day(run.ctx, last)
        with run.house.database.read() as tx:
            searched = steps.find(tx, run.ctx.thread(last), WATCH)
            sounded = [each for each in alarms.in_order(tx) if each.body.get("pattern") == Pattern.WASH_TRADE]
            before, after = open_patterns(tx, run.ctx, last), open_patterns(tx, run.ctx, last + 7)
    assert searched is not None
    assert before is None, "nothing was searched when that book closed"
    assert after is not None
    washed = [each for each in searched["findings"] if each["pattern"] == Pattern.WASH_TRADE]
    assert washed
    assert all(each["sites"] == sorted((seller, buyer)) for each in washed)
    assert len(sounded) == len(washed)
    assert all(each.body in washed for each in sounded)
    assert {site for site, patterns in after.items() if Pattern.WASH_TRADE in patterns} == {seller, buyer}
    assert washed[0]["text"] in closed.command("alarms").stdout


def _largest_pair(world: World) -> tuple[str, str]:
    with psycopg.connect(world.url) as connection:
        found = connection.execute(
            "SELECT seller_site, buyer_site FROM trade GROUP BY 1, 2 ORDER BY sum(energy_wh) DESC, 1, 2 LIMIT 1"
        ).fetchone()
    assert found is not None
    return found[0], found[1]


@pytest.fixture
def watched_run(worlds: Worlds) -> Iterator[tuple[str, list[ContractRow], list[cases.CaseRow]]]:
    """Two slots after a day that left a finding open against the site that trades most: that site, contracts, cases."""
    plan = replace(REDUCED_DAY, slots=2, planted=False)
    with prepared(worlds.fresh(), plan) as (run, clock):
        suspect = run.ctx.roster.ids[0]
        finding = {"pattern": str(Pattern.SPOOFING), "sites": [suspect]}
        day_before = run.ctx.day_of(run.traded[0] - 1)
        last = slots_of_day(day_before, run.house.time.zone)[-1].index
        with run.house.database.begin("plant") as tx:
            for end in (last, last - 48):
                steps.add(tx, run.ctx.thread(end), WATCH, {"findings": [finding] if end < last else []}, clock())
        trade(run)
        with run.house.database.read() as tx:
            yield suspect, contracts.all(tx), cases.all(tx)


def test_a_site_with_an_open_finding_trades_only_after_people_were_asked(
    watched_run: tuple[str, list[ContractRow], list[cases.CaseRow]],
) -> None:
    """All of its trades become cases, by rule E12 alone; everybody else's pass. The script knows no rule for E12,
    and nothing is approved by silence."""
    suspect, made, filed = watched_run
    asked = {case.contract_digest for case in filed}
    touched = {each.digest for each in made if suspect in (each.seller_site, each.buyer_site)}
    assert touched
    assert asked == touched
    assert Counter(finding["trigger"] for case in filed for finding in case.findings) == {"E12": len(touched)}
    assert {each.state for each in made if each.digest in touched} == {ContractState.REJECTED}
    assert ContractState.REJECTED not in {each.state for each in made if each.digest not in touched}
