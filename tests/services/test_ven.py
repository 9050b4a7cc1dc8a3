"""The VEN of OpenADR 2.0b at a VTN of other authors (openleadr), over HTTP; and at one that lies."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from deal_world import MARKET, NOW, premises

from domain.connection import without_wires
from domain.errors import InputRefused, OutsideFailed
from domain.grid_signal import GridSignal, SignalKind, in_force
from gateways.broker.authority import papers
from gateways.openadr.ven import Ven, question
from gateways.openadr.ven_message import MESSAGE_BYTES_MAX, distributed, parsed
from gridpact.vtn_line import posting
from memory.database import Database
from memory.grid import grid_signals
from services.orders.order_book import Desk

SOON = datetime(2040, 5, 20, 3, tzinfo=UTC)  # after the wall clock of openleadr, which looks at no other


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    made = premises(database, tmp_path)
    wires = without_wires(len(made.roster.ids), MARKET.slot_min)
    return Desk("local", made.steps, made.rules, replace(made.roster), wires, MARKET)


class Vtn:
    """openleadr's server on a loop of its own. opted: what the VEN answered, by event."""

    def __init__(self, port: int) -> None:
        from openleadr import OpenADRServer

        self.loop, self.opted = asyncio.new_event_loop(), []  # type: ignore[var-annotated]
        self.url = f"http://127.0.0.1:{port}/OpenADR2/Simple/2.0b"
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

        async def registered(_: Any) -> tuple[str, str]:
            return "ven-1", "registration-1"

        async def begun() -> Any:
            server = OpenADRServer(vtn_id="DSO", http_port=port)
            server.add_handler("on_create_party_registration", registered)
            await server.run()
            return server

        self.server = self.run(begun())

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def add(self, name: str, kw: float, **more: Any) -> None:
        """An event of half an hour."""

        async def answered(ven_id: str, event_id: str, opt_type: str) -> None:
            self.opted.append((event_id, opt_type))

        async def added() -> None:
            interval = {"dtstart": SOON, "duration": timedelta(minutes=30), "signal_payload": kw}
            known = {"signal_name": "LOAD_DISPATCH", "signal_type": "setpoint", "intervals": [interval]} | more
            self.server.add_event(ven_id="ven-1", event_id=name, callback=answered, **known)

        self.run(added())

    def take(self, name: str, revision: int, status: str) -> None:
        """Change an event's state, or drop it when the status is empty."""

        async def changed() -> None:
            events = self.server.events["ven-1"]
            (event,) = [each for each in events if each.event_descriptor.event_id == name]
            event.event_descriptor.modification_number = revision
            event.event_descriptor.event_status = status
            if not status:
                events.remove(event)
            self.server.events_updated["ven-1"] = True

        self.run(changed())


@pytest.fixture
def vtn() -> Iterator[Vtn]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    made = Vtn(port)
    yield made
    made.run(made.server.stop())
    made.loop.call_soon_threadsafe(made.loop.stop)


def ven(desk: Desk, url: str) -> Ven:
    return Ven("dso", "gridpact", posting({"url": url}), desk)


def asked(desk: Desk) -> list[GridSignal]:
    with desk.steps.database.read() as tx:
        every = grid_signals.every(tx)
    return in_force(every, SOON, SOON + timedelta(days=1), NOW)


def test_an_event_becomes_a_limit_once_and_is_opted_into(desk: Desk, vtn: Vtn) -> None:
    """A set-point in kW is a limit in W under the Gateway's signature; asked again it counts once."""
    vtn.add("e1", 1.5)
    for number in ("a", "b"):
        assert ven(desk, vtn.url).poll(number) == {"e1": True}
    (signal,) = asked(desk)
    assert (signal.name, signal.kind, signal.value) == ("openadr2b:dso/e1/0/0", SignalKind.IMPORT_LIMIT, 1_500)
    assert (signal.starts, signal.ends) == (SOON, SOON + timedelta(minutes=30))
    assert ("e1", "optIn") in vtn.opted


def test_what_we_do_not_understand_is_opted_out_of(desk: Desk, vtn: Vtn) -> None:
    """Another signal is not followed in part; its neighbour is."""
    vtn.add("good", 2)
    vtn.add("odd", 1, signal_name="SIMPLE", signal_type="level")
    assert ven(desk, vtn.url).poll("a") == {"good": True, "odd": False}
    assert sorted(vtn.opted) == [("good", "optIn"), ("odd", "optOut")]
    assert [each.id for each in asked(desk)] == ["good/0"]


def test_a_cancelled_event_ends_and_one_that_vanishes_too(desk: Desk, vtn: Vtn) -> None:
    """By its status with a new number, or by being distributed no more; others stay."""
    for name in ("cancelled", "vanishes", "stays"):
        vtn.add(name, 2)
    ven(desk, vtn.url).poll("a")
    vtn.take("cancelled", 1, "cancelled")
    vtn.take("vanishes", 0, "")
    ven(desk, vtn.url).poll("b")
    assert [each.id for each in asked(desk)] == ["stays/0"]


def answering(body: bytes) -> Callable[[str, bytes], bytes]:
    return lambda service, sent: body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no XML",
        b'<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>',
        b"<a/>",
        b"<a>" + b" " * MESSAGE_BYTES_MAX + b"</a>",
        b'<oadrPayload xmlns="http://openadr.org/oadr-2.0b/2012/07"><oadrSignedObject/></oadrPayload>',
        b'<oadrPayload xmlns="http://openadr.org/oadr-2.0b/2012/07"><oadrSignedObject><x/></oadrSignedObject></oadrPayload>',
    ],
)
def test_an_answer_that_is_none_is_a_failure_of_the_outside(desk: Desk, body: bytes) -> None:
    """No entities, no types, no oversize, no other message: nothing is taken in, and it may be asked again."""
    with pytest.raises(OutsideFailed):
        Ven("dso", "gridpact", answering(body), desk).poll("a")
    assert asked(desk) == []


@contextmanager
def changed_event(vtn: Vtn, desk: Desk) -> Iterator[bytes]:
    """The distribution of one good event, as it came."""
    vtn.add("e1", 1.5)
    kept: list[bytes] = []
    post = posting({"url": vtn.url})

    def keeping(service: str, sent: bytes) -> bytes:
        kept.append(post(service, sent))
        return kept[-1]

    Ven("dso", "gridpact", keeping, desk).poll(question(NOW))
    yield kept[1]


def test_an_event_out_of_form_has_faults_and_no_interval(desk: Desk, vtn: Vtn) -> None:
    """Numbers that are none, endless or timeless intervals, foreign scales, wild names."""
    with changed_event(vtn, desk) as good:
        (event,) = distributed(parsed(good)).events
        assert (len(event.intervals), event.faults) == (1, ())
        for old, new in (
            (b">1.5<", b">-1<"),
            (b">1.5<", b">1e9<"),
            (b">1.5<", b">NaN<"),
            (b">PT30M<", b">PT0S<"),
            (b">PT30M<", b">P9999Y<"),
            (b"+00:00", b"") if b"+00:00" in good else (b"Z<", b"<"),
            (b">e1<", b">e 1<"),
            (b">setpoint<", b">delta<"),
            (b">0</ei:modificationNumber>", b">-1</ei:modificationNumber>"),
        ):
            assert old in good, old
            (event,) = distributed(parsed(good.replace(old, new))).events
            assert event.faults, new
            assert event.intervals == ()


def test_a_vtn_that_could_not_be_trusted_is_not_asked(tmp_path: Path) -> None:
    """Plain HTTP elsewhere, HTTPS without a certificate to compare, a certificate that is none."""
    (tmp_path / "none.pem").write_text("none")
    for wrong in (
        {"url": "http://vtn.example"},
        {"url": "https://vtn.example"},
        {"url": "https://vtn.example", "vtn_certificate": str(tmp_path / "none.pem")},
        {},
    ):
        with pytest.raises(InputRefused):
            posting(wrong)


def test_only_the_certificate_that_was_named_is_believed(tmp_path: Path) -> None:
    """A VTN under it is heard whatever its authority; one under another of the same name is not."""
    theirs, others = (papers(tmp_path / each, ["localhost"], datetime.now(UTC)) for each in ("theirs", "others"))
    for shown, heard in ((theirs, True), (others, False)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown.certificate, shown.key)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        line = {"url": f"https://localhost:{server.server_port}", "vtn_certificate": str(theirs.certificate)}
        try:
            if heard:
                assert posting(line)("EiEvent", b"<a/>") == b"<a/>"
            else:
                with pytest.raises(OutsideFailed):
                    posting(line)("EiEvent", b"<a/>")
        finally:
            server.shutdown()
            server.server_close()


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
