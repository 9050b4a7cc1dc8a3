"""The typed client: written from the API's description, true to it, and patient only where that is safe."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from happenings import happen, stop
from loopback import served
from starlette.types import Receive, Scope, Send
from street import NOW, Street, build, days

from client.api import Api, MandateForm, NewWebhookForm, OrderForm
from client.generator import LEFT_OUT, source_of
from client.problem import Conflict, NotAllowed, NotFound, NotSignedIn, Refused, Stale, TooMany, Unavailable
from domain.account import AccountRole
from domain.party import Licence, Mandate
from domain.slot import Slot
from gateways.http.app import describe
from identity.token import token_hash
from memory import registry
from memory.access import accounts
from memory.access.accounts import RoleRow
from memory.database import Database
from policies.licences import RETAIL_SUPPLY
from services.access.accounts import register
from services.access.api_keys import adopt_key

API = Path(__file__).parents[2] / "client/api.py"
SLOT = Slot.at(NOW).index + 10
ASK = OrderForm(slot=SLOT, site="S1", side="sell", limit_mjpy_per_kwh=11_000, energy_wh=500)


class Faulty:
    """An application whose answers get lost: the first requests are answered as told, looked at or not."""

    def __init__(self, app: Any) -> None:
        self.app, self.answers, self.asked = app, list[tuple[int, bool]](), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += scope["type"] == "http"
        if scope["type"] != "http" or not self.answers:
            await self.app(scope, receive, send)
            return
        status, is_done = self.answers.pop(0)
        if is_done:
            await self.app(scope, receive, _nowhere)
        await send({"type": "http.response.start", "status": status, "headers": [(b"retry-after", b"7")]})
        await send({"type": "http.response.body", "body": b""})


async def _nowhere(message: Any) -> None:
    """The answer is lost."""


class Market:
    """A served street, and clients of it."""

    def __init__(self, street: Street, app: Faulty, address: str) -> None:
        self.street, self.app, self.address = street, app, address
        self.slept: list[float] = []

    def api(self, key: str | None) -> Api:
        return Api(self.address, key, sleep=self.slept.append)


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Iterator[Market]:
    street = build(database, tmp_path)
    happen(street)
    with database.begin() as tx:
        adopt_key(tx, street.reception, "test", "P2", token_hash("P2m"), ("home:read", "mandate:write"), NOW + days(1))
        registry.save_mandate(tx, *(Mandate(site, 1, 8_600, 16_000, 0, 3_000) for site in ("S1", "S2")))
        registry.save_licence(tx, Licence("R", RETAIL_SUPPLY, "A1", "R", date(2027, 3, 31)))
        register(tx, street.reception, "test", "P9", "P9")
        accounts.give_role(tx, RoleRow("P9", AccountRole.RETAILER, NOW, "test"))
        scopes = ("home:read", "market:read", "webhooks:write")
        adopt_key(tx, street.reception, "test", "P9", token_hash("P9"), scopes, NOW + days(1))
    app = Faulty(street.app())
    with served(app) as address:
        yield Market(street, app, address)


def test_writing_the_client_again_gives_the_same_file() -> None:
    """Whoever changes the API runs ``make client``; a forgotten run shows here."""
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(API), "-"],
        input=source_of(describe()),
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stdout == API.read_text(), "run make client"


def test_every_operation_has_a_method() -> None:
    """Only what is left out on purpose is missing."""
    operations = [each for path in describe()["paths"].values() for each in path.values()]
    missing = {each["operationId"] for each in operations if not hasattr(Api, each["operationId"])}
    spoken_by_others = {each["operationId"] for each in operations if LEFT_OUT & set(each["tags"])}
    assert missing == spoken_by_others | {"get_event_stream"}


def test_orders_are_placed_seen_and_taken_back(market: Market) -> None:
    """A member's order through the client, on a real socket."""
    with market.api("P1") as api:
        placed = api.post_order(ASK)
        (own,) = api.get_orders(slot=SLOT).items
        assert (own.order, own.left_wh) == (placed.order, 500)
        api.delete_order(placed.order)
        assert api.get_orders(slot=SLOT).items == []


def test_a_mandate_is_changed_by_the_tag_it_was_read_with(market: Market) -> None:
    """Whoever holds an older one is told to read again."""
    wanted = MandateForm(
        sell_min_mjpy_per_kwh=9_000, buy_max_mjpy_per_kwh=15_000, reserve_wh=0, order_max_wh=2_000, active=True
    )
    with market.api("P2m") as api:
        before, tag = api.get_mandate("S2"), api.tag
        changed = api.put_mandate("S2", wanted, if_match=tag)
        assert (before.version, changed.version, changed.order_max_wh) == (1, 2, 2_000)
        with pytest.raises(Stale):
            api.put_mandate("S2", wanted, if_match=tag)


def test_lists_come_in_parts(market: Market) -> None:
    """A cursor leads from one part to the next."""
    with market.api("P9") as api:
        first = api.get_mandates(limit=1)
        second = api.get_mandates(cursor=first.next, limit=1)
    assert [each.site_id for each in first.items + second.items] == ["S1", "S2"]
    assert second.next is None


def test_pages_of_events_come_typed(market: Market) -> None:
    """Models, with moments and kinds of their own type."""
    with market.api("P9") as api:
        first = api.get_events(limit=2)
        second = api.get_events(after=first.next, limit=200)
    assert first.more
    assert [each.kind.value for each in first.items] == ["slot.cleared", "trade.made"]
    assert second.items[0].at == NOW


def test_a_webhook_is_made_listed_and_ended(market: Market) -> None:
    """The secret is in the first answer alone."""
    with market.api("P9") as api:
        made = api.post_webhook(NewWebhookForm(url="https://example.org/in"))
        assert made.secret.startswith("whsec_")
        assert [each.id for each in api.get_webhooks().items] == [made.id]
        api.delete_webhook(made.id)
        assert api.get_webhooks().items == []
        with pytest.raises(NotFound):
            api.delete_webhook(made.id)


def test_each_refusal_is_an_error_of_its_own_kind(market: Market) -> None:
    """With the problem's type, and every fault of the request."""
    with market.api(None) as stranger, pytest.raises(NotSignedIn):
        stranger.get_events()
    with market.api("P1") as member:
        with pytest.raises(NotAllowed):
            member.get_webhooks()
        with pytest.raises(NotFound) as unknown:
            member.get_slot(1)
        assert unknown.value.type == "urn:gridpact:problem:unknown_slot"
        with pytest.raises(Refused) as refused:
            member.post_order(ASK.model_copy(update={"energy_wh": -1, "side": "both"}))
        assert {each.where for each in refused.value.faults} == {"energy_wh", "side"}
        member.post_order(ASK, idempotency_key="once")
        with pytest.raises(Conflict):
            member.post_order(ASK.model_copy(update={"energy_wh": 1}), idempotency_key="once")


def test_an_order_whose_answer_was_lost_is_sent_again_and_placed_once(market: Market) -> None:
    """Every try of one call bears the same key, and waits as long as it was told."""
    with market.api("P1") as api:
        market.app.answers = [(503, True), (429, False), (503, True)]
        api.post_order(ASK)
        assert market.slept == [7.0, 7.0, 7.0]
        assert len(api.get_orders(slot=SLOT).items) == 1


def test_what_might_be_done_twice_is_not_sent_again(market: Market) -> None:
    """A 503 of a POST without a key is the caller's to judge; a 429 was never looked at."""
    with market.api("P9") as api:
        market.app.answers = [(503, True)]
        with pytest.raises(Unavailable):
            api.post_webhook(NewWebhookForm(url="https://example.org/in"))
        assert market.app.asked == 1
        market.app.answers = [(429, False)]
        api.post_webhook(NewWebhookForm(url="https://example.org/in"))
        assert market.app.asked == 3


def test_patience_ends_after_four_tries(market: Market) -> None:
    """After four tries the caller hears why."""
    with market.api("P9") as api:
        market.app.answers = [(429, False)] * 9
        with pytest.raises(TooMany):
            api.get_events()
    assert market.app.asked == 4


def test_following_events_goes_on_where_it_was_left(market: Market) -> None:
    """From the first on, then what comes; a second follower begins behind a known one."""
    with market.api("P9") as api:
        whole = [each.id for each in api.get_events(limit=200).items]
        told = api.follow("0.0")
        assert [next(told)["id"] for _ in whole] == whole
        stop(market.street)
        assert next(told)["kind"] == "market.stopped"
        assert next(api.follow(whole[-2]))["id"] == whole[-1]
