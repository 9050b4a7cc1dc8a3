"""Where electricity is metered, and what stands behind the meter."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.slot import slot_wh


class DeviceKind(StrEnum):
    """What a device is. A meter signs readings; the others act or produce, a charger may count too."""

    METER = "meter"
    PV = "pv"
    BATTERY = "battery"
    EV_CHARGER = "ev_charger"
    HEAT_PUMP = "heat_pump"


SIGNING = frozenset({DeviceKind.METER, DeviceKind.EV_CHARGER})
"""What readings may come from. A charger's are of its vehicle alone, and signed for it by the gateway it speaks to."""


class Certification(StrEnum):
    """What the equipment registry says of a device's type."""

    CERTIFIED = "certified"
    KNOWN = "known_not_certified"
    FIRST_OF_KIND = "first_of_kind"


@dataclass(frozen=True, slots=True)
class Device:
    """One device. ``public_key`` of a meter, or of a charger that speaks to the market itself: 32 bytes are an Ed25519
    key, 33 a compressed one of secp256k1; empty for the others.

    Of an EV charger, capacity is that of the vehicle it serves (zero when none is known), efficiency that of each way;
    feeds_home: its owner lets the vehicle cover the home's own need; asked_wh: the content asked for at
    departure_min, minutes after local midnight, and never to be left before.
    """

    id: str
    site_id: str
    kind: DeviceKind
    power_w: int
    capacity_wh: int = 0
    efficiency_permille: int = 1000
    certification: Certification = Certification.CERTIFIED
    public_key: bytes = b""
    feeds_home: bool = False
    departure_min: int = 0
    asked_wh: int = 0


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


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What a plan needs of a vehicle at its charger: limits in Wh of a slot at the meter side, efficiency each way in
    permille, and its errand: ``asked_wh`` stored when the slot at ``departure_place`` of the local day begins.
    """

    capacity_wh: int
    power_wh_per_slot: int
    efficiency_permille: int
    feeds_home: bool
    departure_place: int
    asked_wh: int


def vehicles_at(sites: Sequence[Site], devices: Sequence[Device], slot_min: int) -> dict[int, Vehicle]:
    """The vehicles by position of their site, in its order; at a charger without an errand none is known.

    Power in Wh of a slot of so many minutes, rounded down; the errand ends before the slot in which departure falls.
    One vehicle a site: of several chargers the first.
    """
    errands = {each.site_id: each for each in reversed(devices) if each.kind is DeviceKind.EV_CHARGER and each.asked_wh}
    return {
        at: Vehicle(
            charger.capacity_wh,
            slot_wh(charger.power_w, slot_min),
            charger.efficiency_permille,
            charger.feeds_home,
            charger.departure_min // slot_min,
            charger.asked_wh,
        )
        for at, site in enumerate(sites)
        if (charger := errands.get(site.id))
    }
