"""``gridpact import KIND FILE...``: files of the systems around the market, each taken in full or not at all.

Every file is one transaction. What is wrong with any of them is said at the end, all at once; the good ones count.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, RuleBroken
from domain.supply_point import Register, SupplyPoint
from gridpact.existing import open_existing
from gridpact.progress import Progress
from gridpact.wiring import House
from services.context import MARKET
from services.devices.metered_file import take
from services.figures.area_file import take_area
from services.money.price_file import take_prices

PRICES = ("wholesale", "imbalance")
HALF_HOUR_MIN = 30
GREEN_BUTTON = "green-button"
AREA = "area"
KINDS = ("meter-values", GREEN_BUTTON, *PRICES, AREA)

Record = Mapping[str, Any]
Taking = Callable[[Connection, Path], Record]


def import_files(kind: str, options: argparse.Namespace) -> int:
    """Take files; 1 when one of them is refused."""
    if not options.files:
        raise RuleBroken(f"name the files: gridpact import {kind} FILE...")
    points = {} if kind in (*PRICES, AREA) else _points(kind, options)
    with open_existing(options) as world:
        if kind == AREA:
            taking = _of_area(world.house, options.area or world.house.settings.area)
        else:
            taking = _priced(world.house, kind) if kind in PRICES else _metered(world.house, kind, points)
        taken, faults = _each(world.house, options, taking)
    _say(kind, options, taken, faults)
    return 1 if faults else 0


def _points(kind: str, options: argparse.Namespace) -> dict[str, SupplyPoint]:
    """Whose values the files hold: a customer's own feed is one site's, an operator's file names supply points."""
    from gateways.files.points import read_points

    if kind == GREEN_BUTTON and options.site:
        return {str(register): SupplyPoint(options.site, register) for register in Register}
    if kind == GREEN_BUTTON:
        raise RuleBroken(f"{kind} needs --site SITE: a feed is of one customer")
    if options.points is None:
        raise RuleBroken(f"{kind} needs --points FILE, a sites.csv with the columns supply_point and feed_in_point")
    return read_points(options.points)


def _priced(house: House, kind: str) -> Taking:
    from gateways.files.prices import read_prices

    _require_half_hours(house)
    return lambda tx, path: take_prices(tx, house.steps, read_prices(path, kind))


def _of_area(house: House, area: str) -> Taking:
    from gateways.files.areas import read_area

    _require_half_hours(house)
    return lambda tx, path: take_area(tx, house.steps, read_area(path, area))


def _metered(house: House, kind: str, points: dict[str, SupplyPoint]) -> Taking:
    from gateways.files.green_button import read_green_button
    from gateways.files.meter_values import read_meter_values

    _require_half_hours(house)
    read = read_green_button if kind == GREEN_BUTTON else read_meter_values
    return lambda tx, path: asdict(take(tx, house.steps, MARKET, house.time, read(path), points))


def _require_half_hours(house: House) -> None:
    if house.time.slot_min != HALF_HOUR_MIN:
        raise RuleBroken(f"these files count in half hours, the rule pack in slots of {house.time.slot_min} minutes")


def _each(house: House, options: argparse.Namespace, taking: Taking) -> tuple[list[Record], list[Fault]]:
    """What was taken, file by file, and the faults of those that were not."""
    taken: list[Record] = []
    faults: list[Fault] = []
    with Progress(quiet=options.json).bar("files", len(options.files)) as advance:
        for path in options.files:
            try:
                taken.append({"file": path.name, **_one(house, taking, path, keep=not options.dry_run)})
            except InputRefused as refused:
                faults += refused.faults
            advance(1, path.name)
    return taken, faults


def _one(house: House, taking: Taking, path: Path, *, keep: bool) -> Record:
    with house.database.begin("import") as tx:
        within = tx.begin_nested()
        record = taking(tx, path)
        if not keep:
            within.rollback()
    return record


def _say(kind: str, options: argparse.Namespace, taken: Iterable[Record], faults: list[Fault]) -> None:
    if options.json:
        said = [{"where": fault.where, "code": fault.code, "message": fault.message} for fault in faults]
        print(json.dumps({"kind": kind, "dry_run": options.dry_run, "files": list(taken), "faults": said}))
    for record in () if options.json else taken:
        counts = ", ".join(f"{value:,} {name}" for name, value in record.items() if type(value) is int)
        known = " (known before: nothing done)" if record.get("duplicate") else ""
        print(f"{record['file']}: {counts}{known}{' (dry run: nothing kept)' if options.dry_run else ''}")
    for fault in faults:
        print(f"gridpact import: {fault}", file=sys.stderr)
