"""One home as its hub sees it: the devices by kind, what they say now, and what their registers said at a half hour.

Panels and batteries of a kind count together; one of them that is silent makes the sum unknown.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from domain.errors import DeviceDown, Fault, OutsideFailed
from gateways.echonet import battery, charger, meter, solar
from gateways.echonet.controller import Controller
from gateways.echonet.meter import Mark
from gateways.echonet.node import Device
from gateways.hub.battery import Battery
from gateways.hub.counts import Behind, Fixed
from gateways.hub.scale import Scale

SCALE_EPCS = (meter.UNIT.epc, meter.COEFFICIENT.epc, meter.DIGITS.epc)
NOW_EPCS = (meter.IMPORT.epc, meter.EXPORT.epc, meter.POWER.epc, meter.CURRENT)


class Home:
    """The devices of one home. The meter's silence is raised as DeviceDown; the others may be silent."""

    def __init__(self, controller: Controller, devices: Iterable[Device]) -> None:
        self._controller = controller
        self.devices = tuple(devices)

    @property
    def meter(self) -> Device:
        """The first meter. Raises DeviceDown when none was found: panels and battery are steered all the same."""
        meters = self._of(meter.KIND)
        if not meters:
            raise DeviceDown("no smart meter (class 0288) answers in this home")
        return meters[0]

    @property
    def batteries(self) -> list[Device]:
        return self._of(battery.KIND)

    @property
    def chargers(self) -> list[Device]:
        return self._of(charger.KIND)

    @property
    def panels(self) -> list[Device]:
        return self._of(solar.KIND)

    async def scale(self) -> Scale:
        """What the meter's registers count in. Raises DeviceDown when it does not say so in form."""
        scale, faults = meter.scale_of(await self._controller.get(self.meter, SCALE_EPCS))
        if scale is None:
            raise DeviceDown("; ".join(map(str, faults)))
        return scale

    async def fixed(self, at: datetime) -> Fixed | None:
        """Imports and exports at the last half hour, None while the meter does not have that of ``at`` (its clock).

        A meter without an export register has exported nothing.
        """
        wanted = (meter.IMPORT_FIXED, meter.EXPORT_FIXED)
        values = await self._controller.get(self.meter, wanted)
        counts = [_count_at(values.get(epc, b""), at) for epc in wanted]
        if not self._has(meter.EXPORT_FIXED):
            counts[1] = 0
        imported, exported = counts
        return None if imported is None or exported is None else (imported, exported)

    async def past(self, first: datetime, last: datetime, today: datetime) -> dict[datetime, Fixed]:
        """What the meter remembers of the half hours from first to last; today: midnight, all on its clock.

        From its days (E2, E4), or else from its last twelve half hours (EC). What it does not tell is left out.
        """
        if self._has(meter.IMPORT_DAY) and self._may_set(meter.DAY.epc):
            return await self._days(first, last, today)
        if self._has(meter.RECENT) and self._may_set(meter.RECENT_WANTED):
            await self._controller.set(self.meter, meter.RECENT_WANTED, meter.recent_wanted(last, meter.RECENT_MAX))
            marks = meter.recent_marks(await self._one(meter.RECENT))
            return {} if isinstance(marks, Fault) else _paired(*marks, first, last)
        return {}

    async def behind(self) -> Behind:
        """What the devices behind the meter have counted up to now."""
        panels = [await self._said(each, solar.EPCS, solar.solar_of) for each in self.panels]
        stores = [await self._said(each, battery.EPCS, battery.battery_of) for each in self.batteries]
        return Behind(
            _sum(each and each.generated_wh for each in panels),
            _sum(each and each.charged_wh for each in stores),
            _sum(each and each.discharged_wh for each in stores),
            _sum(each and each.stored_wh for each in stores),
        )

    async def net_w(self) -> int | None:
        """What the home takes from the grid now, W, negative when it gives. None when nobody says."""
        meters = self._of(meter.KIND)
        said = await self._said(meters[0], NOW_EPCS, meter.meter_of) if meters else None
        return said.power_w if said else None

    async def battery(self) -> Battery | None:
        """The first battery now: the one that is steered."""
        stores = self.batteries
        found: Battery | None = None
        if stores:
            found = await self._said(stores[0], battery.EPCS, battery.battery_of)
        return found

    async def everything(self) -> list[tuple[Device, Any]]:
        """Every device of a known class with what it says now, None for one that is silent."""
        known = {
            meter.KIND: (NOW_EPCS, meter.meter_of),
            solar.KIND: (solar.EPCS, solar.solar_of),
            battery.KIND: (battery.EPCS, battery.battery_of),
            charger.KIND: (charger.EPCS, charger.charger_of),
        }
        return [
            (each, await self._said(each, *known[each.eoj.kind])) for each in self.devices if each.eoj.kind in known
        ]

    async def _days(self, first: datetime, last: datetime, today: datetime) -> dict[datetime, Fixed]:
        found: dict[datetime, Fixed] = {}
        midnight = first.replace(hour=0, minute=0, second=0)
        while midnight <= last and (back := (today - midnight).days) <= meter.DAY.most:
            await self._controller.set(self.meter, meter.DAY.epc, meter.day_wanted(back))
            imports = meter.day_marks(await self._one(meter.IMPORT_DAY), today)
            exports = meter.day_marks(await self._one(meter.EXPORT_DAY), today)
            if not isinstance(imports, Fault):
                none = [Mark(each.at, None if self._has(meter.EXPORT_DAY) else 0) for each in imports]
                found |= _paired(imports, none if isinstance(exports, Fault) else exports, first, last)
            midnight += timedelta(days=1)
        return found

    async def _one(self, epc: int) -> bytes:
        return (await self._controller.get(self.meter, [epc])).get(epc, b"")

    async def _said(self, device: Device, epcs: Iterable[int], read: Any) -> Any:
        """What a device says in its class, None when it does not answer."""
        try:
            return read(await self._controller.get(device, epcs))[0]
        except OutsideFailed:
            return None

    def _of(self, kind: int) -> list[Device]:
        return [each for each in self.devices if each.eoj.kind == kind]

    def _has(self, epc: int) -> bool:
        return epc in self.meter.gets.epcs

    def _may_set(self, epc: int) -> bool:
        return epc in self.meter.sets.epcs


def _paired(imports: list[Mark], exports: list[Mark], first: datetime, last: datetime) -> dict[datetime, Fixed]:
    exported = {each.at: each.count for each in exports}
    return {
        each.at: (each.count, given)
        for each in imports
        if first <= each.at <= last and each.count is not None and (given := exported.get(each.at)) is not None
    }


def _count_at(edt: bytes, at: datetime) -> int | None:
    mark = meter.fixed_mark(edt)
    return None if isinstance(mark, Fault) or mark.at != at else mark.count


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
