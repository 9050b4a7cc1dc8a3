"""Devices as the market knows them: a home's meter with its key, and equipment with or without a certificate.

What is written here counts for readings from the next request on; the market that trades takes its list of devices when
it starts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.errors import Conflict, Fault, InputRefused, RuleBroken
from domain.site import Certification, Device, DeviceKind
from identity.equipment import Certificate, Issuer, IssuerKind, public_key_faults, read_certificate, read_status_list
from memory import alarms, registry
from memory.devices import certificates
from memory.devices.certificates import CertificateRow, IssuerRow
from memory.joined import JoinedDatabase
from services.devices.device_keys import key_faults
from services.opening import RULES
from services.steps import Steps

DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
REFUSED = "device.certificate.refused"


def add_device(steps: Steps, device: Device, by: str) -> None:
    """Register a device that nobody has certified. Raises InputRefused with every fault."""
    with steps.database.begin("add-device") as tx:
        if faults := _faults(tx, device):
            raise InputRefused(faults)
        _save(tx, steps, replace(device, certification=Certification.KNOWN), by)


def register_device(steps: Steps, device: Device, by: str) -> bool:
    """The same from outside, where a request may come twice; whether it is new now.

    Raises Conflict when its id stands for something else, InputRefused with every fault.
    """
    with steps.database.begin("register-device") as tx:
        known = registry.devices_of(tx, [device.id]).get(device.id)
        if known is None:
            add_device(replace(steps, database=JoinedDatabase(tx)), device, by)
        elif device != replace(known, certification=device.certification):
            raise Conflict(f"{device.id} is registered already, as another device")
    return known is None


def register_issuer(steps: Steps, issuer: Issuer, by: str) -> None:
    """Believe an issuer's certificates from now on. Raises InputRefused, Conflict when its name has another key."""
    if faults := public_key_faults(issuer.jwk):
        raise InputRefused(faults)
    with steps.database.begin("certificate-issuer") as tx:
        if certificates.register(tx, IssuerRow(issuer.id, str(issuer.kind), issuer.jwk, steps.clock())):
            steps.note(tx, RULES, "device.issuer", issuer.id, {"kind": str(issuer.kind), "by": by})


def certify(steps: Steps, text: str, by: str, named: tuple[str, str] | None = None) -> Device:
    """Take a certificate: the device it names has its facts from now on, whether it was known before or not.

    named: the device and site that it must name. Raises InputRefused with every reason not to believe it, or when it
    contradicts what stands at the site.
    """
    with steps.database.begin("certify-device") as tx:
        found = read_certificate(text, _issuers(tx), certificates.lists(tx), steps.clock())
        if isinstance(found, list):
            raise InputRefused(found)
        if named not in {None, (found.device_id, found.site_id)}:
            raise InputRefused([Fault("certificate", "other_device", "it names another device or site")])
        device = _certified(tx, found)
        certificates.put(tx, CertificateRow(device.id, found.issuer, text.strip(), steps.clock()))
        _save(tx, steps, device, by)
    return device


def take_status_list(steps: Steps, text: str, by: str) -> list[str]:
    """Take an issuer's status list; the devices whose certificate holds no more: they are not certified from now on.

    Raises InputRefused when the list is not to be believed, or older than the one that is known.
    """
    with steps.database.begin("status-list") as tx:
        claims = read_status_list(text, _issuers(tx), steps.clock())
        if isinstance(claims, list):
            raise InputRefused(claims)
        _require_newer(certificates.lists(tx).get(claims["sub"]), claims)
        certificates.put_list(tx, claims, steps.clock())
        steps.note(tx, RULES, "device.status_list", claims["sub"], {"issuer": claims["iss"], "by": by})
        return _recheck(tx, steps)


def standing(tx: Connection, now: datetime) -> dict[str, str]:
    """What each device's certificate is worth now, by device: ``holds``, or the codes of what speaks against it."""
    issuers, lists = _issuers(tx), certificates.lists(tx)
    found = {each.device_id: read_certificate(each.text, issuers, lists, now) for each in certificates.all(tx).values()}
    return {
        device: ", ".join(sorted({fault.code for fault in read})) if isinstance(read, list) else "holds"
        for device, read in found.items()
    }


def as_it_stands(tx: Connection, devices: Sequence[Device], now: datetime) -> list[Device]:
    """The devices as their certificates stand at this moment: one that expired, was taken back or whose list is too
    old certifies nothing, whether a newer list came in or not. Those without a certificate stay as they are."""
    worth = standing(tx, now)
    return [
        replace(each, certification=Certification.KNOWN)
        if worth.get(each.id, "holds") != "holds" and each.certification is Certification.CERTIFIED
        else each
        for each in devices
    ]


def _recheck(tx: Connection, steps: Steps) -> list[str]:
    """Take the mark ``certified`` from every device whose certificate does not hold any more, once."""
    worth, devices = standing(tx, steps.clock()), {each.id: each for each in registry.devices(tx)}
    fallen = [
        each for each in certificates.all(tx).values() if each.refused_at is None and worth[each.device_id] != "holds"
    ]
    for each in fallen:
        certificates.put(tx, replace(each, refused_at=steps.clock()))
        registry.save_device(tx, replace(devices[each.device_id], certification=Certification.KNOWN))
        body = {"text": f"the certificate of {each.device_id} counts no more: {worth[each.device_id]}"}
        alarms.sound(tx, steps.clock(), REFUSED, each.device_id, body)
        steps.note(tx, RULES, REFUSED, each.device_id, {"why": worth[each.device_id]})
    return [each.device_id for each in fallen]


def _certified(tx: Connection, found: Certificate) -> Device:
    known = {each.id: each for each in registry.devices(tx)}.get(found.device_id)
    device = known or Device(found.device_id, found.site_id, found.kind, 0)
    faults = [] if known else _faults(tx, replace(device, power_w=found.power_w))
    if (device.site_id, device.kind) != (found.site_id, found.kind):
        message = f"{found.device_id} is a {device.kind} at {device.site_id}, not a {found.kind} at {found.site_id}"
        faults.append(Fault("certificate:sub", "other_device", message))
    if faults:
        raise InputRefused(faults)
    capacity_wh = found.capacity_wh or device.capacity_wh
    return replace(device, power_w=found.power_w, capacity_wh=capacity_wh, certification=Certification.CERTIFIED)


def _faults(tx: Connection, device: Device) -> list[Fault]:
    known, faults = registry.devices(tx), []
    if not DEVICE_ID.fullmatch(device.id):
        faults.append(Fault("DEVICE", "wrong_form", "an id has letters, digits, _ and -, at most 64"))
    if device.id in {each.id for each in known}:
        faults.append(Fault("DEVICE", "known_device", f"{device.id} is registered already: gridpact devices list"))
    if device.site_id not in {each.id for each in registry.sites(tx)}:
        faults.append(Fault("site", "unknown_site", f"no site has the id {device.site_id!r}"))
    if device.kind is DeviceKind.METER:
        faults += key_faults(tx, device.public_key, "public_key")
        faults += [
            Fault("site", "second_meter", f"{each.id} meters {device.site_id}: rotate its key, or choose another site")
            for each in known
            if (each.kind, each.site_id) == (DeviceKind.METER, device.site_id)
        ]
    elif device.power_w <= 0 or device.public_key:
        faults.append(Fault("power", "wrong_value", "equipment has its rated power in W, and no key"))
    return faults


def _save(tx: Connection, steps: Steps, device: Device, by: str) -> None:
    registry.save_device(tx, device)
    body = {"site": device.site_id, "kind": str(device.kind), "power_w": device.power_w, "by": by}
    steps.note(tx, RULES, "device.registered", device.id, body | {"certification": str(device.certification)})


def _issuers(tx: Connection) -> dict[str, Issuer]:
    return {each.id: Issuer(each.id, IssuerKind(each.kind), each.jwk) for each in certificates.issuers(tx).values()}


def _require_newer(known: Mapping[str, Any] | None, claims: Mapping[str, Any]) -> None:
    """A list that was replaced must not come back: it would make good again what was taken back since."""
    if known is not None and (known["iss"] != claims["iss"] or known.get("iat", 0) > claims.get("iat", 0)):
        raise RuleBroken(f"a newer list of {claims['sub']}, or one of another issuer, is known already")
