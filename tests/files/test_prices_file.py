"""Published prices: two encodings, exact, whole days only, every fault at its cell, never over what is on record."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InputRefused
from gateways.files.prices import read_prices
from identity.keys import KeyRing
from memory.database import Database
from memory.trading import prices
from services.money.price_file import PriceFile, take_prices
from services.steps import Steps

NOW = datetime(2026, 6, 10, tzinfo=UTC)
HEADER = (
    "受渡日,時刻コード,約定総量(kWh),システムプライス(円/kWh),エリアプライス東京(円/kWh),エリアプライス九州(円/kWh)"
)
IMBALANCE = "対象日,時刻コード,東京,九州"


def spot(tokyo: str = "12.34", day: str = "2026/05/20", codes: range = range(1, 49)) -> str:
    return "\n".join([HEADER, *(f"{day},{code},1000,9.99,{tokyo},0.01" for code in codes)]) + "\n"


def read(folder: Path, content: str | bytes, kind: str = "wholesale") -> PriceFile:
    path = folder / "spot.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_prices(path, kind)


def refused(folder: Path, content: str | bytes, kind: str = "wholesale") -> list[str]:
    with pytest.raises(InputRefused) as caught:
        read(folder, content, kind)
    return [f"{fault.where} {fault.code}" for fault in caught.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_exchange_s_table_is_read_in_both_encodings(tmp_path: Path, encoding: str) -> None:
    """Area prices by half hour in whole mJPY/kWh; the system price and volumes are passed over."""
    found = read(tmp_path, spot().encode(encoding)).prices
    assert {(price.area, price.mjpy_per_kwh) for price in found} == {("tokyo", 12_340), ("kyushu", 10)}
    assert len(found) == 96


def test_imbalance_prices_have_a_column_an_area(tmp_path: Path) -> None:
    """The same rules under another header."""
    text = "\n".join([IMBALANCE, *(f"20260520,{code},45,600.0" for code in range(1, 49))])
    assert {price.mjpy_per_kwh for price in read(tmp_path, text, "imbalance").prices} == {45_000, 600_000}
    assert refused(tmp_path, text) == ["spot.csv:1: wrong_header"]


@pytest.mark.parametrize("count", [46, 47])
def test_a_day_lacks_no_half_hour(tmp_path: Path, count: int) -> None:
    """Half a day is refused: prices that are missing later stop a settlement."""
    assert refused(tmp_path, spot(codes=range(1, count + 1))) == ["spot.csv:2:時刻コード short_day"]


def test_a_day_has_no_half_hour_beyond_48(tmp_path: Path) -> None:
    """As a day of changing clocks would have elsewhere."""
    found = refused(tmp_path, spot(codes=range(1, 51)))
    assert found == [f"spot.csv:{line}:受渡日/時刻コード not_a_half_hour" for line in (50, 51)]


def test_every_fault_stands_at_its_cell(tmp_path: Path) -> None:
    """A doubled half hour, an absurd price, one below zero, one too fine, a row too short: all at once."""
    lines = spot().splitlines()
    for line, price in ((2, "99999"), (3, "-1"), (4, "1.2345"), (5, "x")):
        lines[line - 1] = lines[line - 1].replace("12.34", price)
    text = "\n".join([*lines, lines[5], "2026/05/20,1"])
    column = "エリアプライス東京(円/kWh)"
    assert refused(tmp_path, text) == [
        f"spot.csv:2:{column} absurd_price",
        f"spot.csv:3:{column} absurd_price",
        f"spot.csv:4:{column} not_a_price",
        f"spot.csv:5:{column} not_a_price",
        "spot.csv:50:時刻コード double_half_hour",
        "spot.csv:51: wrong_length",
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    """Broken encodings and other files end in a list of faults."""
    assert refused(tmp_path, content)


def test_prices_are_written_once_and_never_changed(database: Database, tmp_path: Path) -> None:
    """The same file again is no news; another price of a known slot is refused, and nothing of that file is kept."""
    steps = Steps(database, KeyRing(tmp_path / "keys.json", seed=1), lambda: NOW)
    first = read(tmp_path, spot())
    for expected in (96, 0):
        with database.begin() as tx:
            assert take_prices(tx, steps, first) == {"values": 96, "prices": expected}
    slot = first.prices[0].slot
    other = spot("12.35") + "\n".join(spot(day="2026/05/21").splitlines()[1:])
    with pytest.raises(InputRefused, match="12340 is on record") as caught, database.begin() as tx:
        take_prices(tx, steps, read(tmp_path, other))
    assert len(caught.value.faults) == 48
    with database.begin() as tx:
        assert prices.get(tx, slot, "wholesale", "tokyo") == 12_340
        assert len(prices.between(tx, slot, slot + 96, "wholesale", "kyushu")) == 48
