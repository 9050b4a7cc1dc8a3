"""The embedded server: starts anywhere, survives being killed, and explains itself when it cannot."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.errors import DatabaseDown, OutsideFailed, StorageFull
from memory import embedded, world
from memory.database import Database

ROOT = Path(__file__).parents[2]
LONG = "a-directory-whose-name-alone-makes-the-path-of-a-unix-socket-longer-than-a-kernel-takes-it-to-be"


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """Two levels that do not exist yet, too long for a socket."""
    above = Path(tempfile.mkdtemp(prefix="gridpact-embedded-"))
    yield above / LONG / "pg"
    shutil.rmtree(above, ignore_errors=True)


def test_it_starts_in_a_long_path_under_a_foreign_locale_and_loses_nothing_to_a_kill(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One life: made, written, killed with its users, found again, and stopped by the last one out."""
    monkeypatch.setenv("LANG", "xx_YY.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    server = embedded.start(directory)
    database = Database(server.url())
    database.migrate()
    with database.begin() as tx:
        world.put(tx, "seed", 7)
    assert "LC_ALL" not in os.environ
    _strand_a_user(directory)
    os.kill(_postmaster(directory), signal.SIGKILL)
    acknowledged = _write_until_down(database)

    again = embedded.start(directory)
    with Database(again.url()).read() as tx:
        found = world.get(tx, "seed")
    assert found in (acknowledged, acknowledged + 1)  # the last one's commit may have broken on its way back
    database.close()
    again.stop()
    assert not (directory / "postmaster.pid").exists()
    _claim_for_somebody_else(directory / "postmaster.pid")
    third = embedded.start(directory)
    with Database(third.url()).read() as tx:
        assert world.get(tx, "seed") == found
    third.stop()


def _write_until_down(database: Database) -> int:
    """The last seed acknowledged: what served a connection may outlive its killed postmaster by a moment."""
    seed, deadline = 7, time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with database.begin() as tx:
                world.put(tx, "seed", seed + 1)
        except DatabaseDown:
            return seed
        seed += 1
    raise AssertionError("a killed server went on answering")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The path stands in the message, and what to do."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(OutsideFailed, match="file"):
        embedded.start(in_the_way / "pg")


@pytest.mark.parametrize(
    ("error", "expected", "says"),
    [
        (OSError(28, "No space left on device"), StorageFull, "free space"),
        (FileNotFoundError(2, "No such file or directory: 'useradd'"), OutsideFailed, "GRIDPACT_DATABASE_URL"),
        (RuntimeError("Could not find a suitable socket path"), OutsideFailed, "shorter"),
        (PermissionError(13, "Permission denied", "/root/x"), OutsideFailed, "/root/x"),
        (RuntimeError("anything else"), DatabaseDown, "anything else"),
    ],
)
def test_why_it_did_not_start_is_said_with_what_to_do(
    tmp_path: Path, error: Exception, expected: type[OutsideFailed], says: str
) -> None:
    """The wheel's errors become ours."""
    explained = embedded.explained(error, tmp_path)
    assert type(explained) is expected
    assert says in str(explained)


class SlowServer:
    """A server whose log takes longer to replay than the wheel waits."""

    def __init__(self) -> None:
        self.errors: list[Exception] = [subprocess.TimeoutExpired("pg_ctl", 10), AssertionError("half written")]
        self.asked = 0

    def start(self) -> None:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)


def test_a_slow_recovery_is_waited_for() -> None:
    """The server goes on starting after the wheel gave up; asking again finds it."""
    server = SlowServer()
    embedded.start_patiently(server)  # type: ignore[arg-type]
    assert server.asked == 3


def _postmaster(directory: Path) -> int:
    return int((directory / "postmaster.pid").read_text().split()[0])


def _strand_a_user(directory: Path) -> None:
    """A process that joins the server and is killed, so that it never counts itself out."""
    program = (
        "import os, signal, sys; from pathlib import Path; from memory.embedded import start; "
        "start(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program, str(directory)], env=environment, check=False)
    assert len(json.loads((directory / ".handle_pids.json").read_text())) == 2


def _claim_for_somebody_else(pid_file: Path) -> None:
    """As after a restart of the machine: the number in the file is now that of another program."""
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1712346200\n5432\n/tmp\n\n0 0\nready\n")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect("postgresql://postgres@/postgres?host=/tmp&port=1", connect_timeout=2)
