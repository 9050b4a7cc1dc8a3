"""``gridpact import``: check a folder of CSV files as a whole, and say what it holds; or take files of another kind."""

import argparse
import json
from pathlib import Path

from domain.errors import RuleBroken
from gateways.csv_folder import read_folder
from gateways.feeder_folder import connections_of_folder
from gridpact.file_import import KINDS, import_files
from gridpact.settings import load_settings
from gridpact.wiring import load_rules


def run(options: argparse.Namespace) -> int:
    """Every fault at once, by file, line and column; nothing is taken from a folder or file that has one."""
    if str(options.folder) in KINDS:
        return import_files(str(options.folder), options)
    if options.files:
        raise RuleBroken(f"{options.folder} is no kind of file: choose one of {', '.join(KINDS)}")
    slot_min = load_rules(load_settings()).product.slot_min
    folder = read_folder(options.folder, slot_min)
    slots = {reading.slot for reading in folder.readings}
    found = {
        "sites": len(folder.sites),
        "devices": len(folder.devices),
        "readings": len(folder.readings),
        "slots": len(slots),
        "branches": len(
            connections_of_folder(Path(options.folder), [site.id for site in folder.sites], slot_min).feeder.parent
        )
        - 1,
    }
    if options.json:
        print(json.dumps(found))
    else:
        print(f"{options.folder} is good: " + ", ".join(f"{count:,} {name}" for name, count in found.items()))
        print(f"trade it with: gridpact demo --community {options.folder}")
    return 0
