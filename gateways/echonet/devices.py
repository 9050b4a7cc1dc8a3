"""A home's ECHONET Lite devices as its hub needs them: found, read, and told what holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from domain.errors import GridpactError
from gateways.echonet import battery, charger, solar
from gateways.echonet.controller import Controller
from gateways.echonet.home import Home
from gateways.echonet.node import Device
from gateways.hub.battery import Battery
from gateways.hub.counts import Behind, Fixed
from gateways.hub.scale import Scale
from gateways.hub.steering import FULL_PERCENT, Orders

Step: TypeAlias = tuple[int, bytes]
"""A property to set and its value."""


class EchonetHousehold:
    """The devices behind one controller. hosts: where they are, the whole network when empty. alone_mode: the
    battery's mode in which it serves its home by itself. charger_percent: of a charger's power, what a vehicle may
    take while the market asks nothing or is silent."""

    def __init__(
        self, controller: Controller, hosts: Sequence[str], alone_mode: int, charger_percent: int = FULL_PERCENT
    ) -> None:
        self._controller, self._hosts = controller, hosts
        self._alone_mode, self._charger_percent = alone_mode, charger_percent
        self._home = Home(controller, ())
        self._told: dict[tuple[Device, int], bytes] = {}

    async def find(self) -> bool:
        """Look for the devices; whether any answers. Who was known stays: it must still be told."""
        found = await self._controller.discover(self._hosts)
        objects = {each.eoj for each in found}
        silent = [each for each in self._home.devices if each.eoj not in objects]
        self._home = Home(self._controller, [*found, *silent])
        return bool(found)

    async def scale(self) -> Scale:
        return await self._home.scale()

    async def fixed(self, at: datetime) -> Fixed | None:
        return await self._home.fixed(at)

    async def past(self, first: datetime, last: datetime, today: datetime) -> dict[datetime, Fixed]:
        return await self._home.past(first, last, today)

    async def behind(self) -> Behind:
        return await self._home.behind()

    async def net_w(self) -> int | None:
        return await self._home.net_w()

    async def battery(self) -> Battery | None:
        return await self._home.battery()

    async def takes_power(self) -> bool:
        """Whether the steered battery has the property that sets a power."""
        stores = self._home.batteries
        return bool(stores) and battery.CHARGE_W.epc in stores[0].sets.epcs

    async def tell(self, holds: Orders, *, anew: bool = False) -> None:
        """Tell every device, also after one of them failed; the first failure is raised at the end."""
        self._forget_restarted()
        if anew:
            self._told.clear()
        wanted, failures = await self._drives(holds, anew=anew)
        wanted += [(each, step) for each in self._home.panels for step in await self._limit(each, holds.pv_percent)]
        alone = battery.left_alone(self._alone_mode)
        for place, each in enumerate(self._home.batteries):
            steered = place == 0 and holds.battery_w is not None
            power_w = holds.battery_w or 0
            steps = battery.told(power_w, holds.amount_wh, each.sets.epcs) if steered else alone
            wanted += [(each, step) for step in steps]
        failures += [failure for each, (epc, edt) in wanted if (failure := await self._set(each, epc, edt))]
        if failures:
            raise failures[0]

    async def _limit(self, panels: Device, percent: int) -> list[tuple[int, bytes]]:
        rated_w = None
        if solar.LIMIT_PERCENT.epc not in panels.sets.epcs:
            rated_w = solar.solar_of(await self._controller.get(panels, solar.EPCS))[0].rated_w
        return list(solar.limited(percent, rated_w, panels.sets.epcs).items())

    async def _drives(self, holds: Orders, *, anew: bool) -> tuple[list[tuple[Device, Step]], list[GridpactError]]:
        """What every charger is told, and why those that do not answer are told nothing."""
        wanted: list[tuple[Device, Step]] = []
        failures: list[GridpactError] = []
        for place, each in enumerate(self._home.chargers):
            try:
                steps = await self._drive(each, holds, steered=place == 0, anew=anew)
            except GridpactError as failure:
                failures.append(failure)
            else:
                wanted += [(each, step) for step in steps]
        return wanted, failures

    async def _drive(self, device: Device, holds: Orders, *, steered: bool, anew: bool) -> list[Step]:
        """What a charger is told. Only the first is steered; others wait meanwhile, since what is asked is for all of
        them. While no vehicle is there nothing is told but what holds without us, and the next one is told anew."""
        said = charger.charger_of(await self._controller.get(device, charger.EPCS))[0]
        if said.plug is charger.Plug.NOT_CONNECTED and not anew:
            self._told = {key: edt for key, edt in self._told.items() if key[0] != device}
            return []
        if holds.vehicle_w is None:
            return charger.left_alone(said, self._charger_percent, device.sets.epcs)
        power_w = holds.vehicle_w if steered else 0
        return charger.told(said, power_w, holds.vehicle_wh, device.sets.epcs)

    async def _set(self, device: Device, epc: int, edt: bytes) -> GridpactError | None:
        if self._told.get((device, epc)) == edt:
            return None
        try:
            await self._controller.set(device, epc, edt)
        except GridpactError as failure:
            self._told.pop((device, epc), None)
            return failure
        self._told[device, epc] = edt
        return None

    def _forget_restarted(self) -> None:
        """A device that speaks of itself may have begun anew, and forgotten what it was told."""
        while not self._controller.hints.empty():
            host = self._controller.hints.get_nowait().host
            self._told = {key: edt for key, edt in self._told.items() if key[0].host != host}
