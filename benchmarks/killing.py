"""``kill -9`` of the parts that keep readings, in the middle of a bench, and what brings the database back."""

import os
import signal
from pathlib import Path


def kill_database(folder: Path) -> None:
    """Kill PostgreSQL of a data directory and start it again, as whoever runs a server does."""
    from memory import embedded

    os.kill(postmaster(folder), signal.SIGKILL)
    embedded.start(folder / "postgres")


def kill_broker(folder: Path) -> None:
    """Kill nats-server of a data directory; its keeper finds out and starts it again."""
    os.kill(int((folder / "broker/pid").read_text()), signal.SIGKILL)


def postmaster(folder: Path) -> int:
    """The number of the process that leads PostgreSQL's others."""
    return int((folder / "postgres/postmaster.pid").read_text().split()[0])
