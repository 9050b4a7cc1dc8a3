"""``gridpact audit verify``: check everything that can be checked again."""

import argparse
import json

from gridpact.existing import open_existing
from gridpact.looking import market_to_look_at
from services.figures.audit import audit


def run(options: argparse.Namespace) -> int:
    """Verify the world; the first broken record is named and the exit status is 1."""
    with open_existing(options) as world:
        ctx = market_to_look_at(world)
        with world.house.database.read() as tx:
            checked = audit(tx, ctx)
    if options.json:
        print(json.dumps({"verified": True, "checked": checked}))
    else:
        for name, count in checked.items():
            print(f"{name.replace('_', ' '):18} {count:>10,} verified")
    return 0
