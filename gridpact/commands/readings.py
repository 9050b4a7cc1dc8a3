"""``gridpact readings``: the partitions that hold the meters' readings, and letting old ones go."""

import argparse
import json
from typing import Any

from domain.errors import Fault, InputRefused
from gridpact.existing import open_existing
from gridpact.wiring import House
from memory.devices import partitions
from services.devices.retention import let_go


def run(options: argparse.Namespace) -> int:
    """List the partitions, or detach those before a day."""
    if options.verb == "let-go" and options.day is None:
        raise InputRefused([Fault("DAY", "missing", "say the first day to keep: gridpact readings let-go 2025-04-01")])
    with open_existing(options) as world:
        if options.verb == "let-go":
            found = [{"detached": name} for name in let_go(world.house.steps, world.house.time, options.day)]
        else:
            found = _partitions(world.house)
    if options.json:
        print(json.dumps(found))
        return 0
    for each in found:
        print("  ".join(f"{name} {value}" for name, value in each.items()))
    return 0


def _partitions(house: House) -> list[dict[str, Any]]:
    with house.database.read() as tx:
        attached = partitions.attached(tx)
    return [{"table": name, "from": house.time.label(first), "rows_about": rows} for name, first, rows in attached]
