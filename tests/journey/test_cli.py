"""The smaller commands: each says what it found or what is wrong, in one form for people and one for programs."""

import json
import socket
from pathlib import Path

import httpx2 as httpx
import pytest
from processes import ROOT, run
from worlds import World, Worlds

from gridpact.clock import wall
from gridpact.door import listen, served
from gridpact.places import Places
from gridpact.settings import load_settings
from gridpact.wiring import open_house

GOLDEN = ROOT / "tests" / "golden"


def test_the_doctor_says_what_is_there_and_how_to_get_what_is_not(tmp_path: Path) -> None:
    """All that trading needs is installed here; what is missing comes with its cure."""
    found = json.loads(run(("doctor", "--json", "--data", str(tmp_path)), {}).stdout)
    assert [each["name"] for each in found if each["needed"] and not each["good"]] == []
    assert all(each["remedy"] for each in found if not each["good"])


def test_the_doctor_finds_a_database_that_does_not_answer(tmp_path: Path) -> None:
    """Exit status 1, and the line says which setting to mend."""
    url = f"postgresql://nobody@/none?host={tmp_path}"
    asked = run(("doctor", "--data", str(tmp_path)), {"GRIDPACT_DATABASE_URL": url})
    assert asked.returncode == 1
    assert "MISS  PostgreSQL" in asked.stdout
    assert "GRIDPACT_DATABASE_URL" in asked.stdout


def test_a_good_folder_is_counted() -> None:
    """Sites, devices, readings, slots and branches, as one document; this folder describes no wires."""
    taken = run(("import", "--json", str(GOLDEN / "csv_ok")), {})
    assert taken.returncode == 0, taken.stderr
    found = json.loads(taken.stdout)
    assert found.keys() == {"sites", "devices", "readings", "slots", "branches"}
    assert [name for name, count in found.items() if not count] == ["branches"]


def test_a_broken_folder_shows_every_fault_at_once() -> None:
    """By file, line and column, with the exit status of a broken rule."""
    refused = run(("import", str(GOLDEN / "csv_broken")), {})
    assert refused.returncode == 1
    listed = (GOLDEN / "csv_broken" / "faults.txt").read_text().split("\n")
    places = [line.split()[0] for line in listed if line.strip()]
    assert places
    assert [place for place in places if f"{place}:" not in refused.stderr] == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_report_is_one_page_that_opens_offline(finished: World, tmp_path: Path, language: str) -> None:
    """One file with its charts inside and no address to load anything from."""
    page = tmp_path / "day.html"
    written = finished.command("report", "--out", str(page), "--language", language)
    assert written.returncode == 0, written.stderr
    text = page.read_text()
    assert "<svg" in text
    assert 'src="http' not in text
    assert 'href="http' not in text


def test_there_is_no_report_of_a_run_that_has_not_finished(worlds: Worlds) -> None:
    """A directory without a world is said to be one, and how to make one."""
    asked = run(("report", "--data", str(worlds.folder / "nowhere")), {})
    assert asked.returncode == 1
    assert "run gridpact demo first" in asked.stderr


def test_an_unknown_bench_is_answered_with_the_known_ones() -> None:
    """With the nearest name first."""
    refused = run(("bench", "claering"), {})
    assert refused.returncode == 1
    assert "did you mean 'clearing'?" in refused.stderr


def test_a_bench_refuses_options_it_does_not_take() -> None:
    """All of them at once, each with what the bench takes, before anything is measured."""
    refused = run(("bench", "clearing", "--grid", "tiny", "--sites", "3"), {})
    assert refused.returncode == 1
    assert "--sites: bench clearing takes --orders" in refused.stderr
    assert "--grid: bench clearing takes --orders" in refused.stderr


def test_a_port_in_use_is_said_before_anything_long_begins(tmp_path: Path) -> None:
    """One line with the address and the setting to change; no database is started for it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run(("up", "--data", str(tmp_path / "live")), {"GRIDPACT_HTTP_PORT": str(port)})
    assert refused.returncode == 3
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "GRIDPACT_HTTP_PORT" in refused.stderr
    assert not (tmp_path / "live" / "postgres").exists()


def test_the_api_answers_on_its_port_as_long_as_it_is_served(worlds: Worlds) -> None:
    """Healthy while the database answers, and gone afterwards."""
    world = worlds.fresh()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = load_settings(world.settings | {"GRIDPACT_HTTP_PORT": str(port)})
    address = f"http://127.0.0.1:{port}/healthz"
    with open_house(settings, Places.of(world.data, world.cache), wall, 7) as house:
        with listen(settings) as listener, served(house, listener):
            answered = httpx.get(address, timeout=10)
            assert answered.status_code == 200
            assert answered.json()["status"] == "ok"
        with pytest.raises(httpx.ConnectError):
            httpx.get(address, timeout=2)
