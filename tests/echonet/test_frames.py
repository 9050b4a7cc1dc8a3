"""Frames and property maps: what is written is read again, and whatever arrives is read or refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Fault
from gateways.echonet.frame import TWO_LISTS, Eoj, Esv, Frame, Property, decode, encode
from gateways.echonet.node import instances_of
from gateways.echonet.property_map import PropertyMap, decode_map, encode_map

BYTES = st.integers(0, 255)
OBJECTS = st.builds(Eoj, st.integers(0, 0xFFFF), BYTES)
LISTS = st.lists(st.builds(Property, BYTES, st.binary(max_size=255)), max_size=8).map(tuple)
CODES = st.frozensets(st.integers(0x80, 0xFF))
GET = bytes.fromhex("1081 0001 05ff01 028801 62 02 e700 ea00")


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Any frame that the Specification allows."""
    service = draw(st.sampled_from(Esv))
    gets = draw(LISTS) if service in TWO_LISTS else ()
    return Frame(draw(st.integers(0, 0xFFFF)), draw(OBJECTS), draw(OBJECTS), service, draw(LISTS), gets)


def test_a_question_is_written_byte_for_byte_as_the_specification_shows() -> None:
    """Two properties of a meter, asked by a controller."""
    asked = Frame(1, Eoj(0x05FF), Eoj(0x0288), Esv.GET, (Property(0xE7), Property(0xEA)))
    assert encode(asked) == GET
    assert decode(GET) == asked


@given(frames())
def test_what_is_written_is_read_again(frame: Frame) -> None:
    """decode(encode(x)) == x, codes that nobody knows included."""
    assert decode(encode(frame)) == frame


@given(st.binary(max_size=600) | st.binary(max_size=80).map(lambda tail: GET[:10] + tail))
def test_any_bytes_are_a_frame_or_a_fault(data: bytes) -> None:
    """Nothing raises, and what is taken says exactly what arrived."""
    found = decode(data, "10.0.0.1")
    if isinstance(found, Fault):
        assert found.where.startswith("10.0.0.1:")
        assert found.code
    else:
        assert encode(found) == data


@given(frames(), st.data())
def test_a_frame_cut_short_is_refused_where_it_ends(frame: Frame, data: st.DataObject) -> None:
    """No prefix of a frame is a frame."""
    written = encode(frame)
    found = decode(written[: data.draw(st.integers(0, len(written) - 1))])
    assert isinstance(found, Fault)


@pytest.mark.parametrize(
    ("data", "where", "code"),
    [
        (b"", "x:0", "wrong_length"),
        (bytes(70_000), "x:0", "wrong_length"),
        (b"\x10\x82" + GET[2:], "x:0", "wrong_header"),
        (GET[:10] + b"\x99" + GET[11:], "x:10", "unknown_service"),
        (GET[:-1], "x:14", "cut_short"),
        (GET + b"\0", "x:16", "too_long"),
    ],
)
def test_a_fault_names_its_byte(data: bytes, where: str, code: str) -> None:
    """Whoever wrote the device can find the place."""
    found = decode(data, "x")
    assert isinstance(found, Fault)
    assert (found.where, found.code) == (where, code)


@given(CODES)
def test_a_map_is_read_as_it_was_written(epcs: frozenset[int]) -> None:
    """Both forms: the list up to fifteen codes, the bits from sixteen on."""
    written = encode_map(epcs)
    assert len(written) == (17 if len(epcs) > 15 else len(epcs) + 1)
    assert decode_map(written) == PropertyMap(epcs)


@given(st.binary(max_size=40))
def test_any_bytes_are_a_map_or_a_fault(edt: bytes) -> None:
    """And a map has only codes that can be."""
    found = decode_map(edt)
    assert isinstance(found, Fault) or all(0x80 <= epc <= 0xFF for epc in found.epcs)


def test_a_map_cut_short_keeps_what_it_holds() -> None:
    """It says that it is not complete."""
    assert decode_map(bytes([3, 0x80, 0xE0])) == PropertyMap(frozenset({0x80, 0xE0}), complete=False)
    assert decode_map(bytes([20, 0x01, 0x01])) == PropertyMap(frozenset({0x80, 0x81}), complete=False)


def test_a_list_of_objects_keeps_the_whole_ones() -> None:
    """A node that promises two and sends one and a half has one."""
    assert instances_of(bytes.fromhex("02 028801 0279")) == [Eoj(0x0288)]
    assert isinstance(instances_of(b""), Fault)
