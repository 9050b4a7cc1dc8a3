"""Webhooks: every event reaches its receiver at least once, signed and in order, and none leads into our own house."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from happenings import happen, stop
from hypothesis import given
from hypothesis import strategies as st
from receiver import Receiver, receiving
from starlette.testclient import TestClient
from street import MARKET, NOW, Street, build, days

from domain.account import AccountRole, AccountState
from domain.errors import InputRefused
from gateways.webhooks.address import check_url, may_reach, target_of
from gateways.webhooks.sending import Sender
from gridpact.clock import HandClock
from gridpact.delivering import deliver_round
from identity.token import token_hash
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from memory.events import webhooks
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.events.webhook_delivery import PAUSES, Answer, Delivery, Message, Round

WEBHOOKS = "/api/v1/webhooks"
RETAILER = {"Authorization": "Bearer P9"}


class World:
    """A street, a retailer with a webhook, and its receiver."""

    def __init__(self, street: Street, receiver: Receiver) -> None:
        self.street, self.receiver, self.clock = street, receiver, HandClock(NOW)
        street.steps = replace(street.steps, clock=self.clock)
        self.client = TestClient(street.app(lambda doors: replace(doors, webhook_loopback=True)))
        self.delivery = Delivery(street.reception, MARKET, Sender(loopback=True))

    def register(self, **more: Any) -> Any:
        answer = self.client.post(WEBHOOKS, json={"url": f"{self.receiver.url}/in", **more}, headers=RETAILER)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def listed(self) -> Any:
        (found,) = self.client.get(WEBHOOKS, headers=RETAILER).json()["items"]
        return found

    def deliver(self) -> Round:
        return deliver_round(self.delivery)

    def wait(self) -> None:
        self.clock.moment += timedelta(days=2)

    def events(self) -> list[str]:
        page = self.client.get("/api/v1/events", params={"limit": 200}, headers=RETAILER).json()
        return [f"evt_{each['id'].replace('.', '_')}" for each in page["items"]]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    street = build(database, tmp_path)
    with database.begin() as tx:
        register(tx, street.reception, "test", "P9", "P9")
        accounts.give_role(tx, RoleRow("P9", AccountRole.RETAILER, NOW, "test"))
        scopes = ("home:read", "market:read", "webhooks:write")
        adopt_key(tx, street.reception, "test", "P9", token_hash("P9"), scopes, NOW + days(60))
    with receiving() as receiver:
        yield World(street, receiver)


def test_every_event_arrives_once_in_order_and_signed(world: World) -> None:
    """What the stream tells the owner is what the receiver gets; it is signed by HMAC-SHA256 as the standard says."""
    made = world.register()
    happen(world.street)
    while world.deliver().delivered:
        pass
    assert world.receiver.names == world.events()
    key = b64decode(made["secret"].removeprefix("whsec_"))
    for headers, body in world.receiver.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
        assert headers["webhook-signature"] == "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
        assert json.loads(body)["type"]
    assert world.listed()["delivered_at"] is not None


def test_only_the_asked_kinds_are_sent(world: World) -> None:
    """A filter leaves the others out and comes past them."""
    world.register(kinds=["trade.made"])
    happen(world.street)
    world.deliver()
    assert [json.loads(body)["type"] for _, body in world.receiver.got] == ["trade.made"]
    assert world.deliver() == Round(0, 0)


def test_a_failed_message_comes_again_under_its_name_until_the_receiver_takes_it(world: World) -> None:
    """Nothing overtakes it; pauses grow; an answer of good clears the count."""
    world.register()
    stop(world.street)
    world.receiver.answers = [500, 302, 429]
    for pause in PAUSES[:3]:
        assert world.deliver() == Round(0, 1)
        assert world.deliver() == Round(0, 0), "it waits first"
        world.clock.moment += pause
    assert list(PAUSES) == sorted(set(PAUSES))
    assert world.deliver().delivered == 2
    first, *rest = world.events()
    assert world.receiver.names == [first] * 4 + rest
    assert world.listed()["failures"] == 0


def test_after_the_last_try_it_is_disabled_with_a_reason_and_its_owner_may_go_on(world: World) -> None:
    """Nothing is lost: enabled again, it goes on with the very event that was not taken."""
    made = world.register()
    stop(world.street)
    world.receiver.answers = [503] * (len(PAUSES) + 1)
    for _ in range(len(PAUSES) + 1):
        assert world.listed()["state"] == "active"
        world.deliver()
        world.wait()
    shown = world.listed()
    assert (shown["state"], shown["last_error"]) == ("disabled", "the receiver answered 503")
    assert world.deliver() == Round(0, 0)
    assert world.client.post(f"{WEBHOOKS}/{made['id']}/enable", headers=RETAILER).json()["state"] == "active"
    assert world.deliver().delivered == 2
    assert set(world.receiver.names) == set(world.events())


def test_a_receiver_that_is_gone_is_disabled_at_once(world: World) -> None:
    """410 means never again."""
    world.register()
    stop(world.street)
    world.receiver.answers = [410]
    world.deliver()
    assert world.listed()["state"] == "disabled"


@pytest.mark.parametrize("host", ["a..example.com", ".example.com", "a" * 64 + ".example.com"])
def test_a_host_that_no_resolver_can_encode_is_refused_and_only_fails(host: str) -> None:
    """Registered it is refused; sent to all the same, the resolver's complaint is an answer and no exception."""
    with pytest.raises(InputRefused):
        check_url(f"https://{host}/hook", loopback=False)

    def resolve(name: str, port: int) -> list[str]:
        raise UnicodeError("label empty or too long")

    assert Sender(resolve=resolve)(Message("https://a.example.com/", {}, b"")).error.startswith("UnicodeError")


def test_what_nobody_foresaw_is_its_own_webhooks_failure(world: World) -> None:
    """It is noted and tried later; the round goes on to its end."""
    world.register()
    stop(world.street)

    def broken(message: Message) -> Answer:
        raise TypeError("nobody foresaw this")

    assert deliver_round(replace(world.delivery, send=broken)) == Round(0, 1)
    assert world.deliver() == Round(0, 0), "it waits first"
    assert (world.listed()["failures"], world.listed()["last_error"]) == (1, "TypeError")


class Killed(BaseException):
    """The program ends between the receiver's answer and our own note of it."""


def test_what_was_sent_when_the_program_was_killed_is_sent_again_under_its_name(world: World) -> None:
    """At least once: the receiver knows by the name that it has it already."""
    world.register()
    stop(world.street)

    def killed(message: Message) -> Answer:
        assert Sender(loopback=True)(message).good
        raise Killed

    with pytest.raises(Killed):
        deliver_round(replace(world.delivery, send=killed))
    assert world.deliver().delivered == 2
    first, second = world.events()
    assert world.receiver.names == [first, first, second]


def test_two_workers_at_once_move_the_place_once(world: World) -> None:
    """Whoever is behind notices: no event is passed over."""
    world.register()
    stop(world.street)
    (row,) = world.delivery.due()
    world.delivery.serve(row)
    assert world.delivery.serve(row) == Round(1, 0)
    assert set(world.receiver.names) == set(world.events())
    assert world.deliver() == Round(0, 0)


def test_an_account_that_may_no_more_hears_no_more(world: World) -> None:
    """A locked account's webhooks are disabled at the next round, before anything is sent."""
    world.register()
    stop(world.street)
    with world.street.database.begin() as tx:
        accounts.move(tx, "P9", AccountState.LOCKED)
    assert world.deliver() == Round(0, 1)
    assert world.receiver.got == []


def test_the_secret_is_shown_once_and_lies_sealed(world: World) -> None:
    """No answer but the first has it, and the database's row does not hold it."""
    made = world.register()
    key = b64decode(made["secret"].removeprefix("whsec_"))
    assert "secret" not in world.listed()
    with world.street.database.read() as tx:
        (row,) = webhooks.of_account(tx)
    assert key not in row.sealed_secret


def test_a_webhook_is_its_owners_alone(world: World) -> None:
    """Another's key neither sees nor ends it; whose scope does not name webhooks is refused."""
    made = world.register()
    member = {"Authorization": "Bearer P1"}
    assert world.client.get(WEBHOOKS, headers=member).status_code == 403
    assert world.client.delete(f"{WEBHOOKS}/somebody-elses", headers=RETAILER).status_code == 404
    assert world.client.delete(f"{WEBHOOKS}/{made['id']}", headers=RETAILER).status_code == 204
    assert world.client.get(WEBHOOKS, headers=RETAILER).json() == {"items": []}


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "ftp://example.org/", "https://", "https://user@example.org/", "https://example.org/#x",
     "http://127.0.0.1/", "https://[::1", "https://exämple.org/"],
)  # fmt: skip
def test_an_address_that_is_not_https_of_a_host_is_refused_at_once(world: World, url: str) -> None:
    """The owner hears of it when it registers, where no setting allows this machine."""
    answer = world.street.client.post(WEBHOOKS, json={"url": url}, headers=RETAILER)
    assert answer.status_code == 422, answer.text


INSIDE = [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_reached(address: str) -> None:
    """Private, local, multicast, and what carries an address inside another; one such among many is enough."""
    assert not may_reach(address, loopback=False)
    with pytest.raises(InputRefused):
        target_of("https://example.org/", loopback=False, resolve=lambda host, port: ["93.184.216.34", address])


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_private_network_is_reached_even_where_loopback_is(address: Any) -> None:
    """The setting for tests opens this machine and nothing else."""
    assert not may_reach(str(address), loopback=True)


def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    """A name is looked up once a message: what it says the second time is never asked."""
    asked: list[str] = []

    def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["10.0.0.1"] if len(asked) > 1 else ["127.0.0.1"]

    with receiving() as receiver:
        there = receiver.url.replace("127.0.0.1", "localhost")
        answer = Sender(loopback=True, resolve=changing)(Message(there, {"webhook-id": "evt_1_1"}, b"{}"))
        assert answer == Answer(204)
        assert asked == ["localhost"]
        assert receiver.got[0][0]["host"] == there.removeprefix("http://")
