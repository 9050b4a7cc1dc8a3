"""A user's own folder of CSV files, traded as a real process from the import to the ledger."""

from collections.abc import Iterator
from datetime import date
from math import pi, sin
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from worlds import World, Worlds, document

from domain.site import DeviceKind
from domain.slot import Slot, slots_of_day
from memory.database import Database
from memory.devices import readings, setpoints
from memory.trading import forecasts

PER_DAY = 48
TOKYO = ZoneInfo("Asia/Tokyo")
TRADED = date(2026, 5, 20)
HISTORY_DAYS, DAYS_AFTER = 57, 1
SITES = """site_id,party_id,area,kind,pv_w,battery_wh,battery_w,vehicle_wh,vehicle_w,vehicle_asked_wh,vehicle_departure
sato,sato,tokyo,home,,,,40000,3000,30000,8:00
suzuki,suzuki,tokyo,home,,,,,,,
tanaka,tanaka,tokyo,home,5000,,,,,,
ito,ito,tokyo,home,7500,16000,4000,,,,
shop,kato,tokyo,shop,,,,,,,
"""
BASE_WH = {"sato": 130, "suzuki": 190, "tanaka": 150, "ito": 120, "shop": 300}
PV_W = {"tanaka": 5_000, "ito": 7_500}


def used_wh(site: str, hour: float, weekday: bool, chance: Random) -> int:
    """A home has its evenings and mornings, a shop its opening hours; both have their moods."""
    if site == "shop":
        shape = 5.0 if weekday and 9 <= hour < 20 else 1.0
    else:
        shape = 1.0 + 1.2 * (6.5 <= hour < 9) + 2.2 * (17.5 <= hour < 22.5) - 0.4 * (1 <= hour < 5)
    return int(BASE_WH[site] * shape * chance.uniform(0.7, 1.3))


def made_wh(site: str, hour: float, clearness: float) -> int:
    """A clear day's half sine from five to seven, under the day's one sky."""
    return int(PV_W.get(site, 0) / 2 * 0.8 * clearness * max(0.0, sin((hour - 5) / 14 * pi)) * (5 <= hour <= 19))


def vehicle_wh(site: str, hour: float, weekday: bool) -> tuple[int, int]:
    """What Sato's vehicle is charged with in the half hour, and what it holds after it: away by day, full by nine."""
    if site != "sato" or (weekday and 8 <= hour < 18):
        return 0, 0
    charged = min(max(int((hour - 18) * 2) + 1, 0), 6) if weekday and hour >= 18 else 6
    return (1_500 if weekday and 18 <= hour < 21 else 0), 21_450 + charged * 1_425


def rows(seed: int) -> Iterator[str]:
    """Half-hour readings of every site; the battery rests, since the market runs it anew."""
    chance, clearness = Random(seed), 1.0
    first = slots_of_day(TRADED, TOKYO)[0].index - HISTORY_DAYS * PER_DAY
    yield "site_id,slot_start,import_wh,export_wh,generation_wh,vehicle_charge_wh,vehicle_stored_wh"
    for slot in range(first, first + (HISTORY_DAYS + DAYS_AFTER + 1) * PER_DAY):
        start = Slot(slot).local_start(TOKYO)
        hour = start.hour + start.minute / 60
        if start.hour == start.minute == 0:
            clearness = chance.uniform(0.35, 1.0)
        for site in BASE_WH:
            charged, held = vehicle_wh(site, hour, start.weekday() < 5)
            net_wh = used_wh(site, hour, start.weekday() < 6, chance) - (made := made_wh(site, hour, clearness))
            metered_wh = net_wh + charged
            begins = f"{start:%Y-%m-%dT%H:%M%z}"
            yield f"{site},{begins},{max(metered_wh, 0)},{max(-metered_wh, 0)},{made},{charged},{held}"


@pytest.fixture(scope="module")
def street(worlds: Worlds) -> World:
    """The world in which the folder is traded."""
    return worlds.fresh()


@pytest.fixture(scope="module")
def traded(street: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of a run that traded the first four slots of the day."""
    folder = tmp_path_factory.mktemp("street")
    (folder / "sites.csv").write_text(SITES)
    (folder / "readings.csv").write_text("\n".join(rows(seed=3)) + "\n")
    ended = street.demo("--community", str(folder), "--date", str(TRADED), "--slots", "4")
    assert ended.returncode == 0, ended.stderr[-2000:]
    return document(ended)


def test_a_folder_of_five_sites_trades_and_its_books_balance(traded: dict[str, Any]) -> None:
    """Two with solar and one of them with a battery sell to three without, from the first slots of the day on."""
    assert (traded["sites"], traded["stopped"]) == (5, {})
    kpi = traded["kpi"]
    assert kpi["contracts"] > kpi["escalated_planted"] > 0
    assert kpi["matching_success_contracts"] > 0
    assert kpi["settlement_completion"] == 1
    assert kpi["ledger_sum_ujpy"] == 0
    assert kpi["chain_records_verified"] == kpi["chain_records"] > 0


def test_a_folders_vehicle_is_planned_as_its_meter_saw_it(traded: dict[str, Any], street: World) -> None:
    """Sato's stands at home in the first slots of the day, full: it takes nothing, and its use is the home's alone."""
    assert (traded["kpi"]["vehicles"], traded["kpi"]["departures"]) == (1, 0)
    slots = slots_of_day(TRADED, TOKYO)
    database = Database(street.url)
    with database.read() as tx:
        past = readings.history(tx, ["sato"], slots[0].index - 7 * PER_DAY, slots[3].index)
        told = setpoints.of_slots(tx, DeviceKind.EV_CHARGER, slots[0].index, slots[3].index)
    database.close()
    away = (past["vehicle_stored_wh"] == 0).sum()
    assert away == 5 * 20
    assert past["vehicle_stored_wh"][0, -4:].tolist() == [30_000] * 4
    assert {moves["sato"] for moves in told.values()} == {(0, 0)}
    assert past["load_wh"].max() < BASE_WH["sato"] * 5


def test_what_the_folder_does_not_say_is_labelled_as_assumed(traded: dict[str, Any]) -> None:
    """Mandates, retailer and keys are not the user's own."""
    assert "assumed" in traded["attribution"]
    assert "not for billing" in traded["label"]["en"]


def test_forecasts_are_learnt_from_the_folder(traded: dict[str, Any], street: World) -> None:
    """Trained on the folder's own past: every site has its quantiles in each traded slot, in order."""
    assert 0 < traded["kpi"]["forecast_pinball_ratio"] < 1.5
    slots = slots_of_day(TRADED, TOKYO)[:4]
    database = Database(street.url)
    with database.read() as tx:
        made = forecasts.of_slots(tx, slots[0].index, slots[-1].index, sorted(BASE_WH))
    database.close()
    assert made["load_p50"].shape == (5, 4)
    assert (made["load_p10"] >= 0).all()
    assert (made["load_p10"] <= made["load_p50"]).all()
    assert (made["load_p50"] <= made["load_p90"]).all()
    assert (made["load_p50"] > 0).all()
