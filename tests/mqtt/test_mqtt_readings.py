"""Readings by MQTT reach the same books as those by HTTP, once, and what is no reading never comes again."""

import asyncio
import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from brokers import Street, envelope, settled, street, until
from nats.js.api import RetentionPolicy

from gateways.broker.configuration import shard_of
from gateways.broker.streams import INTAKE, MESSAGES, REFUSED, connected, prepare
from identity.keys import seeded_key
from identity.signatures import Envelope
from identity.wire import to_wire
from memory import alarms
from memory.devices import mqtt_credentials, readings
from memory.devices.mqtt_credentials import Guest
from services.devices.device_keys import stop_key

TOPIC = "gridpact/v1/M1/readings"


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Street]:
    """A street with its broker, on a fresh database."""
    with street(settled(database_url), tmp_path / "house") as found:
        yield found


def body(given: Envelope) -> bytes:
    return json.dumps(to_wire(given)).encode()


def publish(opened: Street, messages: Sequence[bytes]) -> None:
    """As the first meter, each until it is acknowledged."""

    async def published() -> None:
        async with opened.client("meter.M1") as meter:
            for message in messages:
                await meter.publish(TOPIC, message, qos=1)

    asyncio.run(published())


def kept(opened: Street) -> int:
    with opened.house.database.read() as tx:
        return readings.count(tx)


def on_the_broker(opened: Street) -> tuple[int, int, list[dict[str, Any]]]:
    """Messages that are still there, messages handed out and not acknowledged, and the records of refused ones."""

    async def looked() -> tuple[int, int, list[dict[str, Any]]]:
        client = await connected(opened.broker.lines[shard_of("M1")])
        streams = client.jetstream()
        waiting = await streams.consumer_info(MESSAGES, INTAKE)
        there = (await streams.stream_info(MESSAGES)).state.messages
        state = (await streams.stream_info(REFUSED)).state
        found = [await streams.get_msg(REFUSED, number) for number in range(1, state.messages + 1)]
        await client.close()
        return there, waiting.num_ack_pending or 0, [json.loads(each.data or b"") for each in found]

    return asyncio.run(looked())


def test_a_reading_counts_once_however_often_it_is_published(opened: Street) -> None:
    """The same message three times is one reading, and the broker forgets all three."""
    publish(opened, [body(envelope("M1", 1))] * 3 + [body(envelope("M1", 2))])
    until(lambda: kept(opened), lambda count: count == 2)
    until(lambda: on_the_broker(opened), lambda found: found == (0, 0, []))


def test_a_stream_of_an_earlier_version_is_taken_over(opened: Street) -> None:
    """It forgot each message by itself; now it forgets many at a time, and what it holds stays until then."""

    async def taken_over() -> RetentionPolicy | None:
        client = await connected(opened.broker.lines[shard_of("M2")])
        streams = client.jetstream()
        config = (await streams.stream_info(MESSAGES)).config
        await streams.update_stream(replace(config, retention=RetentionPolicy.INTEREST))
        await prepare(client)
        found = (await streams.stream_info(MESSAGES)).config.retention
        await client.close()
        return found

    assert asyncio.run(taken_over()) == RetentionPolicy.LIMITS


def test_what_can_never_be_accepted_is_set_aside_once_with_its_reason(opened: Street) -> None:
    """Good neighbours in the batch are kept; each bad one stands in the refused stream; one alarm a kind of trouble."""
    signed = envelope("M1", 5)
    bad = {
        "not_json": b"\xff{",
        "wrong_form": b"[" * 5 + b"]" * 5,
        "missing": b"{}",
        "wrong_device": body(envelope("M2", 6)),
        "wrong_signature": body(replace(signed, signature=bytes(64))),
        "wrong_audience": body(envelope("M1", 8, audience="elsewhere")),
        "wrong_key": body(envelope("M1", 9, signed_by="M2")),
    }
    publish(opened, [body(signed), *bad.values(), *bad.values(), body(envelope("M1", 10))])
    until(lambda: kept(opened), lambda count: count == 2)
    _, _, refused = until(lambda: on_the_broker(opened), lambda at: (*at[:2], len(at[2])) == (0, 0, 2 * len(bad)))
    assert [each["faults"][0]["code"] for each in refused] == [*bad, *bad]
    assert [base64.b64decode(each["message"]) for each in refused] == [*bad.values(), *bad.values()]
    with opened.house.database.read() as tx:
        sounded = alarms.in_order(tx)
    assert sorted(alarm.body["codes"][0] for alarm in sounded) == sorted(bad)
    assert {(alarm.kind, alarm.subject) for alarm in sounded} == {("mqtt.refused", "M1")}


def test_another_reading_under_a_known_counter_is_set_aside_and_alarms(opened: Street) -> None:
    """The first one stays, as over HTTP."""
    first, other = envelope("M1", 1), envelope("M1", 1)
    publish(opened, [body(first)])
    until(lambda: kept(opened), lambda count: count == 1)
    lied = json.loads(other.payload)
    lied[0]["import_wh"] += 1
    changed = replace(other, payload=json.dumps(lied, sort_keys=True, separators=(",", ":")).encode())
    publish(opened, [body(replace(changed, signature=seeded_key(1, "M1").sign(changed.header)))])
    _, _, refused = until(lambda: on_the_broker(opened), lambda found: len(found[2]) == 1)
    assert refused[0]["faults"][0]["code"] == "other_content"
    with opened.house.database.read() as tx:
        assert {alarm.kind for alarm in alarms.in_order(tx)} == {"reading.conflict", "mqtt.refused"}


def test_a_stopped_key_counts_nowhere_even_under_a_new_credential(opened: Street) -> None:
    """The credential goes with the key; whoever is let in again under another one is refused by its key."""
    publish(opened, [body(envelope("M1", 1))])
    until(lambda: kept(opened), lambda count: count == 1)
    house = opened.house
    assert stop_key(house.steps, house.time, "M1", "the meter was opened", house.clock(), "test").had_credential
    with house.database.read() as tx:
        assert [each.user for each in mqtt_credentials.in_force(tx)] == ["meter.M2"]
    opened.admit(Guest.METER, "M1")
    until(lambda: may_connect(opened, "meter.M1"), bool)
    publish(opened, [body(envelope("M1", 2))])
    _, _, refused = until(lambda: on_the_broker(opened), lambda found: len(found[2]) == 1)
    assert refused[0]["faults"][0]["code"] == "key_stopped"
    assert kept(opened) == 1


def may_connect(opened: Street, user: str) -> bool:
    async def connected_once() -> bool:
        try:
            async with opened.client(user):
                return True
        except aiomqtt.MqttError:
            return False

    return asyncio.run(connected_once())
