"""The broker lets in whom the market lets in, as far as each may go, and is one process's alone."""

import asyncio
import multiprocessing
import os
import signal
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest
from brokers import Street, free_port, settled, street, until
from cryptography import x509

from domain.errors import BrokerDown, InputRefused, RuleBroken
from gateways.broker.authority import papers
from gateways.broker.configuration import MESSAGE_BYTES_MAX
from gateways.broker.server import EmbeddedBroker, start
from memory.books import journal
from memory.devices import readings
from memory.devices.mqtt_credentials import Guest
from services.devices.mqtt_access import Allowance, admit, withdraw

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
SOON_S = 5
FOREIGN = ("gridpact/v1/M2/commands", "gridpact/v1/+/commands", "gridpact/v1/M1/#", "#", "$SYS/#", "$MQTT/msgs/#")


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Street]:
    """A street with its broker, on a fresh database."""
    with street(settled(database_url), tmp_path / "house") as found:
        yield found


def test_a_meter_subscribes_to_its_own_commands_and_to_nothing_else(opened: Street) -> None:
    """Every wildcard and every topic of a neighbour is refused in the acknowledgement."""

    async def subscribed() -> dict[str, bool]:
        async with opened.client("meter.M1") as meter:
            asked = ("gridpact/v1/M1/commands", *FOREIGN)
            return {topic: (await meter.subscribe(topic, qos=1))[0].is_failure for topic in asked}  # type: ignore[union-attr]

    assert asyncio.run(subscribed()) == {"gridpact/v1/M1/commands": False, **dict.fromkeys(FOREIGN, True)}


def test_what_a_meter_publishes_elsewhere_is_kept_nowhere(opened: Street) -> None:
    """Under a neighbour's topic it reaches nobody; the broker drops it and says nothing."""

    async def published() -> None:
        async with opened.client("meter.M1") as meter:
            for topic in ("gridpact/v1/M2/readings", "gridpact/v1/M1/commands", "homeassistant/device/x/config"):
                await meter.publish(topic, b"{}", qos=1)

    asyncio.run(published())
    with opened.house.database.read() as tx:
        assert readings.count(tx) == 0
    assert "Publish Violation" in (opened.broker.place.directory / "log").read_text()


def test_a_withdrawn_credential_loses_its_live_connection(opened: Street) -> None:
    """Within seconds, and it cannot connect again; the neighbour's connection stays."""

    async def withdrawn() -> None:
        async with opened.client("meter.M2") as neighbour:
            with pytest.raises(aiomqtt.MqttError):  # noqa: PT012 -- leaving the client is where the loss shows
                async with opened.client("meter.M1") as thief:
                    withdraw(opened.house.steps, Guest.METER, "M1")
                    async with asyncio.timeout(SOON_S):
                        await anext(aiter(thief.messages))
            with pytest.raises(aiomqtt.MqttError):
                async with opened.client("meter.M1"):
                    raise AssertionError("let in")
            await neighbour.publish("gridpact/v1/M2/readings", b"{}", qos=1)

    asyncio.run(withdrawn())
    with opened.house.database.read() as tx:
        kinds = [entry.kind for entry in journal.entries(tx) if entry.subject == "meter.M1"]
    assert kinds == ["mqtt.admitted", "mqtt.withdrawn"]


@pytest.mark.parametrize("user", ["meter.M1", "house", "house.S1", "nobody", None])
def test_nobody_comes_in_without_the_password(opened: Street, user: str | None) -> None:
    """Not a known name, not Gridpact's own over MQTT, not a stranger, not the anonymous."""

    async def came_in() -> None:
        trust = ssl.create_default_context(cafile=str(opened.broker.papers.authority))
        host, port = opened.broker.place.mqtt_host, opened.broker.place.mqtt_port
        async with aiomqtt.Client(host, port, username=user, password="guessed", tls_context=trust):
            raise AssertionError("let in")

    with pytest.raises(aiomqtt.MqttError):
        asyncio.run(came_in())


def test_a_message_beyond_the_bound_is_never_acknowledged(opened: Street) -> None:
    """The broker does not store it, and so it says nothing that a meter could take for a yes."""

    async def published() -> None:
        async with opened.client("meter.M1") as meter, asyncio.timeout(SOON_S):
            await meter.publish("gridpact/v1/M1/readings", b"x" * (MESSAGE_BYTES_MAX + 1), qos=1)

    with pytest.raises((aiomqtt.MqttError, TimeoutError)):
        asyncio.run(published())


def test_a_credential_is_given_only_to_what_is_registered(opened: Street) -> None:
    """Every fault at once; an id that would be more than one level of a topic is refused whatever is registered."""
    with pytest.raises(InputRefused) as refused:
        admit(opened.house.steps, Guest.METER, "M1/#", "", Allowance(True, 9, 3))
    assert [fault.code for fault in refused.value.faults] == ["wrong_form", "unknown_meter", "wrong_bounds"]


def test_a_directory_has_one_owner_and_a_killed_owners_server_is_followed_by_a_new_one(tmp_path: Path) -> None:
    """While it lives another is refused; after ``kill -9`` its server goes on, until the next owner ends it."""
    port = free_port()
    owner = multiprocessing.get_context("spawn").Process(target=_own, args=(tmp_path, port))
    owner.start()
    stale = int(until(lambda: _pid(tmp_path), bool, 60))
    until(lambda: (tmp_path / "owned").exists(), bool, 60)
    with pytest.raises(RuleBroken, match="another process"):
        start(tmp_path, "127.0.0.1", port, "always", NOW)
    owner.kill()
    owner.join()
    os.kill(stale, 0)
    broker = start(tmp_path, "127.0.0.1", port, "always", NOW)
    with pytest.raises(ProcessLookupError):
        os.kill(stale, 0)
    os.kill(int(_pid(tmp_path)), signal.SIGKILL)
    assert until(broker.revive, bool)
    last = int(_pid(tmp_path))
    broker.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_a_port_that_is_taken_is_named_with_what_to_do(opened: Street, tmp_path: Path) -> None:
    """The message says which setting to change."""
    with pytest.raises(BrokerDown, match="GRIDPACT_MQTT_PORT"):
        start(tmp_path / "other", "127.0.0.1", opened.broker.place.mqtt_port, "always", NOW)


def test_the_authority_stays_and_the_certificate_is_renewed_in_time(tmp_path: Path) -> None:
    """The same names get the same certificate until it ends soon; other names get another; devices trust on."""
    first = papers(tmp_path, ["localhost", "127.0.0.1"], NOW)
    authority, certificate = first.authority.read_bytes(), first.certificate.read_bytes()
    papers(tmp_path, ["localhost", "127.0.0.1"], NOW + timedelta(days=300))
    assert first.certificate.read_bytes() == certificate
    papers(tmp_path, ["localhost", "127.0.0.1"], NOW + timedelta(days=380))
    renewed = x509.load_pem_x509_certificate(first.certificate.read_bytes())
    assert renewed.not_valid_after_utc > NOW + timedelta(days=700)
    papers(tmp_path, ["broker.example"], NOW + timedelta(days=380))
    named = x509.load_pem_x509_certificate(first.certificate.read_bytes())
    named.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    assert first.authority.read_bytes() == authority
    assert all((tmp_path / name).stat().st_mode & 0o077 == 0 for name in ("ca.key", "server.key"))


def _own(directory: Path, port: int) -> None:
    broker: EmbeddedBroker = start(directory, "127.0.0.1", port, "always", NOW)
    (directory / "owned").write_text(broker.lines[0].url)
    signal.pause()


def _pid(directory: Path) -> str:
    path = directory / "pid"
    return path.read_text() if path.exists() else ""
