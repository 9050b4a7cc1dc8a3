"""One's own bills: a month line by line, as page, PDF and table."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateways.http.doors import Doors
from review_ui.paper import show
from review_ui.visit import SignedInVisit
from services.access.sight import sight_of
from services.money.month_statement import month_statement
from services.money.statement_page import statement_page

ROUTER = APIRouter()
Month = Annotated[str, Query(pattern="^(20[0-9]{2}-(0[1-9]|1[0-2]))?$")]


@ROUTER.get("/me/bills")
def get_bills(request: Request, visit: SignedInVisit, month: Month = "") -> Response:
    """The month that is asked for; without one, the month in which the visitor comes."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    asked = month or f"{doors.time.day_of(doors.time.at(visit.now)):%Y-%m}"
    party_id = visit.person.party
    with doors.steps.database.read() as tx:
        sight_of(tx, visit.person)
        found = month_statement(tx, doors.rules, doors.time, party_id, asked)
    page = statement_page(found, visit.language) if found else None
    return show(visit, "bills", d=page, month=asked, party_id=party_id)
