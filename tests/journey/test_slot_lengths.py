"""The same neighbourhood on other slot lengths: it trades, settles and closes as on half hours."""

from typing import Any

import pytest
from worlds import World, Worlds, document

from memory.database import Database
from memory.trading import contracts

SLOTS = {5: 8, 15: 6, 60: 24}
WHOLE_DAY = 60


@pytest.fixture(scope="module", params=sorted(SLOTS))
def traded(request: pytest.FixtureRequest, worlds: Worlds) -> tuple[int, World, dict[str, Any]]:
    """Four sites: eight slots of five minutes, six quarters, or a day of hours. Slot length, world and document."""
    world, slot_min = worlds.fresh(), request.param
    ended = world.demo("--sites", "4", "--slots", str(SLOTS[slot_min]), GRIDPACT_PACK=f"jp_demo_{slot_min}min")
    assert ended.returncode == 0, ended.stderr[-2000:]
    return slot_min, world, document(ended)


def test_the_laws_hold_at_every_length(traded: tuple[int, World, dict[str, Any]]) -> None:
    """Everything settles, welfare is the optimum, the ledger adds up to nothing, the chain proves every record."""
    slot_min, _, found = traded
    kpi = found["kpi"]
    assert found["slots"] == SLOTS[slot_min]
    assert (found["stopped"], found["waiting"], found["owed"]) == ({}, {}, {})
    assert kpi["welfare_ratio"] == kpi["settlement_automation"] == kpi["settlement_completion"] == 1.0
    assert kpi["ledger_sum_ujpy"] == 0
    assert kpi["chain_records"] == kpi["chain_records_verified"] > 0
    assert len(found["days"]) == (slot_min == WHOLE_DAY)


def test_contracts_say_how_long_their_slots_are(traded: tuple[int, World, dict[str, Any]]) -> None:
    """A reader of a contract needs no rule pack to know when it is delivered."""
    slot_min, world, _ = traded
    database = Database(world.url)
    with database.read() as tx:
        drafted = contracts.all(tx)
    database.close()
    assert drafted
    assert {each.terms["slot_length_min"] for each in drafted} == {slot_min}


def test_audit_proves_it_and_another_length_is_refused(traded: tuple[int, World, dict[str, Any]]) -> None:
    """A data directory counts in its own slots: under a pack of another length nothing is read out of it."""
    slot_min, world, _ = traded
    good = world.command("audit", "verify", GRIDPACT_PACK=f"jp_demo_{slot_min}min")
    assert good.returncode == 0, good.stdout[-2000:] + good.stderr[-2000:]
    refused = world.command("audit", "verify", GRIDPACT_PACK="jp_demo")
    assert refused.returncode == 1
    assert f"holds slots of {slot_min} minutes, the rule pack jp_demo trades 30" in refused.stderr
