"""Of thousands of hostile histories nothing is accepted, and the truth beside them stays as it was."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hostile_meters import AUDIENCE, METERS, NOW, History, history

from identity.keys import KeyRing
from identity.payload import readings_of
from identity.signatures import Envelope
from identity.wire import from_wire
from memory import registry
from memory.database import Database
from memory.devices import readings
from services.devices.intake import Outcome, Status, accept
from services.steps import Steps

SEEDS, HISTORIES = 10, 500


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_of_a_hostile_history_is_accepted(seed: int, database: Database, tmp_path: Path) -> None:
    """Law: after any lies, in any order, exactly the readings that honest meters sent are kept, as they sent them."""
    chance = Random(seed)
    steps = Steps(database, KeyRing(tmp_path / "keys.json", 1), lambda: NOW)
    with database.begin() as tx:
        registry.save_device(tx, *(meter.device for meter in METERS))
    played = [history(chance, boot) for boot in range(1, HISTORIES + 1)]
    true = [envelope for each in played for envelope in each.honest]
    chance.shuffle(true)  # late ones come late
    assert {outcome.status for outcome in send(steps, true)} == {Status.ACCEPTED}
    hostile = lies(played, chance)
    outcomes = send(steps, [each for each in hostile if isinstance(each, Envelope)])
    assert sum(outcome.readings for outcome in outcomes) == 0
    assert {outcome.status for outcome in outcomes} == {Status.DUPLICATE, Status.CONFLICT, Status.REFUSED}
    with database.read() as tx:
        kept = sorted((each for _, accepted in readings.by_envelope(tx) for each in accepted), key=repr)
    assert kept == sorted((each for envelope in true for each in readings_of(envelope)[0]), key=repr)


def lies(played: list[History], chance: Random) -> list[Any]:
    """All lies of all histories, shuffled, as the door reads them: an envelope, or the faults of its form."""
    found = [from_wire(record) for each in played for record in each.hostile]
    chance.shuffle(found)
    return found


def send(steps: Steps, envelopes: list[Envelope]) -> list[Outcome]:
    """In requests of a hundred."""
    groups = [envelopes[at : at + 100] for at in range(0, len(envelopes), 100)]
    return [outcome for group in groups for outcome in accept(steps, group, AUDIENCE, 30)]
