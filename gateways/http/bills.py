"""Bills: a person's month line by line, with the rule and the proof behind each; as values, PDF and CSV."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from contracts.paper.pdf import STATEMENT, pdf
from gateways.http.doors import Doors
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Name
from gateways.http.papers import Pdf
from gateways.http.problem import of_item, problems
from gateways.http.tag import tagged
from services.money.month_statement import MonthStatement, month_statement, record
from services.money.statement_page import statement_page
from services.money.statement_table import statement_csv

ROUTER = APIRouter(prefix="/bills", tags=["statements"])
Month = Annotated[str, Path(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", description="month of delivery, YYYY-MM")]
Language = Literal["ja", "en"]


class Csv(Response):
    """A table."""

    media_type = "text/csv; charset=utf-8"


class BillRule(Answer):
    """What a line rests on: its key in the rule pack, the pack's version, who says so, its number and when it holds.
    assumed: a demonstration's assumption."""

    key: str
    version: str
    source: str
    value: int | None
    first: date | None
    last: date | None
    assumed: bool


class BillLine(Answer):
    """One line. value: what the person pays, below zero what it receives. price: mJPY per kWh, or per kW and month;
    uJPY of a month; null where it moved from slot to slot. posted: stands in the ledger."""

    site: str
    section: str
    item: str
    tier: int
    first: date
    last: date
    quantity: int
    unit: str
    price: int | None
    value_ujpy: int
    tax_ppm: int | None
    posted: bool
    rules: list[BillRule]


class BillTotal(Answer):
    """What the lines of one document and rate come to, in yen; the tax inside; what was rounded off."""

    document: str
    tax_ppm: int | None
    value_jpy: int
    tax_jpy: int | None
    rounding_ujpy: int


class BillCredit(Answer):
    """What the retailer may deduct of purchases without a qualified invoice."""

    share_ppm: int
    value_jpy: int
    deduction_jpy: int


class WithoutTrading(Answer):
    """The same metered energy with the utility alone."""

    import_wh: int
    export_wh: int
    utility_ujpy: int
    buyback_ujpy: int
    monthly_ujpy: int
    value_ujpy: int


class BillTrade(Answer):
    """A delivered contract and what proves it; with_site: the other side. leaf, siblings: 32 bytes in hex each."""

    digest: str
    slot: int
    starts: str
    side: Literal["bought", "sold"]
    with_site: str
    energy_wh: int
    delivered_wh: int
    price_mjpy_per_kwh: int
    leaf: str
    siblings: list[str]
    record: str | None
    root: str | None
    receipt: dict[str, Any] | None


class BillItem(Answer):
    """A person's bill of a month. label: what a demonstration's pages bear, by language. not_qualified_because: why it
    is no qualified invoice. slots_settled of slots: how far it is. payable: in yen, below zero received."""

    number: str
    month: str
    party: str
    sites: list[str]
    first: date
    last: date
    label: dict[str, str]
    not_qualified_because: list[str]
    slots_settled: int
    slots: int
    lines: list[BillLine]
    totals: list[BillTotal]
    credits: list[BillCredit]
    value_ujpy: int
    rounding_ujpy: int
    payable_jpy: int
    without_trading: WithoutTrading
    saving_ujpy: int
    trades: list[BillTrade]


@ROUTER.get("/{party_id}/{month}", summary="Read a bill", response_model=BillItem, responses=of_item())
def get_bill(request: Request, party_id: Name, month: Month, asker: Asker) -> Response:
    """A person's month. 404 before anything of it was settled; 409 names a rule value that stops the bill."""
    return tagged(request, BillItem.model_validate(record(_found(request, party_id, month, asker))))


@ROUTER.get(
    "/{party_id}/{month}/document.pdf", summary="Read a bill as PDF", response_class=Pdf, responses=problems(404)
)
def get_bill_document(request: Request, party_id: Name, month: Month, asker: Asker, language: Language = "ja") -> Pdf:
    """The same on paper, with the proof of each trade."""
    found = _found(request, party_id, month, asker)
    return Pdf(pdf(statement_page(found, language), STATEMENT), headers=_named(found, "pdf"))


@ROUTER.get(
    "/{party_id}/{month}/lines.csv", summary="Read a bill's lines as CSV", response_class=Csv, responses=problems(404)
)
def get_bill_lines(request: Request, party_id: Name, month: Month, asker: Asker) -> Csv:
    """One row for each line, then the totals; the column of values adds up."""
    found = _found(request, party_id, month, asker)
    return Csv(statement_csv(found), headers=_named(found, "csv"))


def _found(request: Request, party_id: str, month: str, asker: Asker) -> MonthStatement:
    """The bill, when it is one's own or one sees everybody's. Raises Refused 404."""
    doors: Doors = request.app.state.doors
    with look(request, asker) as (tx, sight):
        seen = sight.party_id in (None, party_id)
        found = month_statement(tx, doors.rules, doors.time, party_id, month) if seen else None
    return found or unknown("bill", f"{party_id}/{month}")


def _named(found: MonthStatement, form: str) -> dict[str, str]:
    return {"Content-Disposition": f'inline; filename="{found.month}.{form}"'}
