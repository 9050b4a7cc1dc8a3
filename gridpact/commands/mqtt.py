"""``gridpact mqtt``: who may speak to the broker. A running market takes what is said here within a second."""

import argparse
import json
from typing import Any

from domain.errors import Fault, InputRefused
from gridpact.existing import open_existing
from gridpact.wiring import House
from memory.devices import mqtt_credentials
from memory.devices.mqtt_credentials import Guest, MqttCredential
from services.devices.mqtt_access import Allowance, admit, withdraw


def run(options: argparse.Namespace) -> int:
    """List, give or take credentials; a password is shown once and kept nowhere."""
    with open_existing(options) as world:
        if options.verb == "list":
            found = [_record(each) for each in _in_force(world.house)]
        elif not (options.kind and options.subject):
            raise InputRefused([Fault("KIND ID", "missing", f"say whom to {options.verb}: meter ID, or home SITE")])
        elif options.verb == "admit":
            found = [_admitted(world.house, options)]
        else:
            withdraw(world.house.steps, Guest(options.kind), options.subject)
            found = []
    if options.json:
        print(json.dumps(found))
        return 0
    for each in found:
        print("  ".join(f"{name} {value}" for name, value in each.items()))
    return 0


def _in_force(house: House) -> list[MqttCredential]:
    with house.database.read() as tx:
        return mqtt_credentials.in_force(tx, Guest.METER, Guest.HOME)


def _admitted(house: House, options: argparse.Namespace) -> dict[str, Any]:
    from gateways.broker.passwords import hashed, new_password

    password = new_password()
    allowance = Allowance(options.may_resume, *options.reserve)
    given = admit(house.steps, Guest(options.kind), options.subject, hashed(password), allowance)
    return {"user": given.user, "password": password, "authority": str(house.places.broker / "ca.pem")}


def _record(credential: MqttCredential) -> dict[str, Any]:
    return {
        "user": credential.user,
        "since": credential.at.isoformat(),
        "may_resume": credential.may_resume,
        "reserve_wh": [credential.reserve_wh_min, credential.reserve_wh_max],
    }
