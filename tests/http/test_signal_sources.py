"""One suite for every source of grid signals: whatever the protocol, the same words have the same effect, once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from starlette.testclient import TestClient
from street import NOW, Street, build
from test_openadr_vtn import CLIENTS, Peer, event

from domain.grid_signal import Extent, GridSignal, LimitUnit, SignalKind
from domain.order import Side
from identity.grid_signals import sealed
from identity.keys import seeded_key
from memory.database import Database
from memory.grid import grid_signals
from services.grid.grid_limits import bounds_of
from services.grid.grid_signals import holding

KEY = seeded_key(5, "dso")


class Operator(Protocol):
    """A grid operator at its own end of one protocol."""

    def limit(self, value_w: int) -> int:
        """Say, or say anew, what site S1 may draw from 16:00 to 17:00; the status that it got."""

    def again(self) -> int:
        """Send the last thing once more."""

    def take_back(self) -> int:
        """End what it said."""

    def stop(self) -> int:
        """Stop the market."""


@dataclass
class Signed:
    """Over signed HTTP."""

    client: TestClient
    last: GridSignal | None = None
    revision: int = -1

    def limit(self, value_w: int) -> int:
        return self._say(SignalKind.IMPORT_LIMIT, value_w)

    def again(self) -> int:
        assert self.last is not None
        return self.client.post("/api/v1/grid/signals", json=sealed(KEY, self.last)).status_code

    def take_back(self) -> int:
        return self._say(SignalKind.END, 0)

    def stop(self) -> int:
        return self._say(SignalKind.STOP, 0)

    def _say(self, kind: SignalKind, value_w: int) -> int:
        start, end = (datetime(2026, 5, 20, hour, tzinfo=UTC) for hour in (16, 17))
        extent, target = (Extent.FEEDER, "") if kind is SignalKind.STOP else (Extent.SITE, "S1")
        self.revision += 1
        self.last = GridSignal(
            "dso", "e", self.revision, "local", kind, extent, target, value_w, LimitUnit.W, start, end, end, 0, "warm"
        )
        return self.again()


class OpenAdr3:
    """Over OpenADR 3.1."""

    def __init__(self, client: TestClient) -> None:
        self.peer = Peer(client, "dso")
        self.program = self.peer("POST", "/programs", {"programName": "limits"}).json()["id"]
        self.made = ""
        self.body: dict[str, object] = {}

    def limit(self, value_w: int) -> int:
        self.body = event(self.program, "IMPORT_CAPACITY_LIMIT", value_w / 1_000)
        if self.made:
            return self.again()
        answer = self.peer("POST", "/events", self.body)
        self.made = answer.json()["id"]
        return int(answer.status_code)

    def again(self) -> int:
        return int(self.peer("PUT", f"/events/{self.made}", self.body).status_code)

    def take_back(self) -> int:
        return int(self.peer("DELETE", f"/events/{self.made}").status_code)

    def stop(self) -> int:
        return int(
            self.peer("POST", "/events", event(self.program, "ALERT_GRID_EMERGENCY", "now", targets=None)).status_code
        )


@pytest.fixture
def street(database: Database, tmp_path: Path) -> Street:
    made = build(database, tmp_path)
    with database.begin() as tx:
        grid_signals.register(tx, "dso", KEY.public_key().public_bytes_raw(), "test", NOW)
    return made


@pytest.fixture(params=[Signed, OpenAdr3])
def operator(request: pytest.FixtureRequest, street: Street) -> Operator:
    app = street.app(lambda doors: replace(doors, openadr=CLIENTS))
    made: Callable[[TestClient], Operator] = request.param
    return made(TestClient(app, raise_server_exceptions=False))


def left_wh(street: Street) -> list[int]:
    """What S1 may buy in the half hour from 16:00, nothing in it when nothing is asked."""
    desk = street.desk()
    with street.database.read() as tx:
        found = bounds_of(tx, desk, desk.time.at(datetime(2026, 5, 20, 16, tzinfo=UTC))).sites
    assert set(found) <= {(desk.roster.position["S1"], Side.BUY)}
    return [each.limit_wh for each in found.values()]


def test_a_limit_counts_changes_and_ends(street: Street, operator: Operator) -> None:
    """The last word counts, saying it again changes nothing, and what is taken back asks nothing."""
    assert operator.limit(2_001) in {200, 201}
    assert left_wh(street) == [1_000]
    assert operator.again() == 200
    assert left_wh(street) == [1_000]
    assert operator.limit(501) in {200, 201}
    assert left_wh(street) == [250]
    assert operator.take_back() in {200, 201}
    assert left_wh(street) == []


def test_a_stop_outlives_the_word_of_its_source(street: Street, operator: Operator) -> None:
    """Whatever is said after it, the market is held; other slots too."""
    assert operator.stop() == 201
    operator.limit(500)
    operator.take_back()
    with street.database.read() as tx:
        assert len(holding(tx, street.desk(), street.desk().time.at(NOW) + 500)) == 1
