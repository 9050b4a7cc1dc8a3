"""Webhooks on the way out of the program: what a kill leaves, and whom a connection over TLS believes."""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from happenings import happen
from receiver import Receiver, receiving
from starlette.testclient import TestClient
from street import MARKET, NOW, build, days

from domain.account import AccountRole
from gateways.broker.authority import Papers, papers
from gateways.webhooks import sending
from gateways.webhooks.sending import Sender
from gridpact.clock import wall
from gridpact.delivering import deliver_round
from identity.token import token_hash
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.events.webhook_delivery import Answer, Delivery, Message

ROOT = Path(__file__).parents[2]
HOST = "hooks.example.test"
RETAILER = {"Authorization": "Bearer P9"}
MESSAGE_HEADERS = {"webhook-id": "evt_1_1"}


def sent_and_killed(database_url: str, folder: Path) -> None:
    """A process of its own sends what is next, and is killed before it can note that it was taken."""
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "delivering_process.py"), database_url, str(folder)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        answered = process.stdout.readline()
        process.kill()
    assert answered == "204\n"


def test_kill_9_between_the_answer_and_the_note_loses_nothing(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """Each killed program sent the same event under the same name, byte for byte; the next goes on in order."""
    street = build(database, tmp_path)
    with database.begin() as tx:
        register(tx, street.reception, "test", "P9", "P9")
        accounts.give_role(tx, RoleRow("P9", AccountRole.RETAILER, NOW, "test"))
        scopes = ("home:read", "market:read", "webhooks:write")
        adopt_key(tx, street.reception, "test", "P9", token_hash("P9"), scopes, NOW + days(60))
    with receiving() as receiver:
        client = TestClient(street.app(lambda doors: replace(doors, webhook_loopback=True)))
        made = client.post("/api/v1/webhooks", json={"url": f"{receiver.url}/in"}, headers=RETAILER)
        assert made.status_code == 201, made.text
        happen(street)
        for _ in range(2):
            sent_and_killed(database_url, tmp_path)
        while deliver_round(Delivery(street.reception, MARKET, Sender(loopback=True))).delivered:
            pass
        page = client.get("/api/v1/events", params={"limit": 200}, headers=RETAILER).json()
        first, *rest = [f"evt_{each['id'].replace('.', '_')}" for each in page["items"]]
        assert rest, "there is an order to keep"
        assert receiver.names == [first, first, first, *rest]
        assert len({body for headers, body in receiver.got if headers["webhook-id"] == first}) == 1


@pytest.fixture
def of_the_host(tmp_path: Path) -> Papers:
    """A certificate for the host's name, under an authority of the test's."""
    return papers(tmp_path / "papers", [HOST], wall())


@pytest.fixture
def tls_receiver(of_the_host: Papers) -> Iterator[Receiver]:
    """The host, which in truth listens on this machine."""
    with receiving(of_the_host) as found:
        yield found


def posted(receiver: Receiver, host: str, trusted: Path | None) -> Answer:
    """Send to a host whose name leads to this machine when it is looked up first, and nowhere later."""
    found = iter([["127.0.0.1"]])
    trust = ssl.create_default_context(cafile=str(trusted)) if trusted else None
    sender = Sender(loopback=True, resolve=lambda name, port: next(found), trust=trust)
    return sender(Message(receiver.url.replace("127.0.0.1", host), MESSAGE_HEADERS, b"{}"))


def test_over_tls_the_pinned_address_must_prove_the_hosts_name(tls_receiver: Receiver, of_the_host: Papers) -> None:
    """The connection goes to the address that was looked at, asks for the host by its name, and believes its paper."""
    assert posted(tls_receiver, HOST, of_the_host.authority) == Answer(204)
    ((headers, body),) = tls_receiver.got
    assert headers["host"] == tls_receiver.url.removeprefix("https://").replace("127.0.0.1", HOST)
    assert body == b"{}"
    assert tls_receiver.asked_for == [HOST]


@pytest.mark.parametrize("host", ["elsewhere.example.test", f"deeper.{HOST}"])
def test_a_paper_for_another_name_is_not_believed(tls_receiver: Receiver, of_the_host: Papers, host: str) -> None:
    """Whoever answers at the address but cannot prove the name hears not a byte of the message."""
    answer = posted(tls_receiver, host, of_the_host.authority)
    assert answer.status is None
    assert "CERTIFICATE_VERIFY_FAILED" in answer.error
    assert tls_receiver.got == []


def test_an_authority_that_nobody_named_is_not_believed(tls_receiver: Receiver) -> None:
    """Without a word about it the machine's own authorities count, and they do not know this one."""
    answer = posted(tls_receiver, HOST, None)
    assert answer.status is None
    assert "CERTIFICATE_VERIFY_FAILED" in answer.error
    assert tls_receiver.got == []


@pytest.mark.parametrize("drip", [b"H", b"HTTP/1.1 204 No Content\r\nx: "])
def test_a_receiver_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, drip: bytes) -> None:
    """A byte of the head now and then resets no clock: the whole message has one end."""
    monkeypatch.setattr(sending, "WHOLE_S_MAX", 0.6)
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dripping() -> None:
            taken, _ = server.accept()
            with taken, contextlib.suppress(OSError):
                taken.sendall(drip)
                while not stopped.wait(0.05):
                    taken.sendall(b"x")

        thread = threading.Thread(target=dripping, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/in"
        answer = Sender(loopback=True)(Message(url, MESSAGE_HEADERS, b"{}"))
        stopped.set()
        thread.join(timeout=5)
    assert answer.status is None
    assert "Timeout" in answer.error
