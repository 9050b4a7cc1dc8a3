"""Requests that come while another's readings are being committed are committed together, in one transaction.

So a commit's cost, the wait for the disk above all, is shared by however many wait for it; a request that comes alone
waits for nobody. Each request is still answered after the commit that holds it, and a program's fault on one of them
costs the others nothing.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.errors import OutsideFailed
from identity.signatures import Envelope
from services.devices.intake import Outcome, accept
from services.steps import Steps

ENVELOPES_MAX = 1_000
AT_ONCE = 2  # while PostgreSQL writes one group, the next one's signatures are checked


class _Waiting(NamedTuple):
    envelopes: Sequence[Envelope]
    backfill: bool
    told: "asyncio.Future[list[Outcome]]"


@dataclass(slots=True)
class GroupIntake:
    """The intake of one event loop. audience: the market. slot_min: minutes of its slots."""

    steps: Steps
    audience: str
    slot_min: int
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _working: set["asyncio.Task[None]"] = field(default_factory=set)

    async def accept(self, envelopes: Sequence[Envelope], *, backfill: bool = False) -> list[Outcome]:
        """One outcome each, once they are committed. Raises what :func:`services.devices.intake.accept` raises."""
        told: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(envelopes, backfill, told))
        if len(self._working) < AT_ONCE:
            task = asyncio.create_task(self._work())
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        return await told

    async def _work(self) -> None:
        while self._waiting:
            group = self._group()
            try:
                answers = await asyncio.to_thread(self._commit, group)
            except Exception as failure:
                answers = [failure] * len(group)
            for each, answer in zip(group, answers, strict=True):
                _tell(each, answer)

    def _group(self) -> list[_Waiting]:
        """What waits and is of one kind, in the order in which it came, up to a bound."""
        group = [self._waiting.popleft()]
        count = len(group[0].envelopes)
        while self._waiting and self._waiting[0].backfill == group[0].backfill:
            count += len(self._waiting[0].envelopes)
            if count > ENVELOPES_MAX:
                break
            group.append(self._waiting.popleft())
        return group

    def _commit(self, group: list[_Waiting]) -> Sequence[list[Outcome] | Exception]:
        """All in one transaction; when the program itself fails on one of them, each in its own, to tell which."""
        try:
            together = [envelope for each in group for envelope in each.envelopes]
            outcomes = iter(accept(self.steps, together, self.audience, self.slot_min, backfill=group[0].backfill))
            return [[next(outcomes) for _ in each.envelopes] for each in group]
        except Exception as failure:
            if isinstance(failure, OutsideFailed) or len(group) == 1:
                return [failure] * len(group)
            return [answer for each in group for answer in self._commit([each])]


def _tell(waiting: _Waiting, answer: list[Outcome] | Exception) -> None:
    if waiting.told.done():  # whoever asked has gone
        return
    if isinstance(answer, Exception):
        waiting.told.set_exception(answer)
    else:
        waiting.told.set_result(answer)
