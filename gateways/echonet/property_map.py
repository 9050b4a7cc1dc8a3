"""Which properties an object has: its property maps 0x9D, 0x9E, 0x9F (the Specification, Part II, Appendix 1).

Fewer than sixteen are listed code by code; from sixteen on, a map of 16 bytes has a bit for each: byte ``i``, bit ``b``
stands for the code 0x80 + 16 b + i.
"""

from typing import NamedTuple

from domain.errors import Fault

INFORMS, SETS, GETS = 0x9D, 0x9E, 0x9F
LISTED_MAX = 15
ROWS = 16
FIRST_EPC = 0x80


class PropertyMap(NamedTuple):
    """Codes, 0x80 to 0xFF. complete: whether there are as many as the map itself counts; some devices cut it short."""

    epcs: frozenset[int]
    complete: bool = True


def decode_map(edt: bytes, where: str = "map") -> PropertyMap | Fault:
    """The map in a property's bytes, or why it is none. A map that was cut short keeps what it holds."""
    if not edt:
        return Fault(where, "empty", "a property map has at least its count")
    count, body = edt[0], edt[1:]
    if len(body) > max(ROWS, LISTED_MAX):
        return Fault(where, "too_long", f"a property map has at most {ROWS + 1} bytes, not {len(edt)}")
    if count <= LISTED_MAX:
        found = frozenset(body[:count])
    else:
        found = frozenset(
            FIRST_EPC + ROWS * bit + row for row, bits in enumerate(body) for bit in range(8) if bits >> bit & 1
        )
    if low := sorted(epc for epc in found if epc < FIRST_EPC):
        return Fault(where, "wrong_code", f"no property has the code {low[0]:02x}")
    return PropertyMap(found, len(found) == count)


def encode_map(epcs: frozenset[int]) -> bytes:
    """The bytes of a complete map. Asserts that every code is one."""
    assert all(FIRST_EPC <= epc <= 0xFF for epc in epcs), "codes are 0x80 to 0xFF"
    if len(epcs) <= LISTED_MAX:
        return bytes([len(epcs), *sorted(epcs)])
    rows = [sum(1 << bit for bit in range(8) if FIRST_EPC + ROWS * bit + row in epcs) for row in range(ROWS)]
    return bytes([len(epcs), *rows])
