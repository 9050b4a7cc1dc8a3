"""OpenADR 3.1: subscribers are called back with what they may read, in order, until they take it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from street import AUDIENCE, MARKET, NOW, RULES, Street, build
from test_openadr_vtn import CLIENTS, Peer, event

from gateways.http.app import create_app
from gateways.http.doors import Doors
from gateways.openadr.calling_back import Callbacks
from gateways.webhooks.sending import Sender
from memory.database import Database
from memory.grid import openadr_callbacks, openadr_objects
from memory.grid.openadr_objects import OpenAdrObject
from services.events.webhook_delivery import PAUSES, Answer, Message
from services.steps import Steps

URL = "https://ven.example/back"


class World:
    """A VTN whose clock is ours to turn, and a receiver that answers as it is told."""

    def __init__(self, street: Street, database: Database) -> None:
        self.now, self.status, self.got = NOW, 200, list[Message]()
        self.steps = Steps(database, street.steps.keys, lambda: self.now)
        self.callbacks = Callbacks(self.steps, CLIENTS, self.take)
        reception = replace(street.reception, steps=self.steps)
        doors = Doors(AUDIENCE, MARKET, self.steps, street.decide, street.desk, reception, RULES, CLIENTS)
        self.client = TestClient(create_app(doors), raise_server_exceptions=False)

    def take(self, message: Message) -> Answer:
        if self.status == 200:
            self.got.append(message)
        return Answer(self.status)

    def passes(self, time: timedelta = timedelta(seconds=5)) -> int:
        """Let time pass, and a round be made."""
        self.now += time
        return self.callbacks.call_round()

    def heard(self) -> list[tuple[str, str, str]]:
        said = [json.loads(each.body) for each in self.got]
        return [(each["objectType"], each["operation"], each["object"]["id"]) for each in said]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(build(database, tmp_path), database)


def subscription(url: str = URL, **more: Any) -> dict[str, Any]:
    operation = {
        "objects": ["EVENT"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "callbackUrl": url,
        "bearerToken": "theirs",
    }
    return {"clientName": "home", "objectOperations": [operation | more]}


def program(world: World) -> str:
    return str(Peer(world.client, "dso")("POST", "/programs", {"programName": "limits"}).json()["id"])


def test_a_subscriber_hears_what_it_may_read_and_asked_for(world: World) -> None:
    """Made, changed and deleted, each once and in order, under its token; another home's events are not told."""
    dso, home = Peer(world.client, "dso"), Peer(world.client, "ven1")
    limits = program(world)
    assert home("POST", "/subscriptions", subscription()).status_code == 201
    world.now += timedelta(seconds=1)
    mine = dso("POST", "/events", event(limits, "PRICE", 1)).json()["id"]
    dso("POST", "/events", event(limits, "PRICE", 1, targets=["S2"]))
    assert world.passes() == 1
    dso("PUT", f"/events/{mine}", event(limits, "PRICE", 2))
    assert world.passes() == 1
    dso("DELETE", f"/events/{mine}")
    assert (world.passes(), world.passes()) == (1, 0)
    assert world.heard() == [("EVENT", word, mine) for word in ("CREATE", "UPDATE", "DELETE")]
    assert {(each.url, each.headers["authorization"]) for each in world.got} == {(URL, "Bearer theirs")}


def test_the_words_of_3_0_are_answered_in_kind(world: World) -> None:
    """Who asks for POST hears POST; what it does not ask for it does not hear."""
    dso, limits = Peer(world.client, "dso"), program(world)
    Peer(world.client, "ven1")("POST", "/subscriptions", subscription(operations=["POST"]))
    world.now += timedelta(seconds=1)
    made = dso("POST", "/events", event(limits, "PRICE", 1)).json()["id"]
    world.passes()
    dso("DELETE", f"/events/{made}")
    world.passes()
    assert world.heard() == [("EVENT", "POST", made)]


def test_what_is_not_taken_is_told_again_after_a_pause(world: World) -> None:
    """Nothing is lost, nothing overtakes, and the pauses grow."""
    dso, limits = Peer(world.client, "dso"), program(world)
    Peer(world.client, "ven1")("POST", "/subscriptions", subscription())
    world.now += timedelta(seconds=1)
    made = [dso("POST", "/events", event(limits, "PRICE", 1)).json()["id"]]
    world.status = 500
    assert world.passes() == 0
    world.now += timedelta(seconds=1)
    made.append(dso("POST", "/events", event(limits, "PRICE", 1)).json()["id"])
    assert world.passes(PAUSES[0]) == 0
    world.status = 200
    assert world.passes(PAUSES[1] / 2) == 0
    assert world.passes(PAUSES[1] / 2) == 2
    assert [name for _, _, name in world.heard()] == made


def test_a_token_is_never_shown_and_a_deleted_subscription_hears_nothing(world: World) -> None:
    """Neither to its client nor to business logic; what it was sealed in goes with it."""
    dso, home, limits = Peer(world.client, "dso"), Peer(world.client, "ven1"), program(world)
    made = home("POST", "/subscriptions", subscription())
    assert "theirs" not in made.text
    for peer in (dso, home):
        assert "theirs" not in peer("GET", "/subscriptions").text
    assert home("DELETE", f"/subscriptions/{made.json()['id']}").status_code == 200
    dso("POST", "/events", event(limits, "PRICE", 1))
    assert world.passes() == 0
    with world.steps.database.read() as tx:
        assert openadr_callbacks.due(tx, world.now) == []


@pytest.mark.parametrize("name", ["programID", "eventID"])
def test_an_object_names_its_program_and_event_by_text(world: World, name: str) -> None:
    """Of whatever kind it is: what is no text names nothing."""
    answer = Peer(world.client, "ven1")("POST", "/vens", {"venName": "home", name: []})
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (422, "wrong_form")


def test_an_object_out_of_form_keeps_nobody_from_hearing(world: World) -> None:
    """One that was kept before forms were checked is of no program; what follows it is told."""
    dso, limits = Peer(world.client, "dso"), program(world)
    made = Peer(world.client, "ven1")(
        "POST", "/subscriptions", subscription(objects=["EVENT", "VEN"]) | {"programID": limits}
    )
    assert made.status_code == 201
    world.now += timedelta(seconds=1)
    with world.steps.database.begin() as tx:
        body = {"venName": "home", "programID": []}
        openadr_objects.put(tx, OpenAdrObject("odd", "vens", "ven1", 0, body, [], False, world.now, world.now))
    event_id = dso("POST", "/events", event(limits, "PRICE", 1)).json()["id"]
    world.passes()
    assert world.heard() == [("EVENT", "CREATE", event_id)]


def test_what_nobody_foresaw_is_its_own_subscriptions_failure(world: World) -> None:
    """Another home's callbacks come in the same round; the broken one is tried later."""
    limits = program(world)
    for name in ("ven1", "ven2"):
        Peer(world.client, name)("POST", "/subscriptions", subscription(f"https://{name}.example/"))
    world.now += timedelta(seconds=1)
    Peer(world.client, "dso")("POST", "/events", event(limits, "PRICE", 1, targets=None))
    world.now += timedelta(seconds=5)

    def breaks_at_the_first(message: Message) -> Answer:
        if message.url == "https://ven1.example/":
            raise TypeError("nobody foresaw this")
        return Answer(200)

    callbacks = replace(world.callbacks, send=breaks_at_the_first)
    assert (callbacks.call_round(), callbacks.call_round()) == (1, 0)
    with world.steps.database.read() as tx:
        rows = openadr_callbacks.due(tx, world.now + PAUSES[0])
    assert sorted((row.failures, row.last_error) for row in rows if row.failures) == [(1, "TypeError")]


def test_a_subscription_changed_between_due_and_its_turn_is_served_next_time(world: World) -> None:
    """Its tokens and operations go together: an old row's tokens are not matched with new operations."""
    home, limits = Peer(world.client, "ven1"), program(world)
    more = subscription()
    made = home("POST", "/subscriptions", more).json()["id"]
    with world.steps.database.read() as tx:
        (old,) = openadr_callbacks.due(tx, world.now)
    world.now += timedelta(seconds=1)
    Peer(world.client, "dso")("POST", "/events", event(limits, "PRICE", 1))
    more["objectOperations"] *= 2
    home("PUT", f"/subscriptions/{made}", more)
    world.now += timedelta(seconds=5)
    assert world.callbacks._serve(old) == 0
    assert world.got == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (subscription("http://ven.example/back"), "not_https"),
        (subscription("http://127.0.0.1/back"), "not_https"),
        (subscription("https://user@ven.example/"), "wrong_form"),
        (subscription(bearerToken="two\nlines"), "string_pattern_mismatch"),
        (subscription(objects=["MONEY"]), "literal_error"),
    ],
)
def test_a_subscription_that_could_not_be_served_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    """Plain http, this machine, a name inside, a header in the token, objects that nobody has."""
    answer = Peer(world.client, "ven1")("POST", "/subscriptions", body)
    assert answer.status_code == 422
    assert code in {fault["code"] for fault in answer.json()["faults"]}, answer.text


def test_an_address_inside_our_house_is_not_called(world: World) -> None:
    """A name that leads to a private address when it is called is not called, and the reason stands."""
    inside = replace(world.callbacks, send=Sender(resolve=lambda host, port: ["10.0.0.7"]))
    limits = program(world)
    Peer(world.client, "ven1")("POST", "/subscriptions", subscription())
    world.now += timedelta(seconds=1)
    Peer(world.client, "dso")("POST", "/events", event(limits, "PRICE", 1))
    world.now += timedelta(seconds=5)
    assert inside.call_round() == 0
    with world.steps.database.read() as tx:
        (row,) = openadr_callbacks.due(tx, datetime.max.replace(tzinfo=NOW.tzinfo))
    assert (row.failures, row.last_error) == (1, "ven.example leads to 10.0.0.7")


def test_a_report_is_kept_for_an_event_that_its_client_reads(world: World) -> None:
    """Another's event, or none, has no reports; a report out of form names its fault."""
    dso, home, limits = Peer(world.client, "dso"), Peer(world.client, "ven1"), program(world)
    theirs = dso("POST", "/events", event(limits, "PRICE", 1, targets=["S2"])).json()["id"]
    mine = dso("POST", "/events", event(limits, "PRICE", 1)).json()["id"]
    usage = {"payloads": [{"type": "USAGE", "values": [0.4]}], "intervalPeriod": {"start": "2026-05-20T11:00:00Z"}}
    report = {"eventID": mine, "clientName": "home", "resources": [{"resourceName": "S1", "intervals": [usage]}]}
    assert home("POST", "/reports", report).status_code == 201
    assert home("POST", "/reports", report | {"eventID": theirs}).json()["faults"][0]["code"] == "unknown_event"
    assert home("POST", "/reports", report | {"resources": [{"intervals": []}]}).status_code == 422
    assert dso("GET", "/reports").json()[0]["resources"] == report["resources"]
