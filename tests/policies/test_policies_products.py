"""Products from a rule pack: Japan's, and packs of other slot lengths."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.errors import InputRefused
from domain.product import STAGES, Product
from domain.slot import Slot
from policies.pack import load_pack, read_pack
from policies.products import STAGE_KEYS, product, traded_product

TOKYO = ZoneInfo("Asia/Tokyo")
ON = date(2026, 5, 20)
HEAD = """id: here
version: "1"
jurisdiction: XX
demonstration: false
label: {en: Here, ja: ここ}
valid_from: 2026-01-01
values:
"""
LINE = '  spot.{}: {{value: "{}", unit: {}, valid_from: 2026-01-01, source: OPERATOR, confidence: policy}}\n'


def test_japan_closes_the_book_two_hours_and_the_gate_one_hour_before() -> None:
    """The intraday product of the Japanese pack, and of the demonstration that extends it."""
    expected = Product("intraday", 30, 1_440, 120, 105, 75, 70, 60)
    assert product(load_pack("jp"), "intraday", ON) == product(load_pack("jp_demo"), "intraday", ON) == expected
    slot = Slot.at(datetime(2026, 5, 20, 13, 0, tzinfo=TOKYO))
    assert expected.moment("closes", slot, TOKYO) == datetime(2026, 5, 20, 2, 0, tzinfo=UTC)


def test_the_day_ahead_gate_is_noon_for_every_slot_of_the_day() -> None:
    """A product of a whole day counts back from local midnight."""
    day_ahead = product(load_pack("jp"), "day_ahead", ON)
    for hour in (0, 13, 23):
        slot = Slot.at(datetime(2026, 5, 20, hour, 30, tzinfo=TOKYO))
        assert day_ahead.moment("gate", slot, TOKYO) == datetime(2026, 5, 19, 12, 0, tzinfo=TOKYO)


@pytest.mark.parametrize("slot_min", [5, 15, 60])
def test_a_pack_names_its_own_slot_length(slot_min: int, tmp_path: Path) -> None:
    """Packs of 5, 15 and 60 minutes: stages come in order for every slot."""
    times = (600, 40, 30, 20, 10, 5)
    lines = [LINE.format(key, minutes, "min") for key, minutes in zip(STAGE_KEYS, times, strict=True)]
    lines += [LINE.format("slot_length", slot_min, "min"), LINE.format("counts_from", "slot", "text")]
    path = tmp_path / "here.yaml"
    path.write_text(HEAD + "".join(lines))
    spot = product(read_pack(path), "spot", ON)
    slot = Slot.at(datetime(2026, 5, 20, 13, 0, tzinfo=UTC), spot.slot_min)
    moments = [spot.moment(stage, slot, TOKYO) for stage in STAGES]
    assert moments == sorted(moments)
    assert moments[-1].isoformat() == "2026-05-20T12:55:00+00:00"


def test_every_fault_of_a_product_is_told_at_once() -> None:
    """A length nobody knows, a stage after delivery, and stages out of turn."""
    with pytest.raises(InputRefused) as refused:
        Product("odd", 20, 60, 120, 105, 75, 80, -5)
    assert [fault.code for fault in refused.value.faults] == [
        "slot_length", "after_delivery", "out_of_turn", "out_of_turn",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pack", "slot_min"),
    [("jp", 30), ("jp_demo", 30), ("jp_demo_5min", 5), ("jp_demo_15min", 15), ("jp_demo_60min", 60)],
)
def test_a_pack_says_what_the_trading_day_trades(pack: str, slot_min: int) -> None:
    """The demonstration's other lengths keep Japan's gate times, and say that they are assumed."""
    assert traded_product(load_pack(pack)) == Product("intraday", slot_min, 1_440, 120, 105, 75, 70, 60)
    lengths = [value for value in load_pack(pack).assumed if value.key == "intraday.slot_length"]
    assert bool(lengths) == (slot_min != 30)


def test_a_market_whose_product_changes_on_the_way_or_trades_whole_days_is_refused(tmp_path: Path) -> None:
    """Slots are counted in slot lengths: another length is another pack. Every fault comes at once."""
    line = LINE.replace("spot.", "intraday.")
    stages = "".join(line.format(key, 60, "min") for key in STAGE_KEYS[1:])
    opens = line.format("book_open", 1_440, "min")
    twice = """  intraday.slot_length:
    - {value: "30", unit: min, valid_from: 2026-01-01, valid_to: 2026-06-30, source: OPERATOR, confidence: policy}
    - {value: "15", unit: min, valid_from: 2026-07-01, source: OPERATOR, confidence: policy}
"""
    path = tmp_path / "here.yaml"
    path.write_text(HEAD + opens + stages + twice + line.format("counts_from", "day", "text"))
    with pytest.raises(InputRefused) as refused:
        traded_product(read_pack(path))
    assert [fault.code for fault in refused.value.faults] == ["changes", "whole_day"]
