"""Devices: meters and what stands behind them, as the registry knows them. A member sees its own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from domain.site import Certification, Device, DeviceKind
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Asked, Name, Page, page, window_by
from gateways.http.problem import of_item
from gateways.http.tag import tagged
from memory.devices import registered
from memory.window import Window
from services.devices.device_registry import as_it_stands

ROUTER = APIRouter(prefix="/devices", tags=["devices"])


class DeviceItem(Answer):
    """A device. public_key: of a meter, Ed25519 in hex, empty for others. feeds_home, departure_min, asked_wh: of a
    charger, whether its vehicle may cover the home's need, and what it must hold when, minutes after local midnight."""

    id: str
    site_id: str
    kind: DeviceKind
    power_w: int
    capacity_wh: int
    efficiency_permille: int
    certification: Certification
    public_key: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    feeds_home: bool
    departure_min: int
    asked_wh: int


@ROUTER.get("", summary="List devices")
def get_devices(
    request: Request, asker: Asker, window: Annotated[Window, Depends(window_by(str))], site: Asked = None
) -> Page[DeviceItem]:
    """The devices one may see, by id; with ``site`` those of one site."""
    with look(request, asker) as (tx, sight):
        among = sight.sites if site is None else [site] if sight.has(site) else []
        found = as_it_stands(tx, registered.devices(tx, among, window), request.app.state.doors.steps.clock())
    return page(window, found, lambda device: (device.id,), device_item)


@ROUTER.get("/{device_id}", summary="Read a device", response_model=DeviceItem, responses=of_item())
def get_device(request: Request, device_id: Name, asker: Asker) -> Response:
    """One device, when it is among those that one may see."""
    with look(request, asker) as (tx, sight):
        known = registered.device(tx, sight.sites, device_id)
        found = as_it_stands(tx, [known], request.app.state.doors.steps.clock())[0] if known else None
    return tagged(request, device_item(found or unknown("device", device_id)))


def device_item(device: Device) -> DeviceItem:
    """A device as it is answered."""
    return DeviceItem(
        id=device.id,
        site_id=device.site_id,
        kind=device.kind,
        power_w=device.power_w,
        capacity_wh=device.capacity_wh,
        efficiency_permille=device.efficiency_permille,
        certification=device.certification,
        public_key=device.public_key.hex(),
        feeds_home=device.feeds_home,
        departure_min=device.departure_min,
        asked_wh=device.asked_wh,
    )
