"""``gridpact webhooks``: how the webhooks of a world fare, and one round of delivery by hand."""

import argparse
import json
from dataclasses import replace

from gridpact.clock import wall
from gridpact.delivering import deliver_round, delivery_of
from gridpact.existing import open_existing
from memory.events import webhooks


def run(options: argparse.Namespace) -> int:
    """List webhooks, or send once what they are owed. Receivers look at the wall's clock, so messages bear its time."""
    with open_existing(options) as world:
        house = replace(world.house, clock=wall)
        if options.verb == "deliver":
            done = deliver_round(delivery_of(house))
            told = json.dumps(done._asdict()) if options.json else f"{done.delivered} delivered, {done.failed} failed"
            print(told)
            return 0
        with house.database.read() as tx:
            found = webhooks.of_account(tx)
    records = [
        {
            "id": each.id,
            "account": each.account_id,
            "url": each.url,
            "state": "active" if each.disabled_at is None else "disabled",
            "next": str(each.place),
            "failures": each.failures,
            "last_error": each.last_error,
        }
        for each in found
    ]
    if options.json:
        print(json.dumps(records))
        return 0
    for record in records:
        print("  ".join(str(value) for value in record.values() if value is not None))
    if not records:
        print("no webhook yet: POST /api/v1/webhooks makes one")
    return 0
