"""What a charge point, or whoever stole its password, may send: it is answered with an error or left aside."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from charge_points import Market, at, closed, line, market_of, serving
from websockets.exceptions import ConnectionClosed

from gateways.ocpp.frame import FRAME_BYTES_MAX
from memory import alarms
from memory.database import Database


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Market:
    return market_of(database, tmp_path)


def answers(market: Market, *messages: str) -> list[Any]:
    """What comes back to each message, calls of the market's own aside; None when the line was closed."""

    async def sent() -> list[Any]:
        found: list[Any] = []
        async with serving(market), line(market) as connection:
            for message in messages:
                try:
                    await connection.send(message)
                    answer = json.loads(await asyncio.wait_for(connection.recv(), 10))
                    while answer[0] == 2:
                        answer = json.loads(await asyncio.wait_for(connection.recv(), 10))
                    found.append(answer)
                except ConnectionClosed:
                    found.append(None)
        return found

    return asyncio.run(sent())


def call(action: str, payload: Any, name: str = "a") -> str:
    return json.dumps([2, name, action, payload])


def values(minute: float, **value: Any) -> dict[str, Any]:
    return {"connectorId": 1, "meterValue": [{"timestamp": at(minute), "sampledValue": [value]}]}


def test_what_is_no_call_or_an_unknown_one_is_answered_with_an_error(market: Market) -> None:
    """Unknown actions, paths instead of names, wrong types, additional fields, missing ones."""
    told = answers(
        market,
        call("Explode", {}),
        call("../../../etc/passwd", {}),
        call("RemoteStartTransaction", {}),
        call("Heartbeat", {"now": 1}),
        call("StartTransaction", {"connectorId": "1", "idTag": "a", "meterStart": 0, "timestamp": at(0)}),
        call("BootNotification", {}),
        '[2, "b", "Heartbeat"]',
        '[2, "c", {"Heartbeat": 1}, {}]',
    )
    assert [(each[0], each[1], each[2]) for each in told] == [
        (4, "a", "NotImplemented"),
        (4, "a", "NotImplemented"),
        (4, "a", "NotImplemented"),
        (4, "a", "FormationViolation"),
        (4, "a", "FormationViolation"),
        (4, "a", "FormationViolation"),
        (4, "b", "FormationViolation"),
        (4, "c", "FormationViolation"),
    ]


def test_an_oversized_frame_ends_the_connection(market: Market) -> None:
    """Before it is read whole."""
    assert answers(market, call("Heartbeat", {"x": "a" * FRAME_BYTES_MAX})) == [None]


def test_nonsense_is_left_unanswered_and_too_much_of_it_ends_the_connection(market: Market) -> None:
    """Deep nesting, NaN, repeated keys, answers that nobody asked for."""
    nonsense = ["[" * 40 + "]" * 40, '[2,"a","Heartbeat",{"x":NaN}]', '[2,"a","H",{"a":1,"a":2}]', "hello", "[3]"] * 4

    async def sent() -> None:
        async with serving(market), line(market) as connection:
            await connection.send('[3, "nobody-asked", {}]')
            for each in nonsense:
                await connection.send(each)
            assert await closed(connection)

    asyncio.run(sent())


def test_values_that_cannot_be_are_left_aside_and_alarm(market: Market) -> None:
    """They are answered: else they would come again for ever. No reading comes of them."""
    far = {"connectorId": 1, "meterValue": [{"timestamp": "1970-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}]}
    never = {"connectorId": 1, "meterValue": [{"timestamp": "tomorrow", "sampledValue": [{"value": "1"}]}]}
    told = answers(
        market,
        call("MeterValues", values(0, value="1e9")),
        call("MeterValues", values(0, value="-5")),
        call("MeterValues", values(0, value="9" * 15)),
        call("MeterValues", values(0, value="1", unit="Celsius")),
        call("MeterValues", far),
        call("MeterValues", never),
        call("StopTransaction", {"meterStop": 5, "timestamp": at(0), "transactionId": 12345}),
        call("StartTransaction", {"connectorId": 1, "idTag": "a", "meterStart": -7, "timestamp": at(0)}),
    )
    assert [each[0] for each in told] == [3] * len(told)
    with market.database.read() as tx:
        found = {code for alarm in alarms.in_order(tx) for code in alarm.body["codes"]}
    assert found == {"wrong_value", "wrong_unit", "wrong_clock", "wrong_time", "unknown_transaction"}
    assert market.readings() == []
