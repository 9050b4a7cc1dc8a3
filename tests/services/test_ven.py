"""The VEN of OpenADR 2.0b at a VTN of other authors (openleadr), over HTTP; and at one that lies."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from deal_world import MARKET, NOW, premises
from vtn_peer import SOON, Vtn, peer

from domain.connection import without_wires
from domain.errors import InputRefused, OutsideFailed
from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind, in_force
from gateways.broker.authority import papers
from gateways.openadr.ven import Reach, Ven, question
from gateways.openadr.ven_event import distributed
from gateways.openadr.ven_message import MESSAGE_BYTES_MAX, parsed
from gridpact.vtn_line import posting
from gridpact.vtn_settings import VtnSettings
from memory.database import Database
from memory.grid import grid_signals
from services.orders.order_book import Desk

NO_REACH = Reach()


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    made = premises(database, tmp_path)
    wires = without_wires(len(made.roster.ids), MARKET.slot_min)
    return Desk("local", made.steps, made.rules, replace(made.roster), wires, MARKET)


@pytest.fixture
def vtn() -> Iterator[Vtn]:
    with peer() as made:
        yield made


def ven(desk: Desk, url: str, reach: Reach = NO_REACH) -> Ven:
    return Ven("dso", "gridpact", posting(VtnSettings(url=url)), desk, reach)


def opted(desk: Desk, url: str, reach: Reach = NO_REACH) -> dict[str, str]:
    """By event, the code of why it is not followed, empty when it is."""
    said = ven(desk, url, reach).poll(question(NOW))
    return {event: fault.code if fault else "" for event, fault in said.items()}


def asked(desk: Desk) -> list[GridSignal]:
    with desk.steps.database.read() as tx:
        every = grid_signals.every(tx)
    return in_force(every, SOON, SOON + timedelta(days=1), NOW)


def test_an_event_becomes_a_limit_once_and_is_opted_into(desk: Desk, vtn: Vtn) -> None:
    """A set-point in kW is a limit in W under the Gateway's signature; asked again it counts once."""
    vtn.add("e1", 1.5)
    for number in ("a", "b"):
        assert ven(desk, vtn.url).poll(number) == {"e1": None}
    (signal,) = asked(desk)
    assert (signal.name, signal.kind, signal.value) == ("openadr2b:dso/e1/0/0", SignalKind.IMPORT_LIMIT, 1_500)
    assert (signal.starts, signal.ends) == (SOON, SOON + timedelta(minutes=30))
    assert ("e1", "optIn") in vtn.opted


def test_what_we_do_not_understand_is_opted_out_of(desk: Desk, vtn: Vtn) -> None:
    """Another signal is not followed in part; its neighbour is."""
    vtn.add("good", 2)
    vtn.add("odd", 1, signal_name="ELECTRICITY_PRICE", signal_type="price")
    assert opted(desk, vtn.url) == {"good": "", "odd": "unknown_signal"}
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


LEVELS = Reach(levels=(800, 500, 0), groups={"trade": ("shop", "roof")})


def test_levels_are_shares_of_what_is_rated_where_a_setting_says_so(desk: Desk, vtn: Vtn) -> None:
    """Levels 1 to 3 leave a share; level 0 asks nothing; without the setting nobody has agreed to anything."""
    parts = [
        {"dtstart": SOON + timedelta(minutes=30 * at), "duration": timedelta(minutes=30), "signal_payload": level}
        for at, level in enumerate((1, 0, 3))
    ]
    vtn.add("e1", 0, signal_name="SIMPLE", signal_type="level", intervals=parts)
    assert opted(desk, vtn.url) == {"e1": "unknown_signal"}
    assert asked(desk) == []
    assert opted(desk, vtn.url, LEVELS) == {"e1": ""}
    found = [(each.starts, each.value, each.unit) for each in asked(desk)]
    assert found == [(SOON, 800, LimitUnit.PERMILLE), (SOON + timedelta(hours=1), 0, LimitUnit.PERMILLE)]


def test_a_share_of_the_load_is_rounded_down_and_never_above_the_whole(desk: Desk, vtn: Vtn) -> None:
    """x-loadControlCapacity is a share from 0 to 1, in permille."""
    for name, share in (("third", 0.33355), ("more", 1.01)):
        vtn.add(name, share, signal_name="LOAD_CONTROL", signal_type="x-loadControlCapacity")
    assert opted(desk, vtn.url) == {"third": "", "more": "wrong_value"}
    assert [(each.value, each.unit) for each in asked(desk)] == [(333, LimitUnit.PERMILLE)]


def test_a_signal_for_one_site_or_group_limits_these_alone(desk: Desk, vtn: Vtn) -> None:
    """By resource, by a group of the settings; whom nobody knows, and another VEN, is no one here."""
    for name, target in (
        ("one", {"resource_id": "shop"}),
        ("group", {"group_id": "trade"}),
        ("unknown", {"group_id": "others"}),
        ("nobody", {"resource_id": "nowhere"}),
        ("other", {"ven_id": "ven-2"}),
        ("party", {"party_id": "shop"}),
    ):
        vtn.add(name, 1, targets=[target])
    assert opted(desk, vtn.url, LEVELS) == {
        "one": "",
        "group": "",
        "unknown": "unknown_target",
        "nobody": "unknown_target",
        "other": "other_ven",
        "party": "unknown_target",
    }
    found = [(each.id, each.extent, each.target) for each in asked(desk)]
    assert found == [
        ("group/0/roof", Extent.SITE, "roof"),
        ("group/0/shop", Extent.SITE, "shop"),
        ("one/0/shop", Extent.SITE, "shop"),
    ]


def test_a_modification_replaces_and_an_older_one_is_out_of_sequence(desk: Desk, vtn: Vtn) -> None:
    """The higher number counts, whatever comes later with a lower one; what it leaves out is ended."""
    vtn.add("e1", 2, targets=[{"resource_id": "shop"}, {"resource_id": "roof"}])
    assert opted(desk, vtn.url) == {"e1": ""}
    vtn.change("e1", 3, targets=[{"resource_id": "shop"}])
    assert opted(desk, vtn.url) == {"e1": ""}
    assert [each.name for each in asked(desk)] == ["openadr2b:dso/e1/0/shop/3000"]
    vtn.change("e1", 2, targets=[{"resource_id": "roof"}])
    assert opted(desk, vtn.url) == {"e1": "out_of_sequence"}
    assert [each.id for each in asked(desk)] == ["e1/0/shop"]


def test_what_vanished_and_comes_again_is_followed_again(desk: Desk, vtn: Vtn) -> None:
    """Under the same number: it was taken back, and now it stands."""
    vtn.add("e1", 2)
    assert opted(desk, vtn.url) == {"e1": ""}
    vtn.take("e1", 0, "")
    assert opted(desk, vtn.url) == {}
    assert asked(desk) == []
    vtn.add("e1", 2)
    for _ in range(2):
        assert opted(desk, vtn.url) == {"e1": ""}
        assert [each.revision for each in asked(desk)] == [2]


def test_a_test_is_answered_and_limits_nothing(desk: Desk, vtn: Vtn) -> None:
    """It is checked like a real event; a real one that becomes a test is over."""
    vtn.add("e1", 2)
    vtn.add("bad", 2, targets=[{"resource_id": "nowhere"}])
    opted(desk, vtn.url)
    for name in ("e1", "bad"):
        vtn.change(name, 1, test=True)
    assert opted(desk, vtn.url) == {"e1": "", "bad": "unknown_target"}
    assert asked(desk) == []


def test_overlapping_events_keep_their_priorities(desk: Desk, vtn: Vtn) -> None:
    """Both stand; 1 is the standard's highest and 0 its least, as ours counts them the other way."""
    for name, priority in (("first", 1), ("second", 2), ("least", 0)):
        vtn.add(name, 2)
        vtn.change(name, 0, priority=priority)
    opted(desk, vtn.url)
    assert {each.id: each.priority for each in asked(desk)} == {"first/0": 254, "second/0": 253, "least/0": 0}


def test_an_event_named_twice_is_followed_neither_way(desk: Desk, vtn: Vtn) -> None:
    """Nobody knows which of both is meant; what stood before stands."""
    vtn.add("e1", 2)
    opted(desk, vtn.url)
    vtn.add("e1", 1)
    assert opted(desk, vtn.url) == {"e1": "named_twice"}
    assert [each.value for each in asked(desk)] == [2_000]


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
        b"<a>" * 60_000 + b"</a>" * 60_000,
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
    post = posting(VtnSettings(url=vtn.url))

    def keeping(service: str, sent: bytes) -> bytes:
        kept.append(post(service, sent))
        return kept[-1]

    Ven("dso", "gridpact", keeping, desk).poll(question(NOW))
    yield kept[1]


def test_an_event_out_of_form_has_faults_and_no_interval(desk: Desk, vtn: Vtn) -> None:
    """Numbers that are none, endless or timeless intervals, foreign scales, wild names."""
    with changed_event(vtn, desk) as good:
        (event,) = distributed(parsed(good)).events
        assert (len(event.asks), event.faults) == (1, ())
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
            assert event.asks == ()


def test_a_vtn_that_could_not_be_trusted_is_not_asked(tmp_path: Path) -> None:
    """Plain HTTP elsewhere, HTTPS without a certificate to compare, a certificate that is none."""
    (tmp_path / "none.pem").write_text("none")
    for wrong in (
        VtnSettings(url="http://vtn.example"),
        VtnSettings(url="https://vtn.example"),
        VtnSettings(url="https://vtn.example", vtn_certificate=tmp_path / "none.pem"),
        VtnSettings(url=""),
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
        line = VtnSettings(url=f"https://localhost:{server.server_port}", vtn_certificate=theirs.certificate)
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
