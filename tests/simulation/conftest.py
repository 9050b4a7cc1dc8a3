"""The demonstration's community, read once for all tests of the made-up world."""

from pathlib import Path

import pytest

from simulation.community import Community, load_community
from simulation.homes import Flows, live_untraded

TRADED_DAY_FIRST_SLOT = 988_446  # 2026-05-20 00:00 in Japan


@pytest.fixture(scope="session")
def community(stored: Path) -> Community:
    return load_community(stored, seed=7)


@pytest.fixture(scope="session")
def first_slot_traded() -> int:
    return TRADED_DAY_FIRST_SLOT


@pytest.fixture(scope="session")
def past(community: Community) -> Flows:
    """Four weeks before the traded day."""
    return live_untraded(community, TRADED_DAY_FIRST_SLOT - 28 * 48, TRADED_DAY_FIRST_SLOT)
