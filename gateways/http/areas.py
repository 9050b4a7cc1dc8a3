"""What an area used and made, as its operator publishes it. Everybody may see it: it names nobody."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime

from gateways.http.doors import Doors
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.reading_list import days_read
from memory.trading import area_energy
from memory.window import Window

ROUTER = APIRouter(prefix="/areas", tags=["areas"])


class AreaEnergyItem(Answer):
    """Energy of a kind (demand, solar, wind, interconnection ...) in an area and slot; less than nothing went out
    of it or into a store. revision: from 1, one more each time it was published otherwise. source: its file."""

    slot: int
    start: AwareDatetime
    kind: str
    energy_wh: int
    revision: int
    source: str


@ROUTER.get("/{area}/energy", summary="List what an area used and made")
def get_area_energy(
    request: Request,
    area: Name,
    window: Annotated[Window, Depends(window_by(int, str))],
    slots: Annotated[tuple[int, int], Depends(days_read)],
) -> Page[AreaEnergyItem]:
    """The values that count, by slot, then kind, of up to 31 days; none when nothing was imported."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        found = area_energy.latest(tx, area, *slots, window)

    def item(row: area_energy.AreaRow) -> AreaEnergyItem:
        start = doors.time.slot(row.slot).local_start(doors.time.zone)
        return AreaEnergyItem(
            slot=row.slot,
            start=start,
            kind=row.kind,
            energy_wh=row.energy_wh,
            revision=row.revision,
            source=row.source,
        )

    return page(window, found, lambda row: (row.slot, row.kind), item)
