"""Which slots a list is asked for: one slot, one local day, or all of them."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from domain.errors import Fault, InputRefused
from gateways.http.doors import Doors

SLOT_MAX = 10**7 - 1  # a few centuries on, which every calendar holds
DAY_MIN, DAY_MAX = date(2000, 1, 1), date(2199, 12, 31)

Slot = Annotated[int, Field(ge=0, le=SLOT_MAX)]
Day = Annotated[date, Field(ge=DAY_MIN, le=DAY_MAX)]


def span(
    request: Request,
    slot: Annotated[Slot | None, Query(description="one slot")] = None,
    day: Annotated[Day | None, Query(description="one day of the market's calendar")] = None,
) -> tuple[int, int]:
    """A dependency: first and last slot. Raises InputRefused when both are given."""
    if slot is not None and day is not None:
        raise InputRefused([Fault("day", "two_spans", "ask for a slot or for a day")])
    if day is not None:
        doors: Doors = request.app.state.doors
        slots = doors.time.slots_of(day)
        return slots[0], slots[-1]
    return (0, SLOT_MAX) if slot is None else (slot, slot)
