"""The conversation with one connected charge point: its calls are answered, ours are asked one at a time.

A call is answered after the books have it. When they cannot take it (the database is away), the answer is an error,
and the charge point keeps the message and sends it again.
"""

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

from domain.errors import DeviceDown, Fault, OutsideFailed
from gateways.ocpp import v16, v201
from gateways.ocpp.frame import FORMAT, Call, Failure, Frame, Result, frame_of, schema_faults, written
from gateways.ocpp.profile import Plan, Unit, clear_request, default_request, plan_request
from gateways.ocpp.visit import Visit

LOG = logging.getLogger(__name__)
ANSWER_S_MAX = 30.0
NONSENSE_MAX = 20
ACTIONS = {"1.6": v16.ACTIONS, "2.0.1": v201.ACTIONS}
SETTINGS = {"1.6": v16.setting_requests, "2.0.1": v201.setting_requests}


class Line(Protocol):
    """The WebSocket as a conversation needs it."""

    async def send(self, message: str) -> None: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class Station:
    """One charge point while it is connected."""

    def __init__(self, visit: Visit, line: Line, answer_s_max: float = ANSWER_S_MAX) -> None:
        self.visit = visit
        self._line, self._answer_s_max = line, answer_s_max
        self._asking = asyncio.Lock()
        self._asked: tuple[str, asyncio.Future[Frame]] | None = None
        self._numbers = count(1)
        self._nonsense = 0
        self._unit: Unit = "W"
        self._prepared = False
        self._told: Plan | None = None

    async def heard(self, message: str | bytes) -> None:
        """Answer a call, or take what answers ours. Whoever sends nonsense again and again is sent away."""
        frame = frame_of(message)
        if isinstance(frame, Call):
            await self._line.send(written(await self._answer(frame)))
        elif isinstance(frame, Fault):
            await self._nonsensical(frame)
        elif self._asked is not None and self._asked[0] == frame.id and not self._asked[1].done():
            self._asked[1].set_result(frame)

    async def ask(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Ask, and return the answer. Raises DeviceDown when none comes, or when it is an error or out of form."""
        async with self._asking:
            call = Call(f"g{next(self._numbers)}", action, payload)
            waiting: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
            self._asked = call.id, waiting
            try:
                await self._line.send(written(call))
                frame = await asyncio.wait_for(waiting, self._answer_s_max)
            except TimeoutError:
                raise DeviceDown(f"{self.visit.device_id} does not answer {action}") from None
            finally:
                self._asked = None
        if not isinstance(frame, Result):
            raise DeviceDown(f"{self.visit.device_id} refuses {action}: {frame}")
        if faults := schema_faults(self.visit.version, action, frame.payload, answer=True):
            raise DeviceDown(f"{self.visit.device_id} answers {action} out of form: {faults[0]}")
        return frame.payload

    async def tell(self, plan: Plan | None, safe_w: int, slot_min: int) -> None:
        """Bring the charge point to a plan, or to none; what it has been told is not told again. Raises DeviceDown."""
        if not self._prepared:
            for request in SETTINGS[self.visit.version](slot_min):
                await self._suggest(*request)
            await self._set(lambda unit: default_request(self.visit.version, safe_w, unit))
            await self._suggest(*clear_request(self.visit.version))  # of before the connection broke
            self._prepared, self._told = True, None
        if plan == self._told:
            return
        if plan is None:
            await self._suggest(*clear_request(self.visit.version))
        else:
            wanted = plan
            await self._set(lambda unit: plan_request(self.visit.version, wanted, unit))
        self._told = plan

    async def leave(self, reason: str) -> None:
        """End the conversation."""
        await self._line.close(1008, reason)

    async def _answer(self, call: Call) -> Result | Failure:
        visit = self.visit
        action = ACTIONS[visit.version].get(call.action)
        if action is None:
            return Failure(call.id, "NotImplemented", f"{call.action} is not done here")
        if faults := schema_faults(visit.version, call.action, call.payload):
            return Failure(call.id, FORMAT[visit.version], "; ".join(map(str, faults)))
        if call.action == "BootNotification":
            self._prepared = False  # it may have forgotten what it was told
        try:
            return Result(call.id, await asyncio.to_thread(action, visit, call.payload))
        except OutsideFailed as failure:
            LOG.warning("%s: %s is not kept: %s", visit.device_id, call.action, failure)
            return Failure(call.id, "InternalError", "not kept; send it again")

    async def _nonsensical(self, fault: Fault) -> None:
        self._nonsense += 1
        if fault.where:
            await self._line.send(written(Failure(fault.where, FORMAT[self.visit.version], fault.message)))
        if self._nonsense >= NONSENSE_MAX:
            await self.leave("too much that is no OCPP")

    async def _set(self, request: Callable[[Unit], tuple[str, dict[str, Any]]]) -> None:
        """In watts, or else in amperes, where the charger takes only those."""
        answer = await self.ask(*request(self._unit))
        if answer["status"] != "Accepted" and self._unit == "W":
            self._unit = "A"
            answer = await self.ask(*request(self._unit))
        if answer["status"] != "Accepted":
            raise DeviceDown(f"{self.visit.device_id} does not take the charging profile: {answer['status']}")

    async def _suggest(self, action: str, payload: dict[str, Any]) -> None:
        """Ask for what may be refused."""
        try:
            await self.ask(action, payload)
        except DeviceDown as refusal:
            LOG.info("%s", refusal)
