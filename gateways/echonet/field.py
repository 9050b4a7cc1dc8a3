"""How a number stands in a property's bytes: big-endian, of a fixed size, within the bounds that its class gives it.

The classes after this one follow the APPENDIX "Detailed Requirements for ECHONET Device Objects", Release R, and its
machine-readable form MRA 1.3.1. What lies outside the bounds (no data, overflow and underflow have such codes) is no
value.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.errors import Fault

Values = Mapping[int, bytes]
ENERGY_MAX = 999_999_999


class Field(NamedTuple):
    """A number: its code, bytes, bounds. signed: two's complement."""

    epc: int
    size: int
    most: int
    least: int = 0
    signed: bool = False


def read(values: Values, field: Field, faults: list[Fault]) -> int | None:
    """The number, None when the device does not say. Bytes of another length are a fault, which is added."""
    edt = values.get(field.epc, b"")
    if edt and len(edt) != field.size:
        message = f"property {field.epc:02x} has {field.size} bytes, not {len(edt)}"
        faults.append(Fault(f"{field.epc:02x}", "wrong_length", message))
        return None
    number = int.from_bytes(edt, signed=field.signed)
    return number if edt and field.least <= number <= field.most else None


def write(field: Field, number: int) -> bytes:
    """The number's bytes. Asserts that it lies within its bounds."""
    assert field.least <= number <= field.most, f"{number} does not fit property {field.epc:02x}"
    return number.to_bytes(field.size, signed=field.signed)


def energy(epc: int) -> Field:
    """A counter or content of four bytes; Wh, or 0.001 kWh, which is the same."""
    return Field(epc, 4, ENERGY_MAX)


def power(epc: int) -> Field:
    """A power of four bytes, W, that has no direction."""
    return Field(epc, 4, ENERGY_MAX)


def flow(epc: int) -> Field:
    """A power of four bytes, W, whose sign is its direction."""
    return Field(epc, 4, ENERGY_MAX, -ENERGY_MAX, signed=True)
