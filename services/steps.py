"""One step of an agent: allowed, done once, written down.

LangGraph runs a node again from its start whenever a run resumes. So a node does its work through ``Steps.run``:
the grant is checked, the work and its journal entry commit in one transaction under the key (thread, node), and a
second run finds the first one's output and changes nothing. What a step owes the outside it puts into the outbox
inside the same transaction.

A step's commit does not wait for the disk: a power cut may take the last steps, which then run again from the same
rows. Before an effect leaves, everything is on the disk (workflows.effects).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

from sqlalchemy import Connection

from domain.canonical import digest
from identity import access
from identity.keys import Signers
from memory.books import journal, ledger, steps
from memory.database import Database
from settlement.books import Booking

Output = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Steps:
    """Runs steps against one database, signs them with the actor's own key, dates them by the given clock."""

    database: Database
    keys: Signers
    clock: Callable[[], datetime]

    def run(self, thread: str, node: str, actor: str, action: str, work: Callable[[Connection], Output]) -> Output:
        """Do ``work`` once for (thread, node) as ``actor`` and return its output, whole numbers and text only.

        Raises PermissionDenied when the actor has no grant for the action, and whatever ``work`` raises; then
        nothing of it is kept. The time that is written down with the work ends just before the commit: a transaction
        cannot hold what its own end takes, and one more for the sake of a figure would cost more than it tells.
        """
        began = perf_counter()
        with self.database.begin(node, on_disk=False) as tx:
            known = steps.find(tx, thread, node)
            if known is not None:  # done is done: a grant that was taken since undoes nothing
                return known
            access.require(tx, actor, action)
            before, output = ledger.head(tx), work(tx)
            steps.add(tx, thread, node, output, self.clock())
            body = {"action": action, "output": digest(output)} | _booked(before, ledger.head(tx))
            self.note(tx, actor, f"step.{node}", thread, body)
            steps.add_time(tx, thread, node, perf_counter() - began)
        return output

    def output(self, thread: str, node: str) -> Output:
        """What an earlier step of the thread returned. Asserts that it ran."""
        with self.database.begin("output") as tx:
            known = steps.find(tx, thread, node)
        assert known is not None, f"{thread} has not run {node}"
        return known

    def note(self, tx: Connection, actor: str, kind: str, subject: str, body: dict[str, Any]) -> None:
        """Append one signed entry to the journal."""
        journal.append(tx, self.clock(), actor, kind, subject, body, lambda entry: self.keys.sign(actor, entry))


def _booked(before: Booking, after: Booking) -> Output:
    """What the journal says of a step that moved money: where the ledger's chain then stood, so that whoever signs the
    step signs every booking up to there."""
    return {} if after == before else {"booking": after.seq, "ledger": after.hash}
