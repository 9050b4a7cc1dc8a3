"""Calling subscribers of OpenADR 3.1 back: a POST of a notification for each object that changed, in order.

A subscription's place moves when its receiver has taken a notification, so each comes at least once. A failed one is
tried again after growing pauses, as webhooks are, and on for ever at the longest: a subscription is its client's to
delete. A receiver hears only of what its client may read. Changes that follow each other faster than they are told are
told once, as the object is then.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from domain.errors import OutsideFailed
from gateways.openadr.client import Clients
from gateways.openadr.subscription import Operation, SubscriptionForm, tokens_of
from gateways.openadr.vtn import Kind, may_see, shown
from memory.grid import openadr_callbacks, openadr_objects
from memory.grid.openadr_callbacks import CallbackRow
from memory.grid.openadr_objects import OpenAdrObject
from services.events.webhook_delivery import ERROR_CHARACTERS_MAX, PAUSES, Answer, Message, Send
from services.steps import Steps

PAGE_MAX = 50
LOG = logging.getLogger(__name__)
SETTLED = timedelta(seconds=2)
"""So old is a change before it is told: one with an earlier moment may still be on its way to be committed."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Who calls back. send: reaches the outside and never raises for what the outside does."""

    steps: Steps
    clients: Clients
    send: Send

    def call_round(self) -> int:
        """Tell every subscriber whose turn it is what has changed; how many notifications were taken."""
        with self.steps.database.read() as tx:
            due = openadr_callbacks.due(tx, self.steps.clock())
        return sum(map(self._guarded, due))

    def _guarded(self, row: CallbackRow) -> int:
        """Serve one subscription; what nobody foresaw is its own failure and keeps no other waiting."""
        try:
            return self._serve(row)
        except OutsideFailed:
            raise
        except Exception as broken:
            LOG.exception("callbacks of %s failed", row.subscription)
            self._keep(self._failed(row, Answer(None, type(broken).__name__)))
            return 0

    def _serve(self, row: CallbackRow) -> int:
        with self.steps.database.read() as tx:
            known = openadr_callbacks.get(tx, row.subscription)
            if known is None or known.sealed_tokens != row.sealed_tokens:
                return 0  # its client deleted or changed it since: the next round has it as it is now
            kept = openadr_objects.get(tx, Kind.SUBSCRIPTIONS, row.subscription)
            changed = list(openadr_callbacks.changed_since(tx, row, self.steps.clock() - SETTLED, PAGE_MAX))
        if kept is None or kept.client not in self.clients:
            with self.steps.database.begin("openadr-callback") as tx:
                openadr_callbacks.drop(tx, row.subscription)
            return 0
        taken, tokens = 0, tokens_of(row.sealed_tokens, self.steps.keys, row.subscription)
        for thing in changed:
            for message in self._messages(kept, thing, tokens):
                answer = self.send(message)
                if not answer.good:
                    self._keep(self._failed(row, answer))
                    return taken
                taken += 1
            row = replace(row, place_at=thing.modified_at, place_id=thing.id, failures=0, last_error=None)
            self._keep(row)
        return taken

    def _messages(self, kept: OpenAdrObject, thing: OpenAdrObject, tokens: Any) -> Iterator[Message]:
        form = SubscriptionForm.model_validate(kept.body)
        if not may_see(self.clients[kept.client], thing) or not _is_meant(form, thing):
            return
        happened = "DELETE" if thing.deleted else "UPDATE" if thing.revision else "CREATE"
        for operation, token in zip(form.objectOperations, tokens, strict=True):
            said = _notification(operation, thing, happened)
            if said is not None:
                headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
                yield Message(operation.callbackUrl, headers, json.dumps(said, ensure_ascii=False).encode())

    def _failed(self, row: CallbackRow, answer: Answer) -> CallbackRow:
        pause = PAUSES[min(row.failures, len(PAUSES) - 1)]
        error = (answer.error or f"the receiver answered {answer.status}")[:ERROR_CHARACTERS_MAX]
        return replace(row, failures=row.failures + 1, due_at=self.steps.clock() + pause, last_error=error)

    def _keep(self, row: CallbackRow) -> None:
        """Unless its client deleted or changed it meanwhile."""
        with self.steps.database.begin("openadr-callback") as tx:
            known = openadr_callbacks.get(tx, row.subscription)
            if known is not None and known.sealed_tokens == row.sealed_tokens:
                openadr_callbacks.put(tx, row)


def _is_meant(form: SubscriptionForm, thing: OpenAdrObject) -> bool:
    """Whether an object is of the subscription's program and has all of its targets."""
    program = thing.id if thing.kind == Kind.PROGRAMS else thing.body.get("programID")
    return (form.programID is None or form.programID == program) and set(form.targets or ()) <= set(
        thing.body.get("targets") or ()
    )


def _notification(operation: Operation, thing: OpenAdrObject, happened: str) -> dict[str, Any] | None:
    kind = thing.kind.removesuffix("s").upper()
    word = operation.word(kind, happened)
    if word is None:
        return None
    return {
        "objectType": kind,
        "operation": word,
        "object": shown(thing),
        "targets": thing.body.get("targets") or [],
    }
