"""Whole worlds for tests: a data directory and a database, made once, copied in a moment."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from processes import Ended, run
from sqlalchemy import make_url

from memory.embedded import EmbeddedPostgres

REDUCED = ("--sites", "8", "--slots", "8")


@dataclass(frozen=True, slots=True)
class World:
    """One data directory with a database of its own on the tests' server."""

    data: Path
    cache: Path
    url: str

    @property
    def settings(self) -> dict[str, str]:
        """The environment under which commands find this world."""
        return {"GRIDPACT_DATABASE_URL": self.url, "GRIDPACT_CACHE": str(self.cache)}

    def command(self, *words: str, **settings: str) -> Ended:
        """Run ``gridpact`` on this world until it ends."""
        return run((*words, "--data", str(self.data)), self.settings | settings)

    def demo(self, *arguments: str, **settings: str) -> Ended:
        """The reduced day."""
        return self.command("demo", "--json", *(arguments or REDUCED), **settings)


@dataclass(slots=True)
class Worlds:
    """Makes and copies worlds on one server."""

    postgres: EmbeddedPostgres
    folder: Path
    cache: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def fresh(self) -> World:
        """A world in which nothing has happened."""
        name = f"world_{next(self._numbers)}"
        return World(self.folder / name, self.cache, self.postgres.url(name))

    def copy(self, world: World) -> World:
        """The same world once more. Nobody may be connected to the first."""
        name = f"world_{next(self._numbers)}"
        source = make_url(world.url).database
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        shutil.copytree(world.data, self.folder / name)
        return World(self.folder / name, self.cache, self.postgres.url(name))


@contextmanager
def worlds_on(postgres: EmbeddedPostgres, cache: Path) -> Iterator[Worlds]:
    """Worlds in a folder of their own, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="gridpact-worlds-") as folder:
        yield Worlds(postgres, Path(folder), cache)


def document(ended: Ended) -> dict[str, Any]:
    """The one JSON document that a command with ``--json`` wrote."""
    assert ended.stdout, f"exit status {ended.returncode}: {ended.stderr[-2000:]}"
    read: dict[str, Any] = json.loads(ended.stdout)
    return read


def same_run(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Which figures differ, apart from seconds: none, when it is the same run."""
    differing = [name for name in one["fingerprint"] if one["fingerprint"][name] != other["fingerprint"][name]]
    figures = [name for name in one["kpi"] if not name.endswith("_s_max")]
    differing += [name for name in figures if one["kpi"][name] != other["kpi"][name]]
    return differing + [name for name in ("stopped", "days", "memory") if one[name] != other[name]]
