"""``gridpact devices``: meters with their keys, and equipment with its certificates.

Whoever may read the data directory may use it.
"""

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from domain.errors import Fault, InputRefused
from domain.site import Device, DeviceKind
from gridpact.existing import Existing, open_existing
from identity.equipment import Issuer, IssuerKind
from identity.keys import key_id
from memory import registry
from memory.devices import device_keys
from services.devices import device_keys as keys
from services.devices import device_registry

BY = "command line"
FILE_CHARACTERS_MAX = 2 * 1024 * 1024

Records = list[dict[str, Any]]


def run(options: argparse.Namespace) -> int:
    """List or add devices, rotate or stop a key, take issuers, certificates and status lists; 1 when it is refused."""
    verbs = {
        "add": _add,
        "rotate": _rotate,
        "stop-key": _stop_key,
        "issuer": _issuer,
        "certify": _certify,
        "status": _status,
    }
    with open_existing(options) as world:
        found = verbs.get(options.verb, _list)(world, options)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for each in found:
        print("  ".join(f"{name.replace('_', ' ')} {value}" for name, value in each.items() if value not in ("", None)))
    return 0


def _list(world: Existing, options: argparse.Namespace) -> Records:
    now = world.house.steps.clock()
    with world.house.database.read() as tx:
        worth, had = device_registry.standing(tx, now), device_keys.all(tx)
        known = device_registry.as_it_stands(tx, registry.devices(tx), now)
        found = [each for each in known if options.site in (None, each.site_id)]
    stopped = {named for named, key in had.items() if key.stopped_at is not None}
    return [
        {
            "device": each.id,
            "site": each.site_id,
            "kind": str(each.kind),
            "power_w": each.power_w or None,
            "key": key_id(each.public_key) if each.public_key else None,
            "stopped": "yes" if (each.id, key_id(each.public_key)) in stopped else None,
            "certification": str(each.certification) if each.kind is not DeviceKind.METER else None,
            "certificate": worth.get(each.id),
        }
        for each in found
    ]


def _add(world: Existing, options: argparse.Namespace) -> Records:
    device = Device(
        options.device,
        options.site,
        DeviceKind(options.kind),
        options.power_w,
        options.capacity_wh,
        public_key=_key(options.public_key) if options.public_key else b"",
    )
    device_registry.add_device(world.house.steps, device, BY)
    return [{"added": device.id, "site": device.site_id, "kind": str(device.kind)}]


def _rotate(world: Existing, options: argparse.Namespace) -> Records:
    overlap = timedelta(hours=options.overlap_h)
    before = keys.rotate(world.house.steps, options.device, _key(options.public_key), overlap, BY)
    return [
        {"device": options.device, "before": before.key_id, "good_until": f"{before.good_until:%Y-%m-%dT%H:%M:%SZ}"}
    ]


def _stop_key(world: Existing, options: argparse.Namespace) -> Records:
    """First what was done, then a line for each contract that rests on the readings."""
    since = options.since or world.house.steps.clock()
    stopped = keys.stop_key(world.house.steps, world.house.time, options.device, options.reason, since, BY)
    done = {"stopped": stopped.key_id, "case": stopped.case_id, "contracts": len(stopped.contracts)}
    return [
        done | {"broker_credential": "withdrawn" if stopped.had_credential else "none"},
        *(
            {
                "contract": each.digest,
                "trade": each.trade_id,
                "slot": each.slot,
                "seller": each.seller_site,
                "buyer": each.buyer_site,
                "energy_wh": each.energy_wh,
                "state": str(each.state),
            }
            for each in stopped.contracts
        ),
    ]


def _issuer(world: Existing, options: argparse.Namespace) -> Records:
    try:
        jwk = json.loads(_read(options.jwk))
    except ValueError as broken:
        raise InputRefused([Fault(str(options.jwk), "not_json", f"this is no JWK: {broken}")]) from None
    device_registry.register_issuer(world.house.steps, Issuer(options.issuer, IssuerKind(options.kind), jwk), BY)
    return [{"issuer": options.issuer, "kind": options.kind}]


def _certify(world: Existing, options: argparse.Namespace) -> Records:
    device = device_registry.certify(world.house.steps, _read(options.file), BY)
    return [{"certified": device.id, "site": device.site_id, "kind": str(device.kind), "power_w": device.power_w}]


def _status(world: Existing, options: argparse.Namespace) -> Records:
    return [{"refused": each} for each in device_registry.take_status_list(world.house.steps, _read(options.file), BY)]


def _key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InputRefused([Fault("PUBLIC_KEY", "wrong_key", "an Ed25519 key is 64 hex digits")]) from None


def _read(path: Path) -> str:
    try:
        with path.open() as file:
            return file.read(FILE_CHARACTERS_MAX)
    except (OSError, UnicodeDecodeError) as unreadable:
        raise InputRefused([Fault(str(path), "not_read", f"this file cannot be read: {unreadable}")]) from None
