"""Frames of ECHONET Lite (the Specification, Part II, chapter 3), bytes to values and back.

A frame names who speaks (SEOJ), whom it means (DEOJ), what is wanted (ESV) and a list of properties, each a code (EPC)
and its bytes (EDT). What a property means is not known here: unknown codes stay bytes. Whatever arrives is data of a
stranger; it becomes a frame or the first fault, with its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from domain.errors import Fault

EHD = b"\x10\x81"
HEAD_BYTES = 12
FRAME_BYTES_MAX = 65_507  # the largest payload of a UDP datagram over IPv4
BYTE_MAX = 0xFF


class Esv(IntEnum):
    """The service: ..._SNA says that not all of it was possible."""

    SETI_SNA = 0x50
    SETC_SNA = 0x51
    GET_SNA = 0x52
    INF_SNA = 0x53
    SETGET_SNA = 0x5E
    SETI = 0x60
    SETC = 0x61
    GET = 0x62
    INF_REQ = 0x63
    SETGET = 0x6E
    SET_RES = 0x71
    GET_RES = 0x72
    INF = 0x73
    INFC = 0x74
    INFC_RES = 0x7A
    SETGET_RES = 0x7E


TWO_LISTS = frozenset({Esv.SETGET, Esv.SETGET_RES, Esv.SETGET_SNA})
KNOWN = {int(service): service for service in Esv}


class Eoj(NamedTuple):
    """An object: its class, e.g. 0x0288, and which of them, from 1. Instance 0 means all of the class."""

    kind: int
    instance: int = 1


class Property(NamedTuple):
    """A property's code and its bytes, at most 255; none in a question, and in an answer that could not be given."""

    epc: int
    edt: bytes = b""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. ``gets``: the second list of properties, which the three SetGet services alone have."""

    tid: int
    seoj: Eoj
    deoj: Eoj
    esv: Esv
    properties: tuple[Property, ...]
    gets: tuple[Property, ...] = ()

    @property
    def values(self) -> dict[int, bytes]:
        """Bytes by code, for those that have any; of a code that stands twice the first."""
        return {each.epc: each.edt for each in reversed(self.properties) if each.edt}


def encode(frame: Frame) -> bytes:
    """The frame's bytes. Asserts that everything fits its field."""
    assert frame.esv in TWO_LISTS or not frame.gets, "only SetGet has a second list"
    parts = [EHD, frame.tid.to_bytes(2), _object(frame.seoj), _object(frame.deoj), bytes([frame.esv])]
    parts += [_listed(frame.properties)] + ([_listed(frame.gets)] if frame.esv in TWO_LISTS else [])
    written = b"".join(parts)
    assert len(written) <= FRAME_BYTES_MAX, "a frame fits one datagram"
    return written


def decode(data: bytes, where: str = "frame") -> Frame | Fault:
    """The frame in a datagram, or the first fault: after it nothing has a known place.

    where: who sent it; the fault's place adds the byte.
    """
    if not HEAD_BYTES <= len(data) <= FRAME_BYTES_MAX:
        return Fault(f"{where}:0", "wrong_length", f"a frame has {HEAD_BYTES} to {FRAME_BYTES_MAX} bytes")
    if data[:2] != EHD:
        return Fault(f"{where}:0", "wrong_header", f"a frame begins with 1081, not {data[:2].hex()}")
    if (service := KNOWN.get(data[10])) is None:
        return Fault(f"{where}:10", "unknown_service", f"no service has the code {data[10]:02x}")
    lists, at = [], HEAD_BYTES - 1
    for _ in range(2 if service in TWO_LISTS else 1):
        found, at = _properties(data, at)
        if found is None:
            return Fault(f"{where}:{at}", "cut_short", "the frame ends inside its properties")
        lists.append(found)
    if at != len(data):
        return Fault(f"{where}:{at}", "too_long", f"{len(data) - at} bytes follow the last property")
    tid, seoj, deoj = int.from_bytes(data[2:4]), object_of(data[4:7]), object_of(data[7:10])
    return Frame(tid, seoj, deoj, service, lists[0], lists[1] if len(lists) > 1 else ())


def object_of(three: bytes) -> Eoj:
    """The object that three bytes name."""
    assert len(three) == 3, "an object has three bytes"
    return Eoj(int.from_bytes(three[:2]), three[2])


def _object(eoj: Eoj) -> bytes:
    return eoj.kind.to_bytes(2) + bytes([eoj.instance])


def _listed(properties: Sequence[Property]) -> bytes:
    assert len(properties) <= BYTE_MAX, "a list has at most 255 properties"
    assert all(len(each.edt) <= BYTE_MAX for each in properties), "a property has at most 255 bytes"
    return bytes([len(properties)]) + b"".join(bytes([each.epc, len(each.edt)]) + each.edt for each in properties)


def _properties(data: bytes, at: int) -> tuple[tuple[Property, ...] | None, int]:
    """The list that begins at a byte, and where it ends; without a list when the data ends first, and where."""
    if at >= len(data):
        return None, at
    count, at, found = data[at], at + 1, []
    for _ in range(count):
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            return None, at
        end = at + 2 + data[at + 1]
        found.append(Property(data[at], data[at + 2 : end]))
        at = end
    return tuple(found), at
