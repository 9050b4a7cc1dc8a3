"""Old readings are let go on record, and nothing that a settlement run may still ask for."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.errors import InputRefused
from domain.reading import Reading
from domain.reading_batch import ReadingBatch
from domain.site import Device, DeviceKind, Site
from domain.slot import Slot
from identity.keys import KeyRing, seeded_key
from identity.signatures import seal
from memory import registry
from memory.books import journal
from memory.database import Database
from memory.devices import partitions, telemetry
from policies.pack import load_pack
from services.devices.intake import Status, accept
from services.devices.retention import KEPT_DAYS_MIN, let_go
from services.market_time import MarketTime
from services.rules import Rules
from services.steps import Steps

NOW = Slot(1_000_000).start
TIME = MarketTime(Rules(load_pack("jp_demo"), "tokyo").product, ZoneInfo("Asia/Tokyo"))
OLD = 1_000_000 - 48 * (KEPT_DAYS_MIN + 70)


def test_what_is_old_enough_is_let_go_and_refused_when_it_comes_again(database: Database, tmp_path: Path) -> None:
    """The journal says so, and a replay of what was let go does not count a second time."""
    steps = Steps(database, KeyRing(tmp_path / "keys.json", 1), lambda: NOW)
    key, reading = seeded_key(1, "M1"), Reading("M1", 1, 1, OLD, 10, 0)
    envelope = seal(key, [reading], created_at=NOW, audience="local")
    with database.begin() as tx:
        registry.save_site(tx, Site("S1", "P1", "tokyo"))
        public = key.public_key().public_bytes_raw()
        registry.save_device(tx, Device("M1", "S1", DeviceKind.METER, 0, public_key=public))
        telemetry.append(tx, [telemetry.Sent(envelope, ReadingBatch.of([reading]), "S1")])
    day = TIME.day_of(TIME.at(NOW)) - timedelta(days=KEPT_DAYS_MIN)
    assert let_go(steps, TIME, day)[0] == f"telemetry.reading_{OLD // partitions.SLOTS:05}"
    assert let_go(steps, TIME, day) == []
    [outcome] = accept(steps, [envelope], "local", 30, backfill=True)
    assert (outcome.status, [fault.code for fault in outcome.faults]) == (Status.REFUSED, ["let_go"])
    with database.read() as tx:
        assert [entry.kind for entry in journal.entries(tx)] == ["readings.let_go"]


def test_nothing_younger_than_the_last_settlement_run_is_let_go(database: Database, tmp_path: Path) -> None:
    """Whoever asks too much hears which day would do."""
    steps = Steps(database, KeyRing(tmp_path / "keys.json", 1), lambda: NOW)
    youngest = TIME.day_of(TIME.at(NOW)) - timedelta(days=KEPT_DAYS_MIN)
    with pytest.raises(InputRefused, match=str(youngest)):
        let_go(steps, TIME, date.fromordinal(youngest.toordinal() + 1))
