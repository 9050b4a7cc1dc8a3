"""The stream of events: complete, in one order, resumable anywhere, and to each only what is theirs to see."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest
from happenings import TRADE, happen, stop
from loopback import served
from starlette.requests import ClientDisconnect
from street import NOW, Street, build, days

from domain.account import AccountRole
from domain.event import EventKind
from gateways.http import events
from gateways.http.app import create_app
from gateways.http.deprecation import Deprecated
from gateways.http.events import SSE_BEGIN, EventStream
from gateways.http.limits import Limits
from gateways.http.streams import OF_ONE_MAX, Streams
from identity.token import token_hash
from identity.token_bucket import Rate
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from services.access.accounts import register
from services.access.api_keys import adopt_key
from services.events.event_story import TELLS

EVENTS = "/api/v1/events"


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    street = build(database, tmp_path)
    with database.begin() as tx:
        for name, role in (("P9", AccountRole.RETAILER), ("P8", AccountRole.OPERATOR)):
            register(tx, street.reception, "test", name, name)
            accounts.give_role(tx, RoleRow(name, role, NOW, "test"))
            scopes = ("home:read", "market:read", "operation:read")
            adopt_key(tx, street.reception, "test", name, token_hash(name), scopes, NOW + days(1))
        register(tx, street.reception, "test", "P7", "P7")
        adopt_key(tx, street.reception, "test", "P7", token_hash("P7"), ("market:read",), NOW + days(1))
    happen(street)
    stop(street)
    return street


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def page(street: Street, name: str, **query: Any) -> Any:
    answer = street.client.get(EVENTS, headers=bearer(name), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(street: Street, name: str) -> list[str]:
    return [each["kind"] for each in page(street, name)["items"]]


def test_each_asker_sees_what_it_may_and_nothing_else(street: Street) -> None:
    """Sums and stops are everybody's, trades their parties', settlements of homes the home's and its supplier's."""
    assert kinds(street, "P7") == ["slot.cleared", "slot.settled", "market.stopped"]
    assert kinds(street, "P8") == ["slot.cleared", "slot.settled", "market.stopped", "grid.signal"]
    assert kinds(street, "P9") == [
        "slot.cleared", "trade.made", "contract.drafted", "contract.approved", "slot.settled", "site.settled",
        "site.settled", "market.stopped", "grid.signal",
    ]  # fmt: skip
    own = [each["subject"] for each in page(street, "P9")["items"] if each["kind"] == "site.settled"]
    assert own == ["S1", "S2"]


def test_a_key_limits_its_account_here_too(street: Street) -> None:
    """A member's key without the scope of the market hears of its home alone."""
    assert kinds(street, "P1") == ["trade.made", "contract.drafted", "contract.approved", "site.settled"]
    sites = {each["subject"] for each in page(street, "P1")["items"] if each["kind"] == "site.settled"}
    assert sites == {"S1"}


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_of_any_length_tell_everything_once_and_in_order(street: Street, limit: int) -> None:
    """Following ``next`` until there is no more gives the same events as one long page."""
    whole = page(street, "P9", limit=200)["items"]
    found, after, more = [], "0.0", True
    while more:
        each = page(street, "P9", after=after, limit=limit)
        found += each["items"]
        after, more = each["next"], each["more"]
    assert found == whole
    places = [tuple(map(int, each["id"].split("."))) for each in whole]
    assert places == sorted(set(places))
    assert page(street, "P9", after=after)["items"] == []


def test_what_happens_later_stands_behind_every_cursor(street: Street) -> None:
    """A cursor at the end finds the next event, once."""
    end = page(street, "P7")["next"]
    stop(street, 2)
    assert [each["kind"] for each in page(street, "P7", after=end)["items"]] == ["market.stopped"]


def test_a_stranger_and_a_wrong_cursor_get_a_problem(street: Street) -> None:
    """No key no event; a cursor of another form is a fault of the request."""
    assert street.client.get(EVENTS).status_code == 401
    answer = street.client.get(EVENTS, headers=bearer("P7"), params={"after": "yesterday"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_trade_names_both_sides_energy_and_price(street: Street) -> None:
    """The data of an event is the record's own."""
    (trade,) = [each for each in page(street, "P1")["items"] if each["kind"] == "trade.made"]
    assert trade["data"]["energy_wh"] == TRADE.energy_wh
    assert (trade["data"]["seller_site"], trade["data"]["buyer_site"]) == ("S1", "S2")


def events_of(lines: Iterator[str], count: int) -> list[dict[str, str]]:
    """The first events of a stream, as their fields."""
    found: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "id" in fields:
            found.append(fields)
            fields = {}
        if len(found) == count:
            break
    return found


def test_a_stream_goes_on_behind_the_last_event_id(street: Street) -> None:
    """From the start it tells what the pages tell; from any id what stands behind it, and what comes meanwhile."""
    whole = page(street, "P9")["items"]
    with served(street.app()) as address, httpx2.Client(base_url=address, headers=bearer("P9"), timeout=10) as client:
        with client.stream("GET", f"{EVENTS}/stream", headers={"Last-Event-ID": "0.0"}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["x-content-type-options"] == "nosniff"
            told = events_of(answer.iter_lines(), len(whole))
        assert [each["id"] for each in told] == [each["id"] for each in whole]
        with client.stream("GET", f"{EVENTS}/stream", headers={"Last-Event-ID": whole[3]["id"]}) as answer:
            lines = answer.iter_lines()
            assert [each["id"] for each in events_of(lines, 2)] == [each["id"] for each in whole[4:6]]
        with client.stream("GET", f"{EVENTS}/stream") as answer:
            lines = answer.iter_lines()
            assert next(lines) == SSE_BEGIN.strip()
            stop(street, 3)
            assert events_of(lines, 1)[0]["event"] == EventKind.MARKET_STOPPED


def test_a_stream_counts_as_one_request_and_is_marked_like_any_answer(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often it asks anew who listens; and its fields come before its first event, which nothing holds up."""
    monkeypatch.setattr(events, "POLL_S", 0.01)
    bounds = Limits(Rate("account", 60, 2), Rate("address", 60, 9), Rate("ingestion", 60, 9), lambda: 0)
    going = Deprecated("GET", f"{EVENTS}/stream", date(2026, 1, 1), date(2027, 1, 1), "/api/v2/events")
    app = create_app(replace(street.app().state.doors, limits=bounds), [going])
    with served(app) as address, httpx2.Client(base_url=address, headers=bearer("P7"), timeout=10) as client:
        with client.stream("GET", f"{EVENTS}/stream") as answer:
            assert answer.headers["ratelimit"] == '"account";r=1;t=1'
            assert answer.headers["deprecation"] == "@1767225600"
            lines = answer.iter_lines()
            for number in (2, 3):
                stop(street, number)
                sleep(0.1)
            assert [each["event"] for each in events_of(lines, 2)] == ["market.stopped"] * 2
        assert client.get(EVENTS).headers["ratelimit"] == '"account";r=0;t=2'
        assert client.get(EVENTS).status_code == 429


def test_a_client_that_leaves_gives_its_place_back(street: Street) -> None:
    """More streams one after the other than at once: none is held by who has gone."""
    with served(street.app()) as address, httpx2.Client(base_url=address, headers=bearer("P9"), timeout=10) as client:
        for _ in range(OF_ONE_MAX):
            with client.stream("GET", f"{EVENTS}/stream", headers={"Last-Event-ID": "0.0"}) as answer:
                assert events_of(answer.iter_lines(), 1)
        ends = monotonic() + 10
        while True:
            with client.stream("GET", f"{EVENTS}/stream") as answer:
                if answer.status_code == 200:
                    break
            assert monotonic() < ends, "places are still held by clients that left"
            sleep(0.2)


def test_a_client_that_takes_nothing_is_let_go() -> None:
    """What it was not given it finds behind its last event; nothing is kept for it in memory."""
    left: list[str] = []

    async def never(message: Any) -> None:
        await asyncio.Event().wait()

    async def lines() -> AsyncIterator[str]:
        yield SSE_BEGIN

    stream = EventStream(lines(), lambda: left.append("P9"), patience_s=0.01)
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}}
    with pytest.raises(ClientDisconnect):
        asyncio.run(stream(scope, never, never))  # type: ignore[arg-type]
    assert left == ["P9"]


def test_an_account_has_so_many_streams_and_no_more() -> None:
    """What is left can be entered again; one account does not take another's."""
    streams = Streams()
    assert [streams.enter("a") for _ in range(OF_ONE_MAX + 1)] == [True] * OF_ONE_MAX + [False]
    assert streams.enter("b")
    streams.leave("a")
    assert streams.enter("a")
    assert not streams.enter("a")


def test_every_kind_of_event_is_told_by_some_entry() -> None:
    """No kind stands in the vocabulary that nothing ever tells; the page for integrators lists each."""
    page = (Path(__file__).parents[2] / "docs/integrate/events.md").read_text()
    assert [kind for kind in EventKind if f"`{kind}`" not in page] == []
    assert {"step.clear", "chain.recorded", "grid.resume"} <= TELLS.keys()
