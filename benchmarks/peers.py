"""Other people's auctions on the same book, each in a Python environment of its own, beside ours.

No peer is a dependency: its script (benchmarks/peer_scripts) runs as a separate program and talks JSON. A peer whose
environment is not there is skipped with the line that makes it. Welfare is measured by the limits of the orders that a
peer says it filled.
"""

import json
import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from benchmarks.clearing import CORRIDOR, auction, cpu_seconds, machine, made_up_book
from domain.errors import OutsideFailed
from domain.order import Book, Side
from market.auction.clearing import clear

SCRIPTS = Path(__file__).parent / "peer_scripts"
ORDERS = 1_000
DEADLINE_S = 600


class Peer(NamedTuple):
    """The script that runs a peer, and what has to be installed in its environment."""

    script: str
    packages: str


PEERS = {
    "assume": Peer("assume_auction.py", "assume-framework==0.6.0"),
    "pymarket": Peer("pymarket_auctions.py", "pymarket==0.7.6 'pandas<3'"),
}


def measure(orders: int = ORDERS, peers: str = ".peers", seed: int = 1) -> dict[str, Any]:
    """CPU seconds and share of the greatest welfare, ours and each peer's.

    peers: folder with one environment a peer. Raises OutsideFailed when a peer's script fails.
    """
    book = made_up_book(np.random.default_rng(seed), orders)
    (cpu_s,) = cpu_seconds([partial(auction, book)])
    ours = {"cpu_s": round(cpu_s, 6), "welfare_share": 1.0}
    found: dict[str, Any] = {"bench": "peers", "orders": orders, "gridpact": ours}
    for name, peer in PEERS.items():
        python = Path(peers) / name / "bin" / "python"
        if python.exists():
            found |= {f"{name} {label}": told for label, told in _asked(python, peer, book).items()}
        else:
            found[name] = f"skipped; python -m venv {peers}/{name} && {peers}/{name}/bin/pip install {peer.packages}"
    return found | {"machine": machine()}


def _asked(python: Path, peer: Peer, book: Book) -> dict[str, dict[str, float]]:
    """CPU seconds and welfare share of each of a peer's auctions."""
    side, limits, energy_wh = book.side, book.limit_mjpy_per_kwh, book.energy_wh
    rows = np.concatenate([np.flatnonzero(side == each) for each in (Side.BUY, Side.SELL)])
    bids = np.count_nonzero(side == Side.BUY)
    orders = np.stack((limits[rows], energy_wh[rows]), axis=1).tolist()
    with TemporaryDirectory() as folder:  # a peer may leave its log where it runs
        ran = subprocess.run(
            [python.absolute(), "-W", "ignore", SCRIPTS / peer.script],
            input=json.dumps({"bids": orders[:bids], "asks": orders[bids:]}),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            cwd=folder,
        )
    if ran.returncode:
        raise OutsideFailed(f"{python} {peer.script}: {ran.stderr.strip()[-500:]}")
    worth = np.where(side[rows] == Side.BUY, 1, -1) * limits[rows]
    best = clear(book, CORRIDOR).welfare_ujpy
    return {
        name: {
            "cpu_s": round(told["cpu_s"], 6),
            "welfare_share": round(float(worth @ np.array(told["filled"])) / best, 6),
        }
        for name, told in json.loads(ran.stdout).items()
    }
