"""The spool: one name never stands for two contents, and nothing goes that the market does not have."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import OutsideFailed
from domain.reading import Quality
from gateways.hub.registers import Amounts, RegisterMark
from gateways.hub.spool import Spool

MADE = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)


def used(slot: int, import_wh: int = 100) -> Amounts:
    return Amounts(slot, import_wh, 0, 0, 0, 0, 0, Quality.ESTIMATED)


def mark(slot: int) -> RegisterMark:
    return RegisterMark(slot, slot, 0, 1, 2, 3, 4, estimated=True)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "hub/spool.sqlite", "hub-1", MADE)
    yield opened
    opened.close()


def test_what_is_kept_is_there_after_a_restart_under_the_same_names(spool: Spool, tmp_path: Path) -> None:
    """Counters go on where they were; the boot is the file's, not the process's."""
    spool.keep(mark(2), [used(1)])
    spool.close()
    again = Spool(tmp_path / "hub/spool.sqlite", "hub-1", MADE + timedelta(days=1))
    again.keep(mark(3), [used(2)])
    assert again.last_mark() == mark(3)
    assert [(each.boot, each.counter, each.slot) for each in again.waiting(9)] == [
        (int(MADE.timestamp()), 0, 1),
        (int(MADE.timestamp()), 1, 2),
    ]
    again.close()


def test_a_new_file_is_a_new_boot(spool: Spool, tmp_path: Path) -> None:
    """So a lost spool contradicts nothing that the market holds."""
    other = Spool(tmp_path / "other.sqlite", "hub-1", MADE + timedelta(seconds=1))
    assert other.boot > spool.boot
    other.close()


def test_a_mark_and_its_readings_are_kept_together_or_not_at_all(spool: Spool) -> None:
    """The second reading of a slot is refused, and with it everything that came along."""
    spool.keep(mark(2), [used(1)])
    with pytest.raises(OutsideFailed, match="spool"):
        spool.keep(mark(9), [used(2), used(1)])
    assert spool.last_mark() == mark(2)
    assert [each.slot for each in spool.waiting(9)] == [1]


def test_a_reading_waits_until_the_market_has_it(spool: Spool) -> None:
    """Refused ones stay apart, with the reason; one that was taken after all is done."""
    spool.keep(mark(4), [used(1), used(2), used(3)])
    spool.sent([0])
    spool.refused(1, "no such meter")
    assert [each.counter for each in spool.waiting(9)] == [2]
    assert [each.counter for each in spool.waiting(9, refused=True)] == [1]
    assert spool.standing() == (2, ["no such meter"])
    spool.sent([1])
    assert spool.standing() == (1, [])


def test_a_file_that_is_no_spool_is_named(tmp_path: Path) -> None:
    """Whoever mends it must find it."""
    (tmp_path / "spool.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(OutsideFailed, match=r"spool\.sqlite"):
        Spool(tmp_path / "spool.sqlite", "hub-1", MADE)
