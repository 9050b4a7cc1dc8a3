"""Where electricity is metered, and what stands behind the meter."""

from dataclasses import dataclass
from enum import StrEnum


class DeviceKind(StrEnum):
    """What a device is. A meter signs readings; the others act or produce."""

    METER = "meter"
    PV = "pv"
    BATTERY = "battery"
    EV_CHARGER = "ev_charger"
    HEAT_PUMP = "heat_pump"


class Certification(StrEnum):
    """What the equipment registry says of a device's type."""

    CERTIFIED = "certified"
    KNOWN = "known_not_certified"
    FIRST_OF_KIND = "first_of_kind"


@dataclass(frozen=True, slots=True)
class Device:
    """One device. ``public_key`` is the raw 32-byte Ed25519 key of a meter, empty for the others."""

    id: str
    site_id: str
    kind: DeviceKind
    power_w: int
    capacity_wh: int = 0
    efficiency_permille: int = 1000
    certification: Certification = Certification.CERTIFIED
    public_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Site:
    """One point of connection with one revenue meter. A member may hold several, a site several sources.

    bus: its node in the grid model, empty when none is known (then no grid check is claimed).
    profile: the public load profile it stands on in a demonstration, empty for a real site.
    """

    id: str
    party_id: str
    area: str
    bus: str = ""
    kind: str = "home"
    profile: str = ""
    pv_profile: str = ""


@dataclass(frozen=True, slots=True)
class Battery:
    """What a plan needs of a storage: limits in Wh of a slot at the meter side, efficiency each way in permille."""

    capacity_wh: int
    power_wh_per_slot: int
    efficiency_permille: int
    reserve_wh: int = 0
