"""Points of SunSpec models: what registers mean, and what stands for "not implemented".

SunSpec Device Information Model Specification, version 1.1. A scaled point is its number times ten to the power of
another register; a scale of more than ten digits either way is no scale.
"""

import math
import struct
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import Enum
from typing import NamedTuple

SCALE_MOST = 10
WHOLE_MOST = 10**18


class Kind(Enum):
    """A point's type: registers, and how it is read. An accumulator that does not count says zero."""

    INT16 = (1, ">h", 0x8000)
    UINT16 = (1, ">H", 0xFFFF)
    INT32 = (2, ">i", 0x80000000)
    UINT32 = (2, ">I", 0xFFFFFFFF)
    UINT64 = (4, ">Q", 0xFFFFFFFFFFFFFFFF)
    ACC32 = (2, ">I", 0)
    FLOAT32 = (2, ">f", None)


class Point(NamedTuple):
    """Where a point stands in its model, header included, and where its scale."""

    offset: int
    kind: Kind
    scale_at: int | None = None


def raw_of(words: Sequence[int], point: Point) -> int | float | None:
    """The number as it stands there; None when it is not implemented, or the model is too short to hold it."""
    count, form, nothing = point.kind.value
    part = words[point.offset : point.offset + count]
    if len(part) < count:
        return None
    whole = int.from_bytes(struct.pack(f">{count}H", *part))
    (number,) = struct.unpack(form, struct.pack(f">{count}H", *part))
    if whole == nothing or (isinstance(number, float) and not math.isfinite(number)):
        return None
    return number if isinstance(number, float) else int(number)


def scale_of(words: Sequence[int], point: Point) -> int | None:
    """The power of ten of a point, 0 for one without a scale; None when its scale is none."""
    if point.scale_at is None:
        return 0
    found = raw_of(words, Point(point.scale_at, Kind.INT16))
    return int(found) if found is not None and abs(found) <= SCALE_MOST else None


def value_of(words: Sequence[int], point: Point) -> int | None:
    """The scaled value, rounded down to a whole; None when the device does not say."""
    number, scale = raw_of(words, point), scale_of(words, point)
    if number is None or scale is None or abs(number) > WHOLE_MOST:
        return None
    return int(Decimal(number).scaleb(scale).to_integral_value(ROUND_FLOOR))


def registers_of(value: int, words: Sequence[int], point: Point) -> tuple[int, ...] | None:
    """What to write so that a point has a value, to its nearest step; None where its scale is none or it does not
    fit. words: the model as it was read."""
    scale = scale_of(words, point)
    if scale is None:
        return None
    count, form, nothing = point.kind.value
    number = int(Decimal(value).scaleb(-scale).to_integral_value(ROUND_HALF_EVEN))
    try:
        packed = struct.pack(form, number)
    except struct.error:
        return None
    return None if int.from_bytes(packed) == nothing else struct.unpack(f">{count}H", packed)
