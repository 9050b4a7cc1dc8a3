"""A step is done once, by whoever may, and stays done."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import PermissionDenied
from identity import access
from identity.keys import KeyRing
from memory.database import Database
from services.steps import Steps

NOW = datetime(2026, 5, 20, tzinfo=UTC)


def test_a_step_that_is_done_needs_no_grant_any_more(database: Database, tmp_path: Path) -> None:
    """What was done before its grant was taken is found again, not refused: its effects may be on their way."""
    steps = Steps(database, KeyRing(tmp_path / "keys.json", 1), lambda: NOW)
    with database.begin() as tx:
        access.grant(tx, "gateway", "record")
    first = steps.run("slot:10", "record", "gateway", "record", lambda tx: {"leaves": 3})
    with database.begin() as tx:
        access.revoke(tx, "gateway", "record")
    assert steps.run("slot:10", "record", "gateway", "record", lambda tx: {"leaves": 4}) == first
    with pytest.raises(PermissionDenied):
        steps.run("slot:11", "record", "gateway", "record", lambda tx: {"leaves": 3})
