"""``gridpact ocpp``: which charge points may speak to the market. A running one hears of it within ten seconds."""

import argparse
import json
from typing import Any

from domain.errors import Fault, InputRefused
from gridpact.existing import open_existing
from gridpact.wiring import House
from memory.devices import mqtt_credentials
from memory.devices.mqtt_credentials import Guest, MqttCredential
from services.devices.mqtt_access import admit, withdraw

PASSWORD_BYTES = 15
"""20 characters: what version 1.6 allows an authorisation key to have at most, and more than it asks for."""


def run(options: argparse.Namespace) -> int:
    """List, give or take credentials; a password is shown once and kept nowhere."""
    with open_existing(options) as world:
        if options.verb == "list":
            found = [{"charger": each.subject, "since": each.at.isoformat()} for each in _in_force(world.house)]
        elif not options.charger:
            raise InputRefused([Fault("CHARGER", "missing", f"say whom to {options.verb}")])
        elif options.verb == "admit":
            found = [_admitted(world.house, options.charger)]
        else:
            withdraw(world.house.steps, Guest.CHARGER, options.charger)
            found = []
    if options.json:
        print(json.dumps(found))
        return 0
    for each in found:
        print("  ".join(f"{name} {value}" for name, value in each.items()))
    return 0


def _in_force(house: House) -> list[MqttCredential]:
    with house.database.read() as tx:
        return mqtt_credentials.in_force(tx, Guest.CHARGER)


def _admitted(house: House, charger: str) -> dict[str, Any]:
    from gateways.broker.passwords import hashed, new_password

    password = new_password(PASSWORD_BYTES)
    given = admit(house.steps, Guest.CHARGER, charger, hashed(password))
    return {
        "user": given.subject,
        "password": password,
        "path": f"/ocpp/{given.subject}",
        "authority": str(house.places.chargers / "ca.pem"),
    }
