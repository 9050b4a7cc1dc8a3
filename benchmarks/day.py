"""A whole trading day in a process of its own, beside the arithmetic alone that such a day needs.

The floor is the work inside the nodes that only compute (forecast, bid, clear, settle): what remains above it is
durability, orchestration, signatures, the chain and the vector memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.clearing import machine

COMPUTES = ("node_forecast", "node_bid", "node_clear", "node_settle")
DAY_S_MAX = 120.0


def measure(arguments: tuple[str, ...] = (), cache: Path = Path(".gridpact/demo/cache")) -> dict[str, Any]:
    """Run the demonstration's day in a fresh directory; profiles and models are taken from ``cache`` when it exists."""
    with tempfile.TemporaryDirectory(prefix="gridpact-day-") as data:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        document = demo(Path(data), arguments, {"GRIDPACT_CACHE": str(cache.resolve())})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    computes_s = sum(document["stages_s"][name] for name in COMPUTES)
    figures = {name: round(seconds, 3) for name, seconds in document["stages_s"].items()}
    figures |= {"wall_s": round(document["wall_s"], 1), "cpu_s": round(cpu_s, 1), "ratio": round(cpu_s / computes_s, 2)}
    figures |= {name: document["kpi"][name] for name in ("matching_s_max", "contract_s_max", "settlement_s_max")}
    floor = {"computing_nodes_s": round(computes_s, 2), "wall_s_max": DAY_S_MAX}
    return {"bench": "day", "figures": figures, "floor": floor, "machine": machine()}


def demo(data: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> dict[str, Any]:
    """The document of one ``gridpact demo --json``. Raises CalledProcessError when it failed."""
    import os

    command = [sys.executable, "-m", "gridpact", "demo", "--json", "--data", str(data), *arguments]
    ran = subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.PIPE)
    document: dict[str, Any] = json.loads(ran.stdout)
    return document
