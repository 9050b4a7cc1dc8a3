"""Whose something is, for the page of policies: what there is not has no owner, and is refused like a stranger's."""

from fastapi import Request

from gateways.http.doors import Doors
from identity.authorisation import Record
from memory import registry
from memory.devices import registered


def of_site(request: Request, site_id: str) -> Record:
    """The record of what stands at a site."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        site = registered.site(tx, site_id)
    return Record(frozenset({site.party_id}) if site else frozenset())


def of_device(request: Request, device_id: str) -> Record:
    """The record of a device."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        device = registry.devices_of(tx, [device_id]).get(device_id)
    return of_site(request, device.site_id) if device else Record()


def of_party(party_id: str) -> Record:
    """The record of what is about one party."""
    return Record(frozenset({party_id}))
