"""A directory holds real homes or simulated ones for good: the demonstration's experts never meet a real market."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from brokers import free_port
from processes import run
from worlds import World, Worlds

from gridpact.clock import HandClock
from gridpact.commands.up import REAL
from gridpact.places import Places
from gridpact.settings import load_settings
from gridpact.wiring import open_house
from memory import world as facts
from memory.access import accounts

NOW = datetime(2026, 5, 20, tzinfo=UTC)
HOLDS = {True: "holds real homes", False: "holds a simulated neighbourhood"}


def begun(world: World, community: str, *, real: bool, said: bool) -> None:
    """A market that was opened as this. said: by a version that wrote down which kind it is."""
    plan = {"first_day": "2026-05-20", "days": 1, "community": community, "seed": 7, "planted": False, "slot_min": 30}
    with open_house(load_settings(world.settings), Places.of(world.data, world.cache), HandClock(NOW), 7) as house:
        house.database.migrate()
        with house.database.begin("begun") as tx:
            facts.put(tx, "plan", plan)
            if said:
                facts.put(tx, REAL, real)


def logins(world: World) -> list[str]:
    with (
        open_house(load_settings(world.settings), Places.of(world.data, world.cache), HandClock(NOW), 7) as house,
        house.database.read() as tx,
    ):
        return [each.login for each in accounts.all(tx)]


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("real", [True, False])
def test_a_market_is_never_gone_on_with_as_the_other_kind(
    worlds: Worlds, tmp_path: Path, real: bool, said: bool
) -> None:
    """One line that says which kind the directory holds, and no account of a demonstration is made."""
    world, folder = worlds.fresh(), tmp_path / "street"
    folder.mkdir()
    begun(world, str(folder) if real else "1-LV-rural3--2-sw", real=real, said=said)
    other = () if real else ("--community", str(folder))
    settings = world.settings | {"GRIDPACT_HTTP_PORT": str(free_port())}
    refused = run(("up", *other, "--ticks", "0", "--data", str(world.data)), settings)
    assert refused.returncode == 1, refused.stderr
    assert HOLDS[real] in refused.stderr
    assert logins(world) == []
    assert not Places.of(world.data).experts.exists()
