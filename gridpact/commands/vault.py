"""``gridpact vault``: secrets of outside systems, set and never shown.

Whoever may read the data directory may use it.
"""

import argparse
import json
from datetime import datetime
from typing import Any

from gridpact.existing import open_existing
from gridpact.signing import said
from gridpact.wiring import open_vault

BY = "command line"


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "never"


def run(options: argparse.Namespace) -> int:
    """Set a secret that is typed or piped in, list what there is, or seal all under a new master key."""
    with open_existing(options) as world:
        vault = open_vault(world.house)
        if options.verb == "set":
            version = vault.put(options.name, said("secret: "), BY)
            found: list[dict[str, Any]] = [{"set": options.name, "version": version}]
        elif options.verb == "rotate":
            found = [{"sealed_anew": vault.rotate(BY), "key": vault.keys.current_id}]
        else:
            listed = [each._asdict() for each in vault.listed()]
            found = [each | {name: _utc(each[name]) for name in ("set_at", "used_at")} for each in listed]
    if options.json:
        print(json.dumps(found))
        return 0
    for record in found:
        print("  ".join(f"{name.replace('_', ' ')} {value}" for name, value in record.items()))
    return 0
