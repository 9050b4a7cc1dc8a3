"""A home's ECHONET Lite devices as its hub needs them: found, read, and told what holds."""

from collections.abc import Sequence
from datetime import datetime

from domain.errors import GridpactError
from gateways.echonet import battery, solar
from gateways.echonet.controller import Controller
from gateways.echonet.home import Behind, Fixed, Home
from gateways.echonet.meter import Scale
from gateways.echonet.node import Device
from gateways.hub.steering import Orders


class EchonetHousehold:
    """The devices behind one controller. hosts: where they are, the whole network when empty. alone_mode: the
    battery's mode in which it serves its home by itself."""

    def __init__(self, controller: Controller, hosts: Sequence[str], alone_mode: int) -> None:
        self._controller, self._hosts, self._alone_mode = controller, hosts, alone_mode
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

    async def battery(self) -> battery.Battery | None:
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
        wanted = [(each, step) for each in self._home.panels for step in await self._limit(each, holds.pv_percent)]
        alone = battery.left_alone(self._alone_mode)
        for place, each in enumerate(self._home.batteries):
            steered = place == 0 and holds.battery_w is not None
            power_w = holds.battery_w or 0
            steps = battery.told(power_w, holds.amount_wh, each.sets.epcs) if steered else alone
            wanted += [(each, step) for step in steps]
        failures = [failure for each, (epc, edt) in wanted if (failure := await self._set(each, epc, edt))]
        if failures:
            raise failures[0]

    async def _limit(self, panels: Device, percent: int) -> list[tuple[int, bytes]]:
        rated_w = None
        if solar.LIMIT_PERCENT.epc not in panels.sets.epcs:
            rated_w = solar.solar_of(await self._controller.get(panels, solar.EPCS))[0].rated_w
        return list(solar.limited(percent, rated_w, panels.sets.epcs).items())

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
