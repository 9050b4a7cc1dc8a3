"""Requests that wait together commit together, each is answered for itself, and none suffers for another."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import DatabaseDown
from domain.reading import Reading
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from identity.keys import KeyRing, seeded_key
from identity.signatures import Envelope, seal
from memory import registry
from memory.database import Database
from memory.devices import readings
from services.devices.group_intake import GroupIntake
from services.devices.intake import Outcome, Status
from services.steps import Steps

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
SLOT = Slot.at(NOW).index - 3
KEY = seeded_key(1, "M1")


def envelope(counter: int, import_wh: int = 10, audience: str = "local") -> Envelope:
    return seal(KEY, [Reading("M1", 1, counter, SLOT, import_wh, 0)], created_at=NOW, audience=audience)


@pytest.fixture
def steps(database: Database, tmp_path: Path) -> Steps:
    with database.begin() as tx:
        registry.save_site(tx, Site("S1", "P1", "tokyo"))
        public = KEY.public_key().public_bytes_raw()
        registry.save_device(tx, Device("M1", "S1", DeviceKind.METER, 0, public_key=public))
    return Steps(database, KeyRing(tmp_path / "keys.json", 1), lambda: NOW)


def sent(steps: Steps, *requests: Sequence[Envelope]) -> list[list[Outcome] | BaseException]:
    """All at once, on one event loop."""

    async def every() -> list[list[Outcome] | BaseException]:
        intake = GroupIntake(steps, "local", 30)
        return await asyncio.gather(*[intake.accept(each) for each in requests], return_exceptions=True)

    return asyncio.run(every())


def test_requests_that_wait_together_commit_together(steps: Steps) -> None:
    """Fewer commits than requests, and to each its own outcomes."""
    told: list[str] = []
    hooked = Database(steps.database.url, on_commit=told.append)
    requests = [[envelope(at)] for at in range(20)] + [[envelope(0)], [envelope(1, 99)], [envelope(30, audience="x")]]
    answers = sent(replace(steps, database=hooked), *requests)
    hooked.close()
    states = [[outcome.status for outcome in each] for each in answers if isinstance(each, list)]
    assert states[:20] == [[Status.ACCEPTED]] * 20
    assert states[20:] == [[Status.DUPLICATE], [Status.CONFLICT], [Status.REFUSED]]
    assert told.count("intake:after") < len(requests)
    with steps.database.read() as tx:
        assert readings.count(tx) == 20


def test_a_request_that_breaks_the_program_breaks_nobody_elses(steps: Steps) -> None:
    """Those committed with it are committed without it, and it hears its own failure."""
    broken = replace(envelope(2), payload=None)  # type: ignore[arg-type]
    answers = sent(steps, [envelope(1)], [broken], [envelope(3)], [envelope(4)])
    assert [isinstance(each, list) for each in answers] == [True, False, True, True]
    with steps.database.read() as tx:
        assert readings.count(tx) == 3


def test_everybody_who_waits_hears_that_the_database_is_away(steps: Steps) -> None:
    """Nobody waits for ever, and nobody takes it for a yes."""
    gone = replace(steps, database=Database("postgresql://nobody@127.0.0.1:1/none"))
    answers = sent(gone, [envelope(1)], [envelope(2)], [envelope(3)])
    assert [type(each) for each in answers] == [DatabaseDown] * 3
