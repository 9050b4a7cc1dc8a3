"""Meter value messages: three kinds, exact amounts, every fault at its element, and no way in for hostile files."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from messages import DECLARED, HOME, ROOF, SHOP, daily, half_hourly, message, monthly, zipped

from domain.errors import InputRefused
from domain.slot import Slot
from gateways.files import archive
from gateways.files.meter_values import read_meter_values
from services.devices.metered_file import MeteredFile, Source

MIDNIGHT = Slot.at(datetime(2026, 5, 19, 15, tzinfo=UTC)).index


def read(folder: Path, content: str | bytes) -> MeteredFile:
    path = folder / "values.zip"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_meter_values(path)


def refused(folder: Path, content: str | bytes) -> list[str]:
    """Place and code of every fault."""
    with pytest.raises(InputRefused) as caught:
        read(folder, content)
    return [f"{fault.where} {fault.code}" for fault in caught.value.faults]


def amounts(file: MeteredFile) -> dict[tuple[str, int], int]:
    return {(value.point, value.slot - MIDNIGHT): value.energy_wh for value in file.values}


def test_a_half_hour_of_several_voltages_is_read(tmp_path: Path) -> None:
    """A zip holds a document per voltage class; what one lacks is counted, and the other still counts."""
    low = half_hourly("20260520", "1", {HOME: "0.3", ROOF: None})
    high = half_hourly("20260520", "01", {SHOP: "12.345"}, "high")
    found = read(tmp_path, zipped(low, high))
    assert (found.source, found.absent) == (Source.HALF_HOUR, 1)
    assert amounts(found) == {(HOME, 0): 300, (SHOP, 0): 12_345}


def test_a_day_may_lack_a_point_in_some_half_hours(tmp_path: Path) -> None:
    """Points present in one half hour and absent in another are no fault."""
    found = read(tmp_path, daily("20260520", {1: {HOME: "0.1", SHOP: "2"}, 48: {HOME: "0"}}))
    assert found.source is Source.DAILY
    assert amounts(found) == {(HOME, 0): 100, (SHOP, 0): 2_000, (HOME, 47): 0}


def test_confirmed_values_come_by_point_day_and_half_hour(tmp_path: Path) -> None:
    """The monthly kind; a point that says it has no values has none."""
    found = read(tmp_path, zipped(monthly("202605", {HOME: {"20260520": ["0.5"] * 48}, ROOF: None})))
    assert (found.source, found.absent, len(found.values)) == (Source.MONTHLY, 1, 48)
    assert set(amounts(found).values()) == {500}


def test_shift_jis_and_a_name_space_are_read(tmp_path: Path) -> None:
    """Encodings that operators use, and a default name space, change nothing."""
    text = half_hourly("20260520", "1", {HOME: "0.3"}).replace("<JP06400>", "<JP06120>田中</JP06120><JP06400>", 1)
    text = text.replace(DECLARED, '<?xml version="1.0" encoding="Shift_JIS"?>').replace(
        "<SBD-MSG>", '<SBD-MSG xmlns="urn:x">'
    )
    assert amounts(read(tmp_path, text.encode("cp932"))) == {(HOME, 0): 300}


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    """By document and element; one fault hides no other."""
    bad = daily("20260520", {49: {HOME: "1"}, 2: {"123": "1", SHOP: "-1"}, 3: {HOME: "abc", ROOF: "9999999"}})
    at = "values.zip:JPMR00010"
    assert refused(tmp_path, bad) == [
        f"{at}[1]/JP06219 not_a_half_hour",
        f"{at}[2]/JPMR00011[1]/JP06400 wrong_supply_point",
        f"{at}[2]/JPMR00011[2]/JP06125 wrong_amount",
        f"{at}[3]/JPMR00011[1]/JP06125 wrong_amount",
        f"{at}[3]/JPMR00011[2]/JP06125 wrong_amount",
    ]


def test_a_half_hour_said_twice_counts_once_or_is_a_fault(tmp_path: Path) -> None:
    """The same value again is harmless; another value of the same half hour is not."""
    once = half_hourly("20260520", "1", {HOME: "0.3"})
    assert len(read(tmp_path, zipped(once, once)).values) == 1
    other = half_hourly("20260520", "1", {HOME: "0.4"})
    assert refused(tmp_path, zipped(once, other)) == ["values.zip/2.xml:JPMR00010[1]/JP06125 conflict"]


@pytest.mark.parametrize("code", ["0", "49", "50", "-1", "", "1.5", "１"])
def test_a_japanese_day_has_48_half_hours(tmp_path: Path, code: str) -> None:
    """Numbers of days with changing clocks, and what is no number, are refused."""
    assert refused(tmp_path, half_hourly("20260520", code, {HOME: "1"})) == ["values.zip:JP06219 not_a_half_hour"]


@pytest.mark.parametrize("day", ["20260230", "0", "99991231", "00010101", ""])
def test_a_day_that_cannot_be_is_refused(tmp_path: Path, day: str) -> None:
    """No such day, or one of another age."""
    assert refused(tmp_path, half_hourly(day, "1", {HOME: "1"})) == ["values.zip:JP06116 not_a_day"]


def test_kinds_are_not_mixed_in_one_file(tmp_path: Path) -> None:
    """A file has one place in the order of sources."""
    mixed = zipped(half_hourly("20260520", "1", {HOME: "1"}), monthly("202605", {HOME: {"20260520": ["1"]}}))
    assert refused(tmp_path, mixed) == ["values.zip mixed_kinds"]


def test_a_value_needs_exactly_one_voltage(tmp_path: Path) -> None:
    """Neither none nor two."""
    none = message(
        "<JP06116>20260520</JP06116><JP06219>1</JP06219>",
        f"<JPMR00010><JP06400>{HOME}</JP06400><JP06122>0</JP06122></JPMR00010>",
    )
    assert refused(tmp_path, none) == ["values.zip:JPMR00010[1] no_value"]


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><SBD-MSG>&z;</SBD-MSG>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><SBD-MSG/>',
        "<SBD-MSG>",
        "",
        '<?xml version="1.0" encoding="no-such"?><SBD-MSG/>',
    ],
)
def test_entities_and_broken_xml_are_refused(tmp_path: Path, hostile: str) -> None:
    """No entity is expanded and no file is fetched: a document type alone is a refusal."""
    assert refused(tmp_path, hostile) == ["values.zip not_xml"]


def test_a_broken_encoding_is_refused(tmp_path: Path) -> None:
    """Bytes that are none of the declared encoding."""
    text = b'<?xml version="1.0" encoding="Shift_JIS"?><SBD-MSG>\x81\x00\xff</SBD-MSG>'
    assert refused(tmp_path, text) == ["values.zip not_xml"]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """32 MB of zeros in 32 kB: reading stops at the ratio's bound."""
    assert refused(tmp_path, zipped(b"0" * 2**25)) == ["values.zip/1.xml zip_bomb"]


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """The size that a zip states is not believed: here the directory says 10 bytes."""
    packed = zipped(b"0" * 2**24)
    at = packed.index(b"PK\x01\x02") + 24
    assert len(refused(tmp_path, packed[:at] + (10).to_bytes(4, "little") + packed[at + 4 :])) == 1


def test_too_many_documents_are_refused(tmp_path: Path) -> None:
    """The bound on their number holds before any is read."""
    assert refused(tmp_path, zipped(*[b""] * (archive.DOCUMENTS_MAX + 1))) == ["values.zip too_many"]


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"PK", zipped()])
def test_a_broken_or_empty_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    """One fault at the file."""
    assert len(refused(tmp_path, content)) == 1


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    """With what to do, not with a stack of errors."""
    packed = bytearray(zipped(b"<a/>"))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    assert refused(tmp_path, bytes(packed)) == ["values.zip/1.xml encrypted"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_are_refused_and_never_crash(tmp_path: Path, content: bytes, zipped_up: bool) -> None:
    """Whatever comes, it is refused with a list of faults."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archived:
        archived.writestr("a.xml", content)
    assert refused(tmp_path, packed.getvalue() if zipped_up else content)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(1, 48), st.integers(0, 10**8), min_size=1))
def test_every_amount_is_read_to_the_last_wh(tmp_path: Path, sent: dict[int, int]) -> None:
    """Decimal text of kWh and whole Wh are the same number, without any rounding."""
    text = daily("20260520", {code: {HOME: f"{wh // 1000}.{wh % 1000:03}"} for code, wh in sent.items()})
    assert amounts(read(tmp_path, text)) == {(HOME, code - 1): wh for code, wh in sent.items()}
