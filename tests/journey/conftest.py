"""The reduced day: eight sites, eight slots, one world finished once and copied for every test that needs it."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import Ended, start
from worlds import World, Worlds, document, worlds_on

from memory.embedded import EmbeddedPostgres

INTO_THE_SECOND_DAY = ("demo", "--json", "--sites", "8", "--days", "2", "--slots", "57")

sys.path.append(str(Path(__file__).parents[1] / "llm"))  # the small model server that its tests use too


@pytest.fixture
def own_database() -> Iterator[Path]:
    """A data directory whose embedded PostgreSQL belongs to the run. Its path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="gridpact-own-"))
    yield folder / "world"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def worlds(postgres: EmbeddedPostgres, stored: Path) -> Iterator[Worlds]:
    with worlds_on(postgres, stored) as made:
        yield made


@pytest.fixture(scope="session")
def finished_run(worlds: Worlds) -> tuple[World, Ended]:
    """A world whose reduced day went undisturbed, and how its process ended."""
    world = worlds.fresh()
    return world, world.demo()


@pytest.fixture(scope="session")
def finished(finished_run: tuple[World, Ended]) -> World:
    """That world. Look at it; copy it before changing anything."""
    world, ended = finished_run
    assert ended.returncode == 0, ended.stderr[-2000:]
    return world


@pytest.fixture(scope="session")
def undisturbed(finished_run: tuple[World, Ended]) -> dict[str, Any]:
    """Its document."""
    return document(finished_run[1])


@pytest.fixture(scope="session")
def second_days(worlds: Worlds) -> dict[str, tuple[World, dict[str, Any]]]:
    """Two days with memory on and with memory off, side by side: the world and its document. Copy before changing."""
    made = {memory: worlds.fresh() for memory in ("on", "off")}
    on_their_way = {
        memory: start((*INTO_THE_SECOND_DAY, "--memory", memory, "--data", str(world.data)), world.settings)
        for memory, world in made.items()
    }
    return {memory: (world, document(on_their_way[memory].wait())) for memory, world in made.items()}
