"""A home's SunSpec units as its hub needs them: one meter, panels, a battery, each found by its models.

The units keep no history: a register is taken when the half hour begins, and what was missed is estimated. Registers
that begin again at the end of their digits are counted on here, as long as the hub runs.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from domain.errors import DeviceDown, GridpactError
from gateways.hub.battery import Battery
from gateways.hub.counts import Behind, Fixed
from gateways.hub.registers import SLOT_WH_MAX
from gateways.hub.scale import Scale
from gateways.hub.steering import Orders
from gateways.sunspec.bus import Bus
from gateways.sunspec.controls import CHARGE_MAX_124, Writes, limit_123, limit_704, power_124, power_704
from gateways.sunspec.points import Point, value_of
from gateways.sunspec.unit import (
    ABSORBED,
    AC,
    CONTROL_AC,
    CONTROLS,
    GENERATED,
    METER_EXPORT,
    METER_IMPORT,
    METER_W,
    STORAGE,
    W_OF,
    Count,
    Unit,
    find,
)

WH = Scale(10, 18)
"""Counts are Wh, counted on past every unit's own digits."""
LEASE_PARTS = 3


class SunSpecHousehold:
    """The units behind some buses. lease_s: how long what a unit is told holds without being told again.

    meter_reversed: the meter counts what the home gives as import. ticking: seconds that never go back.
    """

    def __init__(
        self,
        buses: Sequence[Bus],
        lease_s: int,
        safe_percent: int,
        ticking: Callable[[], float],
        *,
        meter_reversed: bool = False,
    ) -> None:
        self._buses, self._lease_s, self._safe_percent, self._ticking = buses, lease_s, safe_percent, ticking
        self._reversed = meter_reversed
        self._units: dict[str, Unit] = {}
        self._totals: dict[tuple[str, str], tuple[int, int]] = {}
        self._told: dict[tuple[str, int], tuple[object, float]] = {}

    async def find(self) -> bool:
        """Look for every unit; whether any answers. One that is silent stays as it was found before."""
        answered = False
        for bus in self._buses:
            try:
                self._units[bus.name] = await find(bus)
                answered = True
            except DeviceDown:
                continue  # whoever needs it will say so
        return answered

    async def scale(self) -> Scale:
        return WH

    async def fixed(self, at: datetime) -> Fixed | None:
        """The registers as they stand: the units remember no other moment."""
        meter = self._meter()
        imported = self._counted(meter, "import", await meter.count(METER_IMPORT))
        exported = self._counted(meter, "export", await meter.count(METER_EXPORT))
        if imported is None:
            raise DeviceDown(f"{meter.bus.name}: the meter does not count what the home takes")
        counts = imported, exported or 0
        return (counts[1], counts[0]) if self._reversed else counts

    async def past(self, first: datetime, last: datetime, today: datetime) -> dict[datetime, Fixed]:
        return {}

    async def behind(self) -> Behind:
        """What stands behind the meter has counted; None where a unit that should does not say."""
        generated = [await self._wh(each, "generated", GENERATED) for each in self._of(lambda unit: unit.generates)]
        stores = self._of(lambda unit: unit.stores and not unit.generates)
        charged = [await self._wh(each, "charged", {AC: ABSORBED}) for each in stores]
        discharged = [await self._wh(each, "discharged", {AC: GENERATED[AC]}) for each in stores]
        held = [(await self._said_held(each)) for each in self._of(lambda unit: unit.stores)]
        return Behind(_sum(generated), _sum(charged), _sum(discharged), _sum(held))

    async def net_w(self) -> int | None:
        """The meter's power, W, positive when the home takes; None when it does not say."""
        try:
            power_w = await self._meter().value(METER_W)
        except DeviceDown:
            return None
        return -power_w if self._reversed and power_w is not None else power_w

    async def battery(self) -> Battery | None:
        """The first unit that stores. Its power is known where it stands alone: what it takes is what it charges."""
        unit = self._store()
        if unit is None:
            return None
        try:
            capacity_wh, stored_wh = await unit.held()
            charge_max_w, discharge_max_w = await unit.powers()
            given_w = None if unit.generates else await unit.value(W_OF)
        except DeviceDown:
            return None
        power_w = None if given_w is None else -given_w
        return Battery(None, capacity_wh, stored_wh, None, None, power_w, charge_max_w, discharge_max_w)

    async def takes_power(self) -> bool:
        return self._store() is not None

    async def tell(self, holds: Orders, *, anew: bool = False) -> None:
        """What holds goes to a unit when it changed, and again before its time there is over."""
        if anew:
            self._told.clear()
        failures = []
        for unit in self._of(lambda each: each.generates):
            failures.append(await self._try(unit, CONTROLS, holds.pv_percent))
        store = self._store()
        for unit in self._of(lambda each: each.stores):
            failures.append(await self._try(unit, STORAGE, holds.battery_w if unit is store else None))
        for failure in failures:
            if failure is not None:
                raise failure

    async def everything(self) -> dict[str, dict[str, int | str]]:
        """Every unit with its models and what it says now, by name; what it does not say is left out."""
        found: dict[str, dict[str, int | str]] = {each.name: {} for each in self._buses}
        for name, unit in self._units.items():
            capacity_wh, stored_wh = await unit.held() if unit.stores else (None, None)
            generated = await unit.count(GENERATED)
            said = {
                "power_w": await unit.value(W_OF),
                "generated_wh": generated.wh if generated else None,
                "net_w": await unit.value(METER_W),
                "capacity_wh": capacity_wh,
                "stored_wh": stored_wh,
            }
            found[name] = {"models": ",".join(map(str, unit.places))}
            found[name] |= {field: value for field, value in said.items() if value is not None}
        return found

    def close(self) -> None:
        """Let every connection go."""
        for bus in self._buses:
            bus.close()

    async def _try(self, unit: Unit, what: int, wanted: int | None) -> GridpactError | None:
        """Tell a unit unless it holds already; the failure, if any."""
        key, now_s = (unit.bus.name, what), self._ticking()
        held, told_s = self._told.get(key, (self, 0.0))
        if held == wanted and now_s - told_s < self._lease_s / LEASE_PARTS:
            return None
        try:
            number, writes = await (self._limit(unit, wanted or 0) if what == CONTROLS else self._power(unit, wanted))
            for offset, words in writes:
                await unit.bus.write(unit.places[number].address + offset, words)
        except GridpactError as failure:
            self._told.pop(key, None)
            return failure
        self._told[key] = wanted, now_s
        return None

    async def _limit(self, unit: Unit, percent: int) -> tuple[int, Writes]:
        if CONTROL_AC in unit.places:
            return CONTROL_AC, limit_704(await unit.model(CONTROL_AC), percent, self._safe_percent, self._lease_s)
        if CONTROLS in unit.places:
            return CONTROLS, limit_123(await unit.model(CONTROLS), percent, self._lease_s)
        return CONTROLS, []

    async def _power(self, unit: Unit, charge_w: int | None) -> tuple[int, Writes]:
        if STORAGE in unit.places:
            words = await unit.model(STORAGE)
            return STORAGE, power_124(words, charge_w, value_of(words, CHARGE_MAX_124), self._lease_s)
        if CONTROL_AC in unit.places:
            return CONTROL_AC, power_704(await unit.model(CONTROL_AC), charge_w, self._lease_s)
        return STORAGE, []

    async def _wh(self, unit: Unit, name: str, points: dict[int, Point]) -> int | None:
        try:
            return self._counted(unit, name, await unit.count(points))
        except DeviceDown:
            return None

    async def _said_held(self, unit: Unit) -> int | None:
        try:
            return (await unit.held())[1]
        except DeviceDown:
            return None

    def _counted(self, unit: Unit, name: str, count: Count | None) -> int | None:
        """Wh without the turn: a register that went back by nearly its whole turn has begun again; one that fell
        otherwise belongs to another unit, which counts on from here."""
        if count is None:
            return None
        key = unit.bus.name, name
        last_wh, total_wh = self._totals.get(key, (count.wh, count.wh))
        step_wh = count.wh - last_wh
        if step_wh < 0:
            turned_wh = step_wh + count.turn_wh
            step_wh = turned_wh if 0 <= turned_wh <= SLOT_WH_MAX else 0
        self._totals[key] = count.wh, total_wh + step_wh
        return total_wh + step_wh

    def _of(self, has: Callable[[Unit], bool]) -> list[Unit]:
        return [each for each in self._units.values() if has(each)]

    def _meter(self) -> Unit:
        meters = self._of(lambda unit: unit.is_meter)
        if not meters:
            raise DeviceDown("no SunSpec meter (models 201 to 204, 211 to 214) answers in this home")
        return meters[0]

    def _store(self) -> Unit | None:
        return next(iter(self._of(lambda unit: unit.stores)), None)


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [each for each in amounts if each is not None]
    return sum(known) if len(known) == len(amounts) else None
