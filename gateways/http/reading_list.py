"""Readings as they are on record: in pages of those that count, and of one slot every revision. A member sees its own.

A correction stands beside what it corrects. ``counts`` marks the one that trading and settlement go by.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from domain.errors import Fault, InputRefused
from domain.reading import Quality
from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Asked, Name, Page, page, window_by
from gateways.http.problem import of_item, of_list
from gateways.http.span import Day, Slot
from gateways.http.tag import tagged
from memory.devices.reading_revisions import Revision, Wanted, amounts_of, key_of, revisions
from memory.window import Window
from services.market_time import MarketTime

ROUTER = APIRouter(prefix="/readings", tags=["readings"])
DAYS_MAX = 31
REVISIONS_MAX = 200


class ReadingItem(Answer):
    """What a device said of one slot, in Wh; (device_id, boot, counter) is its name. revision: its place among what was
    said of the site and slot, from 1; counts: nothing outranks it. stored: at the slot's end."""

    site_id: str
    slot: int
    start: AwareDatetime
    device_id: str
    boot: int
    counter: int
    quality: Quality
    revision: int
    counts: bool
    received_at: AwareDatetime
    import_wh: int
    export_wh: int
    generation_wh: int
    charge_wh: int
    discharge_wh: int
    stored_wh: int
    vehicle_charge_wh: int
    vehicle_discharge_wh: int
    vehicle_stored_wh: int


class ReadingHistory(Answer):
    """All that was said of one site and slot, revision by revision; a charger's beside the meter's."""

    items: list[ReadingItem]


def days_read(
    request: Request,
    first: Annotated[Day | None, Query(alias="from", description="the first day; the last one alone")] = None,
    last: Annotated[Day | None, Query(alias="to", description="the last day; today, or the first")] = None,
) -> tuple[int, int]:
    """A dependency: first and last slot of up to 31 days. Raises InputRefused."""
    doors: Doors = request.app.state.doors
    end = last or first or _today(doors)
    begin = first or end
    if not 0 <= (end - begin).days < DAYS_MAX:
        raise InputRefused([Fault("to", "not_a_span", f"ask for 1 to {DAYS_MAX} days, not {begin} to {end}")])
    return doors.time.slots_of(begin)[0], doors.time.slots_of(end)[-1]


@ROUTER.get("", summary="List readings", response_model=Page[ReadingItem], responses=of_list())
def get_readings(
    request: Request,
    asker: Asker,
    window: Annotated[Window, Depends(window_by(int, str, int, str))],
    slots: Annotated[tuple[int, int], Depends(days_read)],
    site: Asked = None,
    device: Asked = None,
    quality: Quality | None = None,
    revised: Annotated[bool, Query(description="also what was outranked")] = False,
) -> Response:
    """The readings one may see, by slot, then site; those that count, or with ``revised`` every revision."""
    doors: Doors = request.app.state.doors
    with look(request, asker) as (tx, sight):
        among = sight.sites if site is None else [site] if sight.has(site) else []
        wanted = Wanted(*slots, among, device, quality, only_counting=not revised)
        found = revisions(tx, wanted, window)
    return tagged(request, page(window, found, key_of, lambda each: _item(each, doors.time)))


@ROUTER.get("/{site_id}/{slot}", summary="Read a slot's readings", response_model=ReadingHistory, responses=of_item())
def get_reading(request: Request, site_id: Name, slot: Slot, asker: Asker) -> Response:
    """Every revision of what was read at a site in a slot, the first one first. 404 when nothing was."""
    doors: Doors = request.app.state.doors
    with look(request, asker) as (tx, sight):
        among = [site_id] if sight.has(site_id) else []
        found = revisions(tx, Wanted(slot, slot, among), Window(limit=REVISIONS_MAX))
    items = [_item(each, doors.time) for each in found] or unknown("reading", f"{site_id}/{slot}")
    return tagged(request, ReadingHistory(items=items))


def _item(of: Revision, time: MarketTime) -> ReadingItem:
    said = of.reading
    return ReadingItem(
        site_id=of.site_id,
        slot=said.slot,
        start=time.slot(said.slot).local_start(time.zone),
        device_id=said.device_id,
        boot=said.boot,
        counter=said.counter,
        quality=said.quality,
        revision=of.number,
        counts=of.counts,
        received_at=of.received_at,
        **amounts_of(of),
    )


def _today(doors: Doors) -> date:
    return doors.time.day_of(doors.time.at(doors.steps.clock()))
