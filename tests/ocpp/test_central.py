"""The central system and charge points of another author, in both versions, over real WebSockets."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from charge_points import (
    NOON,
    PASSWORD,
    POWER_W,
    SLOT,
    Kept,
    Market,
    at,
    charger,
    closed,
    line,
    market_of,
    serving,
    until,
)
from ocpp.v16 import call as call16
from ocpp.v201 import call as call201
from websockets.exceptions import InvalidStatus

from domain.reading import Quality
from gateways.ocpp import central
from memory import alarms
from memory.database import Database
from memory.devices.mqtt_credentials import Guest
from services.devices.mqtt_access import withdraw

VERSIONS = ("1.6", "2.0.1")


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Market:
    return market_of(database, tmp_path)


def boot(version: str) -> Any:
    if version == "1.6":
        return call16.BootNotification(charge_point_model="Wall", charge_point_vendor="Another")
    return call201.BootNotification(charging_station={"model": "Wall", "vendor_name": "Another"}, reason="PowerUp")


def value16(minute: float, wh: int, held: int | None = None) -> dict[str, Any]:
    values = [{"value": str(wh), "context": "Sample.Periodic"}]
    if held is not None:
        values.append({"value": str(held), "measurand": "SoC", "unit": "Percent", "location": "EV"})
    return {"timestamp": at(minute), "sampled_value": values}


def event201(kind: str, seq: int, minute: float, wh: int, **more: Any) -> Any:
    values = [{"value": wh / 1000, "unit_of_measure": {"unit": "kWh"}}]
    return call201.TransactionEvent(
        event_type=kind,
        timestamp=at(minute),
        trigger_reason="Authorized" if seq == 0 else "MeterValuePeriodic",
        seq_no=seq,
        transaction_info={"transaction_id": "tx-1"},
        meter_value=[{"timestamp": at(minute), "sampled_value": values}],
        **more,
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_charger_starts_beats_and_is_told_the_safe_default(market: Market, version: str) -> None:
    """A charge point is welcome, hears our clock, and holds a profile for the time in which it hears nothing."""

    async def met() -> None:
        kept = Kept()
        async with serving(market), charger(market, version, kept) as point:
            answer = await point.call(boot(version))
            assert (answer.status, answer.current_time[:19]) == ("Accepted", "2026-05-20T03:00:00")
            beat = call16.Heartbeat() if version == "1.6" else call201.Heartbeat()
            assert (await point.call(beat)).current_time.endswith("Z")
            await until(lambda: 1 in kept.profiles)
            schedule = kept.profiles[1]["charging_schedule"]
            period = (schedule if version == "1.6" else schedule[0])["charging_schedule_period"][0]
            assert period["limit"] == POWER_W
            assert "valid_to" not in kept.profiles[1]
            assert "1800" in kept.settings.values()

    asyncio.run(met())


def test_a_transaction_of_version_16_becomes_half_hours(market: Market) -> None:
    """Start, meter values, stop: measured half hours with what the vehicle holds; a message that came again adds
    nothing, and a start that came again gets its number again."""

    async def charged() -> None:
        async with serving(market), charger(market) as point:
            start = call16.StartTransaction(connector_id=1, id_tag="card", meter_start=1000, timestamp=at(0))
            market.clock.moment = NOON + timedelta(minutes=65)
            first = await point.call(start)
            again = await point.call(start)
            assert first == again
            assert first.id_tag_info["status"] == "Accepted"
            number = first.transaction_id
            for _ in range(2):
                values = [value16(30, 3500, 55), value16(45, 4200, 60)]
                await point.call(call16.MeterValues(connector_id=1, transaction_id=number, meter_value=values))
                await point.call(call16.StopTransaction(meter_stop=5000, timestamp=at(60), transaction_id=number))
            await point.call(call16.MeterValues(connector_id=1, meter_value=[value16(0, 77), value16(30, 99)]))

    asyncio.run(charged())
    told = [(each.slot, each.vehicle_charge_wh, each.vehicle_stored_wh, each.quality) for each in market.readings()]
    assert told == [(SLOT, 2500, 22_000, Quality.MEASURED), (SLOT + 1, 1500, 0, Quality.MEASURED)]
    with market.database.read() as tx:
        assert alarms.in_order(tx) == []


def test_a_transaction_of_version_201_becomes_half_hours(market: Market) -> None:
    """Events in kWh; only the first one names the EVSE; replayed out of order they say the same."""

    async def charged() -> None:
        async with serving(market), charger(market, "2.0.1") as point:
            market.clock.moment = NOON + timedelta(minutes=65)
            events = [
                event201("Started", 0, 0, 0, evse={"id": 1}, id_token={"id_token": "card", "type": "ISO14443"}),
                event201("Updated", 1, 30, 2500),
                event201("Ended", 2, 60, 4000),
            ]
            answers = [await point.call(each) for each in [*events, *reversed(events)]]
            assert answers[0].id_token_info["status"] == "Accepted"

    asyncio.run(charged())
    assert [(each.slot, each.vehicle_charge_wh, each.vehicle_stored_wh) for each in market.readings()] == [
        (SLOT, 2500, 1),
        (SLOT + 1, 1500, 0),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_plan_is_told_once_changed_when_it_changes_and_cleared_at_its_end(market: Market, version: str) -> None:
    """What the market planned for the site's vehicle, in watts, ending by itself with its last slot."""
    market.ask({SLOT: 1500, SLOT + 1: 0})

    async def steered() -> None:
        kept = Kept()
        async with serving(market), charger(market, version, kept) as point:
            await point.call(boot(version))
            await until(lambda: 2 in kept.profiles)
            await asyncio.sleep(0.3)
            plan = kept.profiles[2]
            schedule = plan["charging_schedule"] if version == "1.6" else plan["charging_schedule"][0]
            periods = [(each["start_period"], each["limit"]) for each in schedule["charging_schedule_period"]]
            assert periods == [(0, 3000), (1800, 0)]
            assert (plan["valid_to"], plan["stack_level"]) == (at(60), 1)
            boots = [each["stack_level"] for each in kept.told].count(0)
            assert [each["stack_level"] for each in kept.told].count(1) <= boots  # never again while nothing changes
            market.ask({SLOT + 2: 2000})
            await until(lambda: kept.profiles[2]["valid_to"] == at(90))
            market.clock.moment = NOON + timedelta(minutes=90)
            await until(lambda: 2 not in kept.profiles)
            assert 1 in kept.profiles

    asyncio.run(steered())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_limit_that_arrives_while_the_slot_runs_is_pushed_and_gone_after_its_expiry(
    market: Market, version: str
) -> None:
    """The worst of two limits caps the planned slot and one without a plan; then the plan stands again."""
    market.ask({SLOT: 1500})

    def periods(kept: Kept) -> list[tuple[int, int]]:
        schedule = kept.profiles[2]["charging_schedule"]
        steps = schedule if version == "1.6" else schedule[0]
        return [(each["start_period"], each["limit"]) for each in steps["charging_schedule_period"]]

    async def steered() -> None:
        kept = Kept()
        async with serving(market), charger(market, version, kept) as point:
            await point.call(boot(version))
            await until(lambda: 2 in kept.profiles and periods(kept) == [(0, 3000)])
            market.limit(2000, timedelta(minutes=20))
            market.limit(1400, timedelta(minutes=10))
            await until(lambda: periods(kept) == [(0, 1400)])
            market.clock.moment = NOON + timedelta(minutes=10)
            await until(lambda: periods(kept) == [(0, 2000)])
            market.clock.moment = NOON + timedelta(minutes=20)
            await until(lambda: periods(kept) == [(0, 3000)])
            assert kept.profiles[1]["stack_level"] == 0

    asyncio.run(steered())


def test_a_charger_that_takes_no_watts_is_told_amperes(market: Market) -> None:
    """A refusal in W is asked again in A, one phase at the mains' voltage."""
    market.ask({SLOT: 1500})

    async def steered() -> None:
        kept = Kept(takes=("A",))
        async with serving(market), charger(market, "1.6", kept):
            await until(lambda: 2 in kept.profiles)
            period = kept.profiles[2]["charging_schedule"]["charging_schedule_period"][0]
            assert (period["limit"], period["number_phases"]) == (15, 1)

    asyncio.run(steered())


def test_a_charger_that_comes_again_takes_its_own_place(market: Market) -> None:
    """The older connection is closed, and the newer one is told everything anew."""
    market.ask({SLOT: 1500})

    async def again() -> None:
        first, second = Kept(), Kept()
        async with serving(market), charger(market, "1.6", first) as older:
            await until(lambda: 2 in first.profiles)
            async with charger(market, "1.6", second) as newer:
                await until(lambda: 2 in second.profiles)
                assert await closed(older._connection)
                assert (await newer.call(call16.Heartbeat())).current_time

    asyncio.run(again())


def test_only_a_charger_with_its_own_password_comes_in(market: Market) -> None:
    """Another's password, another's name, no header, no such charger, no such version: all refused alike."""

    async def refused() -> None:
        async with serving(market):
            for device, user, password in (
                ("CP1", "CP1", "wrong"),
                ("CP1", "CP2", PASSWORD),
                ("CP9", "CP9", PASSWORD),
                ("CP1", "CP1", ""),
            ):
                with pytest.raises(InvalidStatus) as said:
                    async with line(market, device, password=password, user=user):
                        pass
                assert said.value.response.status_code == 401
            with pytest.raises(InvalidStatus):
                async with line(market, "CP1", "ocpp1.5"):
                    pass

    asyncio.run(refused())


def test_guessing_is_stopped_after_some_wrong_passwords(market: Market) -> None:
    """Five a minute for one name from one address; then even the right one has to wait."""

    async def guessed() -> list[int]:
        statuses = []
        async with serving(market):
            for place in range(7):
                with pytest.raises(InvalidStatus) as said:
                    async with line(market, password=f"guess {place}"):
                        pass
                statuses.append(said.value.response.status_code)
        return statuses

    assert asyncio.run(guessed()) == [401] * 5 + [429] * 2


def test_a_stranger_s_guesses_shut_no_charger_out(market: Market) -> None:
    """They count for the stranger's address; the charger comes in from its own."""

    async def guessed() -> None:
        async with serving(market):
            for place in range(6):
                with pytest.raises(InvalidStatus):
                    async with line(market, password=f"guess {place}", home="127.0.0.2"):
                        pass
            async with line(market) as connection:
                assert connection.response is not None

    asyncio.run(guessed())


def test_guesses_at_countless_names_fill_no_memory(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for so many; who was stopped stays stopped, the others are forgotten first."""
    monkeypatch.setattr(central, "GUESSERS_MAX", 3)

    async def status(device: str) -> int:
        with pytest.raises(InvalidStatus) as said:
            async with line(market, device, password="a guess"):
                pass
        return int(said.value.response.status_code)

    async def guessed() -> None:
        async with serving(market) as served:
            for _ in range(5):
                await status("CP1")
            assert [await status(f"CP{place}") for place in range(10, 30)] == [401] * 20
            assert len(served._wrong) <= 3
            assert await status("CP1") == 429

    asyncio.run(guessed())


def test_a_credential_that_is_taken_away_ends_the_connection(market: Market) -> None:
    """Within the next look."""

    async def cut() -> None:
        async with serving(market), line(market) as connection:
            await asyncio.to_thread(withdraw, market.steps, Guest.CHARGER, "CP1")
            assert await closed(connection)

    asyncio.run(cut())


def test_cards_that_are_not_listed_do_not_start(database: Database, tmp_path: Path) -> None:
    """A charger with a list of cards answers Invalid to any other."""
    market = market_of(database, tmp_path, tokens={"CP1": ["0" * 64]})

    async def asked() -> None:
        async with serving(market), charger(market) as point:
            assert (await point.call(call16.Authorize(id_tag="card"))).id_tag_info["status"] == "Invalid"

    asyncio.run(asked())
