"""One SunSpec unit: its models found, and read as inverter, meter or battery.

The map begins at one of three addresses with the letters SunS; models follow one another, each with its number and
length, up to the number 0xFFFF. Offsets are those of the published models, header included.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.errors import DeviceDown
from gateways.sunspec.bus import Bus
from gateways.sunspec.points import Kind, Point, scale_of, value_of

BASES = (40_000, 0, 50_000)
MARK = (0x5375, 0x6E53)
END = 0xFFFF
MODELS_MOST = 100
LENGTH_MOST = 2_000
ADDRESSES = 1 << 16

CONTROLS, STORAGE, AC, CAPACITY, CONTROL_AC, STORED, BATTERY, NAMEPLATE = 123, 124, 701, 702, 704, 713, 802, 120
W_OF = {
    **dict.fromkeys((101, 102, 103), Point(14, Kind.INT16, 15)),
    **dict.fromkeys((111, 112, 113), Point(22, Kind.FLOAT32)),
    AC: Point(10, Kind.INT16, 116),
}
GENERATED = {
    **dict.fromkeys((101, 102, 103), Point(24, Kind.ACC32, 26)),
    **dict.fromkeys((111, 112, 113), Point(32, Kind.FLOAT32)),
    AC: Point(19, Kind.UINT64, 120),
}
ABSORBED = Point(23, Kind.UINT64, 120)
METER_W = {
    **dict.fromkeys((201, 202, 203, 204), Point(18, Kind.INT16, 22)),
    **dict.fromkeys((211, 212, 213, 214), Point(28, Kind.FLOAT32)),
}
METER_EXPORT = {
    **dict.fromkeys((201, 202, 203, 204), Point(38, Kind.ACC32, 54)),
    **dict.fromkeys((211, 212, 213, 214), Point(60, Kind.FLOAT32)),
}
METER_IMPORT = {
    **dict.fromkeys((201, 202, 203, 204), Point(46, Kind.ACC32, 54)),
    **dict.fromkeys((211, 212, 213, 214), Point(68, Kind.FLOAT32)),
}
# Capacity in Wh, then what is stored, in percent.
STORES = {
    STORED: (Point(2, Kind.UINT16, 7), Point(4, Kind.UINT16, 8)),
    BATTERY: (Point(3, Kind.UINT16, 53), Point(11, Kind.UINT16, 56)),
    STORAGE: (None, Point(8, Kind.UINT16, 22)),
}
RATED_WH = Point(19, Kind.UINT16, 20)
# The largest powers to charge and to discharge, W.
POWERS = {
    CAPACITY: (Point(34, Kind.UINT16, 45), Point(35, Kind.UINT16, 45)),
    NAMEPLATE: (Point(23, Kind.UINT16, 24), Point(25, Kind.UINT16, 26)),
}


class Place(NamedTuple):
    """Where a model stands: the address of its number, and its registers with the header."""

    address: int
    length: int


class Count(NamedTuple):
    """A register that counts energy: Wh so far, and at how many Wh it begins again, 0 when it never does."""

    wh: int
    turn_wh: int


class Unit:
    """One unit behind a bus, with what it is made of. Every reading asks it anew. Raises DeviceDown."""

    def __init__(self, bus: Bus, places: Mapping[int, Place]) -> None:
        self.bus, self.places = bus, places

    @property
    def is_meter(self) -> bool:
        return bool(METER_W.keys() & self.places.keys())

    @property
    def stores(self) -> bool:
        return bool(STORES.keys() & self.places.keys())

    @property
    def generates(self) -> bool:
        """Whether what it gives counts as generation. A unit of the 700 models that stores is a battery alone; an
        older one is the inverter of panels, with a battery behind it."""
        return any(each in self.places for each in GENERATED if each != AC) or (AC in self.places and not self.stores)

    async def model(self, number: int) -> tuple[int, ...]:
        """A model's registers, header included. Raises DeviceDown when it is no longer where it was."""
        place = self.places[number]
        words = await self.bus.read(place.address, place.length)
        if words[:2] != (number, place.length - 2):
            raise DeviceDown(f"{self.bus.name}: model {number} is no longer at {place.address}")
        return words

    async def value(self, points: Mapping[int, Point]) -> int | None:
        """The first of these models' points that the unit has."""
        for number, point in points.items():
            if number in self.places:
                return value_of(await self.model(number), point)
        return None

    async def count(self, points: Mapping[int, Point]) -> Count | None:
        """The same of a register that counts."""
        for number, point in points.items():
            if number in self.places:
                words = await self.model(number)
                wh, scale = value_of(words, point), scale_of(words, point)
                if wh is None or scale is None or wh < 0:
                    return None
                return Count(wh, _turn_wh(scale) if point.kind is Kind.ACC32 else 0)
        return None

    async def held(self) -> tuple[int | None, int | None]:
        """What its battery can hold and holds, Wh, rounded down."""
        capacity_wh = percent = None
        for number, (of_capacity, of_percent) in STORES.items():
            if number in self.places:
                words = await self.model(number)
                if of_capacity is not None and capacity_wh is None:
                    capacity_wh = value_of(words, of_capacity)
                percent = value_of(words, of_percent) if percent is None else percent
        if capacity_wh is None and NAMEPLATE in self.places:
            capacity_wh = value_of(await self.model(NAMEPLATE), RATED_WH)
        if capacity_wh is None or percent is None or not 0 <= percent <= 100:
            return capacity_wh, None
        return capacity_wh, capacity_wh * percent // 100

    async def powers(self) -> tuple[int | None, int | None]:
        """The largest powers to charge and to discharge, W."""
        for number, points in POWERS.items():
            if number in self.places:
                words = await self.model(number)
                charge_w, discharge_w = (value_of(words, each) for each in points)
                return charge_w, discharge_w
        return None, None


async def find(bus: Bus) -> Unit:
    """The unit's models. Raises DeviceDown when there are none, or the list does not end."""
    for base in BASES:
        try:
            words = await bus.read(base, 2)
        except DeviceDown:
            continue  # many units refuse addresses that they do not have
        if words == MARK:
            return Unit(bus, await _places(bus, base + 2))
    raise DeviceDown(f"{bus.name} has no SunSpec map at {', '.join(map(str, BASES))}")


async def _places(bus: Bus, address: int) -> dict[int, Place]:
    """Every model in order; of one that stands there twice the first."""
    found: dict[int, Place] = {}
    for _ in range(MODELS_MOST):
        if address + 2 > ADDRESSES:
            break
        number, length = await bus.read(address, 2)
        if number == END:
            return found
        if length > LENGTH_MOST:
            break
        found.setdefault(number, Place(address, length + 2))
        address += length + 2
    raise DeviceDown(f"{bus.name}: the list of models does not end")


def _turn_wh(scale: int) -> int:
    """Where 32 bits of counts begin again, Wh, rounded down."""
    counts = 1 << 32
    return int(counts * 10**scale if scale >= 0 else counts // 10**-scale)
