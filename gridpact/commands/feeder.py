"""``gridpact feeder check``: read the wires of a grid model, say what they hold, and write them as a folder's files."""

import argparse
import json
from pathlib import Path
from typing import Any

from domain.errors import Fault, InputRefused
from domain.feeder import MINUTES_PER_HOUR, Feeder
from gateways.feeder_folder import read_feeder
from gateways.feeder_writing import write_feeder
from gridpact.places import DEMO, Places
from gridpact.settings import load_settings
from market.grid.ac_check import missing
from simulation.feeders import load_grid, read_pandapower


def run(options: argparse.Namespace) -> int:
    """Size, limits and what is missing. Raises InputRefused with every fault at once: loops, islands, roots, values."""
    feeder = feeder_at(options.source, options.data)
    found = facts(feeder) | (_written(options.to, feeder) if options.to else {})
    if options.json:
        print(json.dumps({"source": options.source} | found, ensure_ascii=False))
    else:
        print("\n".join(_lines(options.source, found)))
    return 0


def feeder_at(source: str, data: Path | None) -> Feeder:
    """The feeder of a CSV folder, of a pandapower file, or else of a SimBench code.

    Raises InputRefused with every fault, OutsideFailed when a package is needed and absent.
    """
    path = Path(source)
    if path.is_dir():
        return read_feeder(path)
    if path.is_file():
        return read_pandapower(path).feeder
    if path.suffix == ".json" or len(path.parts) > 1:
        raise InputRefused([Fault(source, "missing_file", "there is no such file or folder")])
    settings = load_settings()
    places = Places.of(Path(data or settings.data or DEMO), settings.cache)
    return load_grid(places.cache, source).feeder


def facts(feeder: Feeder) -> dict[str, Any]:
    """A feeder's size and limits; closed: branches that carry nothing; no_check: why no grid check can be claimed."""
    limits_kva = [_kva(feeder, int(limit_wh)) for limit_wh in feeder.limit_wh[1:]]
    return {
        "nodes": len(feeder.parent),
        "branches": len(feeder.parent) - 1,
        "root": feeder.names[0],
        "root_v": int(feeder.voltage_v[0]),
        "source_permille": feeder.source_permille,
        "limit_kva_min": min(limits_kva, default=None),
        "limit_kva_max": max(limits_kva, default=None),
        "closed": feeder.closed,
        "no_check": missing(feeder),
    }


def _kva(feeder: Feeder, limit_wh: int) -> float:
    return limit_wh * MINUTES_PER_HOUR / feeder.slot_min / 1000


def _written(folder: Path, feeder: Feeder) -> dict[str, Any]:
    return {"written": str(folder)} | write_feeder(folder, feeder)._asdict()


def _lines(source: str, found: dict[str, Any]) -> list[str]:
    lines = [
        f"{source} is a feeder: {found['nodes']} nodes, {found['branches']} branches; the grid above is at "
        f"{found['root']}, {found['root_v']:,} V, held at {found['source_permille'] / 10:.1f} %"
    ]
    if found["branches"]:
        lines.append(f"limits: {found['limit_kva_min']:,.1f} to {found['limit_kva_max']:,.1f} kVA")
    if found["closed"]:
        lines.append(f"limit zero, so nobody trades through: {', '.join(found['closed'])}")
    no_check = found["no_check"]
    lines.append(f"no grid check claimed: {no_check}" if no_check else "grid check: nothing is missing")
    if "written" in found:
        lines += _written_lines(found)
    return lines


def _written_lines(found: dict[str, Any]) -> list[str]:
    left_out = [f"{name} ({found[name]})" for name in ("shunts", "ratios") if found[name]]
    return [
        f"written to {found['written']}: nodes.csv, branches.csv; names put into the folder's letters: "
        f"{found['renamed']}" + (f"; left out: {', '.join(left_out)}" if left_out else ""),
        "connections.csv has its header: add a row for each site of your sites.csv, then gridpact import checks it all",
    ]
