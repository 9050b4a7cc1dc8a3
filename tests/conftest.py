"""A real PostgreSQL for tests that need one: one server a run, one fresh database a test, copied from a template.

And the place where the demonstration's profiles stay from run to run.
"""

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from memory.database import Database
from memory.embedded import EmbeddedPostgres, start

TEMPLATE = "template_gridpact"
NUMBERS = count(1)


@pytest.fixture(scope="session")
def stored(request: pytest.FixtureRequest) -> Path:
    """Where profiles and models stay between test runs: reading SimBench itself takes ten seconds."""
    if find_spec("simbench") is None:
        pytest.skip("the package simbench (extra `demo`) is not installed")
    cache = request.config.cache
    assert cache is not None
    return cache.mkdir("profiles")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One embedded server. It may lose its last second in a power cut, which no test makes, and is faster for it.

    Its directory is not under pytest's own, which other pytest runs of the same user close to the server's user.
    """
    directory = Path(tempfile.mkdtemp(prefix="gridpact-test-"))
    server = start(directory / "pg")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    database = Database(server.url(TEMPLATE))
    database.migrate()
    database.close()
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a fresh, migrated database that is dropped after the test."""
    name = f"test_{next(NUMBERS)}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        yield postgres.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database through our own door."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def tx(database: Database) -> Iterator[Connection]:
    """One transaction on a fresh database, committed when the test ends well."""
    with database.begin("test") as connection:
        yield connection
