"""Whoever asks too often waits, the others do not, and everybody is told how much is left."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from street import Street, build

from gateways.http import limits
from gateways.http.limits import Limits
from identity.token_bucket import MINUTE_US, Rate, take
from memory.database import Database

rates = st.builds(Rate, st.just("r"), per_min=st.sampled_from([1, 7, 60, 600, 60_000]), burst=st.integers(1, 50))


@given(rates, st.lists(st.integers(0, 3 * MINUTE_US // 2), max_size=60))
def test_a_bucket_lets_through_what_it_holds(rate: Rate, pauses_us: list[int]) -> None:
    """The same as counting exact parts of a request: full at first, never above its burst, one out for each."""
    held, now_us, full_at_us = Fraction(rate.burst), 0, 0
    for pause_us in pauses_us:
        now_us += pause_us
        held = min(Fraction(rate.burst), held + Fraction(pause_us, rate.interval_us))
        taken = take(rate, full_at_us, now_us)
        full_at_us = taken.full_at_us
        assert (taken.wait_us == 0) == (held >= 1)
        held -= held >= 1
        if not taken.wait_us:
            assert taken.left == int(held)
        assert full_at_us - now_us == (rate.burst - held) * rate.interval_us


@given(rates, st.integers(0, MINUTE_US))
def test_whoever_waits_as_long_as_told_is_let_through(rate: Rate, at_us: int) -> None:
    """And a microsecond sooner is not."""
    full_at_us = at_us + rate.window_us
    wait_us = take(rate, full_at_us, at_us).wait_us
    assert wait_us > 0
    assert take(rate, full_at_us, at_us + wait_us).wait_us == 0
    assert take(rate, full_at_us, at_us + wait_us - 1).wait_us == 1


@dataclass
class Hand:
    """A clock moved by hand, microseconds."""

    us: int = 0

    def __call__(self) -> int:
        return self.us


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    return build(database, tmp_path)


@pytest.fixture
def client(street: Street, clock: Hand) -> TestClient:
    """Three requests an account, five an address, seven of ingestion; each comes back in a second."""
    bounds = Limits(Rate("account", 60, 3), Rate("address", 60, 5), Rate("ingestion", 60, 7), clock)
    return TestClient(street.app(lambda doors: replace(doors, limits=bounds)), raise_server_exceptions=False)


def by(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def test_an_account_waits_as_long_as_it_is_told(client: TestClient, clock: Hand) -> None:
    """429 as a problem with Retry-After; another account is let through meanwhile."""
    answers = [client.get("/api/v1/sites", headers=by("P1")) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert (refused.json()["type"], refused.headers["retry-after"]) == ("urn:gridpact:problem:too_many_requests", "1")
    assert refused.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/sites", headers=by("P2")).status_code == 200
    clock.us += 1_000_000
    assert client.get("/api/v1/sites", headers=by("P1")).status_code == 200


def test_an_answer_tells_what_is_left(client: TestClient) -> None:
    """Of the nearest limit: the account's quota and window, what remains of it, and when it is full again."""
    first, second = (client.get("/api/v1/sites", headers=by("P1")).headers for _ in range(2))
    assert first["ratelimit-policy"] == '"account";q=3;w=3'
    assert (first["ratelimit"], second["ratelimit"]) == ('"account";r=2;t=1', '"account";r=1;t=2')
    assert client.get("/api/v1/sites", headers=by("guess")).headers["ratelimit"] == '"address";r=2;t=3'


def test_an_address_waits_whoever_it_claims_to_be(client: TestClient) -> None:
    """A stranger who tries keys costs no more than the address has; meters have a bucket of their own."""
    answers = [client.get("/api/v1/sites", headers=by(f"guess{number}")).status_code for number in range(6)]
    assert answers == [401] * 5 + [429]
    sent = [client.post("/api/v1/readings", json=[{}]).status_code for _ in range(8)]
    assert sent == [422] * 7 + [429]
    assert client.get("/healthz").status_code == 200


def test_strangers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch, client: TestClient, clock: Hand) -> None:
    """Of many buckets the full ones are forgotten, and then the one used longest ago."""
    monkeypatch.setattr(limits, "BUCKETS_MAX", 3)
    kept = client.app.state.doors.limits._full_at_us  # type: ignore[attr-defined]
    for name in ("P1", "P2", "P1"):
        client.get("/api/v1/sites", headers=by(name))
    assert len(kept) == 3
    clock.us += 3_600_000_000
    assert client.get("/api/v1/sites", headers=by("P1")).headers["ratelimit"] == '"account";r=2;t=1'
    assert len(client.app.state.doors.limits._full_at_us) <= 3  # type: ignore[attr-defined]


def test_the_house_itself_is_not_limited(street: Street) -> None:
    """Inside the process nobody is counted, and no answer tells of a limit."""
    assert "ratelimit" not in street.client.get("/api/v1/sites", headers=by("P1")).headers
