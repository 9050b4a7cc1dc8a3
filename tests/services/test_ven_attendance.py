"""A VEN that stays with its VTN (openleadr's): reports that are asked for, sent and taken back; failures and pauses."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deal_world import MARKET, premises
from deal_world import NOW as METERED_AT
from vtn_peer import Vtn, peer

from domain.connection import without_wires
from domain.errors import OutsideFailed
from gateways.openadr.ven import Ven
from gateways.openadr.ven_attendance import Attendance, metered
from gateways.openadr.ven_message import wrapped
from gridpact.demand_response import keep_asking, pause_s, visited
from gridpact.vtn_line import posting
from gridpact.vtn_settings import VtnSettings
from gridpact.vtn_telling import Telling, told
from memory.database import Database
from services.orders.order_book import Desk

HALF_HOUR = timedelta(minutes=30)
NOW = METERED_AT - timedelta(hours=10)  # ten hours of the world's readings are still to come


@dataclass
class World:
    """A community whose clock is ours to turn, and what its VTN was told."""

    desk: Desk
    clock: list[datetime]
    told: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def attendance(self, post: Any) -> Attendance:
        def keeping(service: str, body: bytes) -> bytes:
            self.sent.append((service, body))
            return bytes(post(service, body))

        return Attendance(Ven("dso", "gridpact", keeping, self.desk), True, lambda: self.desk)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    made = premises(database, tmp_path)
    clock = [NOW]
    steps = replace(made.steps, clock=lambda: clock[0])
    wires = without_wires(len(made.roster.ids), MARKET.slot_min)
    return World(Desk("local", steps, made.rules, replace(made.roster), wires, MARKET), clock)


@pytest.fixture
def vtn(world: World) -> Iterator[Vtn]:
    """It asks for every usage point that is offered, each half hour."""
    with peer() as made:

        def offered(
            ven_id: str,
            resource_id: str,
            measurement: str,
            unit: str,
            scale: str,
            min_sampling_interval: timedelta,
            max_sampling_interval: timedelta,
        ) -> Any:
            if measurement == "Status":
                return None
            assert (measurement, unit, scale, min_sampling_interval) == ("RealEnergy", "Wh", "none", HALF_HOUR)
            return (lambda found: world.told.setdefault(measurement, []).extend(found)), HALF_HOUR

        made.server.add_handler("on_register_report", offered)
        yield made


def post(url: str) -> Any:
    return posting(VtnSettings(url=url))


def test_a_vtn_of_others_gets_the_metered_half_hours_it_asked_for(world: World, vtn: Vtn) -> None:
    """Import and export of the whole community by slot, each once, in order, equal to what the meters said."""
    stay = world.attendance(post(vtn.url))
    stay.visit()
    assert stay.standing == 1
    for _ in range(6):
        world.clock[0] += HALF_HOUR
        stay.visit()
    found = metered(world.desk, MARKET.at(NOW), MARKET.at(world.clock[0]))
    assert found
    points = [
        (at, value) for each in found for at, value in ((each.starts, each.import_wh), (each.starts, each.export_wh))
    ]
    assert sorted(world.told["RealEnergy"]) == sorted(points)


def test_what_we_send_is_what_the_standard_lets_us_send(world: World, vtn: Vtn) -> None:
    """Every message of a stay holds to the standard's schema, a status among them."""
    from openleadr.messaging import validate_xml_schema

    stay = world.attendance(post(vtn.url))
    stay.visit()
    for _ in range(3):
        world.clock[0] += HALF_HOUR
        stay.visit()
    assert {service for service, _ in world.sent} == {"EiRegisterParty", "EiEvent", "EiReport", "OadrPoll"}
    for _, body in world.sent:
        validate_xml_schema(body)


class Scripted:
    """A VTN that answers what a test wrote down. waiting: for OadrPoll, in order. fails: whether nobody answers."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.after_update = ""
        self.fails = False

    def __call__(self, service: str, body: bytes) -> bytes:
        if self.fails:
            raise OutsideFailed("nobody answers")
        return wrapped(self._said(service, body))

    def _said(self, service: str, body: bytes) -> str:
        if service == "EiRegisterParty":
            return "<oadr:oadrCreatedPartyRegistration><ei:venID>ven-1</ei:venID></oadr:oadrCreatedPartyRegistration>"
        if service == "EiEvent":
            return "<oadr:oadrDistributeEvent><pyld:requestID>r</pyld:requestID></oadr:oadrDistributeEvent>"
        if service == "OadrPoll" and self.waiting:
            return self.waiting.pop(0)
        if b"oadrUpdateReport" in body:
            return f"<oadr:oadrUpdatedReport>{self.after_update}</oadr:oadrUpdatedReport>"
        return "<oadr:oadrResponse/>"


def create(
    name: str, what: str = "TELEMETRY_STATUS", point: str = "online", every: str = "PT30M", by: str = "PT0M"
) -> str:
    return (
        f"<oadr:oadrCreateReport><pyld:requestID>r</pyld:requestID><oadr:oadrReportRequest><ei:reportRequestID>{name}"
        f"</ei:reportRequestID><ei:reportSpecifier><ei:reportSpecifierID>{what}</ei:reportSpecifierID>"
        f"<xcal:granularity><xcal:duration>{by}</xcal:duration></xcal:granularity><ei:reportBackDuration>"
        f"<xcal:duration>{every}</xcal:duration></ei:reportBackDuration><ei:specifierPayload><ei:rID>{point}</ei:rID>"
        f"</ei:specifierPayload></ei:reportSpecifier></oadr:oadrReportRequest></oadr:oadrCreateReport>"
    )


def cancel(name: str) -> str:
    return (
        f"<oadr:oadrCancelReport><pyld:requestID>r</pyld:requestID><ei:reportRequestID>{name}</ei:reportRequestID>"
        f"</oadr:oadrCancelReport>"
    )


def updates(world: World) -> int:
    return sum(b"oadrUpdateReport" in body for _, body in world.sent)


def test_reports_are_asked_for_and_taken_back_by_poll(world: World) -> None:
    """One at its time, again after its pause, none once it is taken back, also in the answer to a report."""
    from openleadr.messaging import validate_xml_schema

    script = Scripted()
    stay = world.attendance(script)
    script.waiting = [create("a"), create("b"), create("once", every="PT0S")]
    stay.visit()
    assert (stay.standing, updates(world)) == (2, 3)
    stay.visit()
    assert updates(world) == 3
    script.waiting = [cancel("a")]
    world.clock[0] += HALF_HOUR
    stay.visit()
    assert (stay.standing, updates(world)) == (1, 4)
    script.after_update = cancel("b")
    world.clock[0] += HALF_HOUR
    stay.visit()
    assert (stay.standing, updates(world)) == (0, 5)
    for _, body in world.sent:
        validate_xml_schema(body)


@pytest.mark.parametrize(
    "wanted",
    [
        create("x", what="HISTORY_USAGE"),
        create("x", point="home-5"),
        create("x", "TELEMETRY_USAGE", "import", by="PT1M"),
        create("x", every="soon"),
        create("x" * 65),
    ],
)
def test_a_report_that_we_do_not_offer_is_refused_by_name(world: World, wanted: str) -> None:
    """Another report, a single home, finer than a slot, no length of time, a wild name: code 454, nothing stands."""
    script = Scripted()
    script.waiting = [wanted]
    stay = world.attendance(script)
    stay.visit()
    assert stay.standing == 0
    (said,) = [body for _, body in world.sent if b"oadrCreatedReport" in body]
    assert b"<ei:responseCode>454<" in said


def test_without_the_setting_nothing_is_reported(world: World) -> None:
    """Nobody is asked for messages, nothing is offered."""
    stay = replace(world.attendance(Scripted()), reports=False)
    stay.visit()
    assert {service for service, _ in world.sent} == {"EiRegisterParty", "EiEvent"}


def test_after_a_failure_it_registers_anew_and_waits_longer(world: World, tmp_path: Path) -> None:
    """Pauses double up to a quarter of an hour and are short again once it is heard; the file says which."""
    script, path = Scripted(), tmp_path / "vtns/dso.json"
    stay, telling = world.attendance(script), Telling(path, world.desk.steps.clock)
    assert told(path) == (False, "not asked yet by gridpact up here")
    script.fails = True
    failures = pauses = 0
    for wanted_s in (20, 40, 80, 160, 320, 640, 900, 900):
        failures = visited(stay, telling, failures)
        pauses += pause_s(10, failures) == wanted_s
    assert (failures, pauses) == (8, 8)
    assert "failed 8 times in a row: nobody answers" in told(path)[1]
    script.fails = False
    failures = visited(stay, telling, failures)
    assert (pause_s(10, failures), told(path)[0]) == (10, True)
    script.waiting = ["<oadr:oadrRequestReregistration><ei:venID>ven-1</ei:venID></oadr:oadrRequestReregistration>"]
    assert visited(stay, telling, 0) == 1
    before = len([service for service, _ in world.sent if service == "EiRegisterParty"])
    assert visited(stay, telling, 1) == 0
    assert len([service for service, _ in world.sent if service == "EiRegisterParty"]) == before + 1


def test_a_loop_asks_until_it_is_stopped(world: World, tmp_path: Path) -> None:
    """On its thread it visits at once, and ends when it is told to."""
    script, stop, path = Scripted(), threading.Event(), tmp_path / "dso.json"
    loop = threading.Thread(
        target=keep_asking, args=(world.attendance(script), 10, Telling(path, world.desk.steps.clock), stop)
    )
    loop.start()
    while not path.exists():
        loop.join(0.02)
    stop.set()
    loop.join(20)
    assert not loop.is_alive()
    assert told(path)[1].endswith("0 events followed, 0 reports stand")
