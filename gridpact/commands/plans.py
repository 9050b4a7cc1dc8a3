"""``gridpact plans export``: a day's plans of the balancing group as files."""

import argparse
import json
import re

from domain.errors import RuleBroken
from gateways.files.plans import Group, write_plans
from gridpact.existing import open_existing
from services.grid.grid_plan import plan_of_day

CODE = re.compile(r"[A-Za-z0-9]{1,12}", re.ASCII)
HALF_HOUR_MIN = 30


def run(options: argparse.Namespace) -> int:
    """Write the files of a cleared day; 1 when it is not cleared."""
    group = Group(options.group, options.generation_group, options.market)
    if wrong := [code for code in group if not CODE.fullmatch(code)]:
        raise RuleBroken(f"a code is 1 to 12 letters and digits, not {wrong[0]!r}")
    with open_existing(options) as world:
        time = world.house.time
        if time.slot_min != HALF_HOUR_MIN:
            raise RuleBroken(f"plans count in half hours, the rule pack in slots of {time.slot_min} minutes")
        with world.house.database.read() as tx:
            plan = plan_of_day(tx, time, options.day)
    written = write_plans(plan, group, options.to)
    record = {"day": str(plan.day), "revision": written.revision, "new": written.is_new}
    record |= {"files": [str(path) for path in written.paths]}
    record |= {name: int(getattr(plan, name).sum()) for name in ("demand_kwh", "generation_kwh", "inside_kwh")}
    if options.json:
        print(json.dumps(record))
    else:
        state = "written" if written.is_new else "already there, unchanged"
        print("\n".join([f"revision {written.revision} of {plan.day}, {state}:", *map(str, written.paths)]))
    return 0
