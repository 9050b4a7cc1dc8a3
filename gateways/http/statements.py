"""Statements: what settlement says of a site on a day, in energy, in money, and by kind of payment."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Asked, Name, Page, page, window_by
from gateways.http.problem import of_item
from gateways.http.span import Day
from gateways.http.tag import tagged
from memory.window import Sites, Window
from services.money.statements import Statement, days_shown, statements

ROUTER = APIRouter(prefix="/statements", tags=["statements"])


class LineItem(Answer):
    """One kind of payment over the day, received less paid."""

    kind: str
    value_ujpy: int


class StatementItem(Answer):
    """One site and day. slots_settled of slots: how far it is; closed: the pool's share is in and nothing comes after.

    import, export: metered. bought, sold: with neighbours. by_contract: what of it fulfils the site's own contracts;
    through_pool: what met other members' deviations; null when a slot was settled before this was kept. from_utility,
    to_utility: the rest of what was metered. contracted: what was agreed.
    total: received less paid, the sum of the lines; no_trade: the same had there been no neighbours, null when nobody
    worked it out.
    """

    site_id: str
    day: date
    slots: int
    slots_settled: int
    closed: bool
    import_wh: int
    export_wh: int
    bought_wh: int
    sold_wh: int
    bought_by_contract_wh: int | None
    bought_through_pool_wh: int | None
    bought_from_utility_wh: int
    sold_by_contract_wh: int | None
    sold_through_pool_wh: int | None
    sold_to_utility_wh: int
    contracted_buy_wh: int
    contracted_sell_wh: int
    total_ujpy: int
    no_trade_ujpy: int | None
    lines: list[LineItem]


@ROUTER.get("", summary="List statements")
def get_statements(
    request: Request,
    asker: Asker,
    window: Annotated[Window, Depends(window_by(int, str))],
    first: Annotated[Day | None, Query(alias="from", description="the first day; a month before the last")] = None,
    last: Annotated[Day | None, Query(alias="to", description="the last day; today")] = None,
    site: Asked = None,
) -> Page[StatementItem]:
    """The statements one may see, by day, then site, of up to 366 days."""
    doors: Doors = request.app.state.doors
    days = days_shown(first, last, doors.time.day_of(doors.time.at(doors.steps.clock())))
    with look(request, asker) as (tx, sight):
        among: Sites = sight.sites if site is None else [site] if sight.has(site) else []
        found = statements(tx, doors.audience, doors.time, among, days, window)
    return page(window, found, lambda each: (each.day.toordinal(), each.summed.site_id), _item)


@ROUTER.get(
    "/{site_id}/{day}",
    summary="Read a site's statement of a day",
    response_model=StatementItem,
    responses=of_item(),
)
def get_statement(request: Request, site_id: Name, day: Annotated[Day, Path()], asker: Asker) -> Response:
    """One statement. 404 before anything of the day was settled."""
    doors: Doors = request.app.state.doors
    with look(request, asker) as (tx, sight):
        among = [site_id] if sight.has(site_id) else []
        found = statements(tx, doors.audience, doors.time, among, [day], Window(limit=1))
    return tagged(request, _item(found[0] if found else unknown("statement", f"{site_id}/{day}")))


def _item(of: Statement) -> StatementItem:
    summed = of.summed
    return StatementItem(
        site_id=summed.site_id,
        day=of.day,
        slots=of.slots_of_day,
        slots_settled=summed.slots,
        closed=of.closed,
        import_wh=summed.import_wh,
        export_wh=summed.export_wh,
        bought_wh=summed.bought_wh,
        sold_wh=summed.sold_wh,
        bought_by_contract_wh=summed.own_bought_wh,
        bought_through_pool_wh=_rest_wh(summed.bought_wh, summed.own_bought_wh),
        bought_from_utility_wh=summed.import_wh - summed.bought_wh,
        sold_by_contract_wh=summed.own_sold_wh,
        sold_through_pool_wh=_rest_wh(summed.sold_wh, summed.own_sold_wh),
        sold_to_utility_wh=summed.export_wh - summed.sold_wh,
        contracted_buy_wh=summed.contracted_buy_wh,
        contracted_sell_wh=summed.contracted_sell_wh,
        total_ujpy=of.total_ujpy,
        no_trade_ujpy=summed.no_trade_ujpy,
        lines=[LineItem(kind=kind, value_ujpy=value_ujpy) for kind, value_ujpy in of.lines.items()],
    )


def _rest_wh(all_wh: int, own_wh: int | None) -> int | None:
    return None if own_wh is None else all_wh - own_wh
