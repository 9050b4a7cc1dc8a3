"""What a hub needs of its home, whatever its devices speak. ECHONET Lite and SunSpec answer to it.

Every call may raise DeviceDown: then the hub looks for the devices again. One suite in the tests holds both to it.
"""

from datetime import datetime
from typing import Protocol

from gateways.hub.battery import Battery
from gateways.hub.counts import Behind, Fixed
from gateways.hub.scale import Scale
from gateways.hub.steering import Orders


class Household(Protocol):
    """One home's meter, panels and batteries. Moments are on the meter's own clock, without a zone."""

    async def find(self) -> bool:
        """Look for the devices; whether any answers. Who was known and is silent stays."""

    async def scale(self) -> Scale:
        """What the meter's registers count in."""

    async def fixed(self, at: datetime) -> Fixed | None:
        """Imports and exports at the half hour ``at``, the last that began; None while the meter does not have it."""

    async def past(self, first: datetime, last: datetime, today: datetime) -> dict[datetime, Fixed]:
        """What the meter remembers of the half hours from first to last; empty when it remembers none."""

    async def behind(self) -> Behind:
        """What the devices behind the meter have counted up to now."""

    async def net_w(self) -> int | None:
        """What the home takes from the grid now, W, negative when it gives; None when nobody says."""

    async def battery(self) -> Battery | None:
        """The battery that is steered, now; None when there is none, or it does not say."""

    async def takes_power(self) -> bool:
        """Whether that battery can be told a power, and not only an amount."""

    async def tell(self, holds: Orders, *, anew: bool = False) -> None:
        """Tell panels, batteries and chargers what holds; what they were told already only when ``anew``. Every device
        is told, also after one of them failed; the first failure is raised at the end."""
