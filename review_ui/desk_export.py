"""A case's audit trail to take along: every entry as the journal signed it, so that a reader can hash it again.

The hash of an entry is the SHA-256 of its other fields but the signature, as canonical JSON (RFC 8785), with its moment
in whole microseconds since 1970. Entries of other cases lie between, so a link may name an entry that is not here.
"""

import csv
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from domain.errors import RuleBroken
from gateways.http.doors import Doors
from gateways.http.page import Name
from gateways.http.problem import Refused
from identity.action import Action
from identity.authorisation import require
from memory import cases
from memory.books import journal
from memory.books.journal import Entry
from review_ui.visit import SignedInVisit
from services.cases.case_records import records_of
from services.cases.queue import entries_of

ROUTER = APIRouter(prefix="/review")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = ("seq", "at", "actor", "kind", "subject", "body", "prev_hash", "hash", "signature")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Kind = Annotated[str, Query(pattern="^(json|csv)$")]


@ROUTER.get("/cases/{case_id}/trail")
def get_trail(request: Request, visit: SignedInVisit, case_id: Name, kind: Kind = "json") -> Response:
    """The trail of a case that one may see, as a JSON or CSV file. Raises Refused 404 and PermissionDenied."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        try:
            case = cases.get(tx, case_id)
        except RuleBroken as unknown:
            raise Refused(404, "unknown_case", str(unknown)) from None
        require(visit.person, Action.SEE_CASE, records_of(tx, [case])[0])
        rows = [_row(each) for each in entries_of(tx, case_id)]
        head = journal.head(tx)
    taken = {"Content-Disposition": f'attachment; filename="{case_id}.{kind}"'}
    if kind == "csv":
        return Response(_csv(rows), media_type="text/csv; charset=utf-8", headers=taken)
    whole = {"case": case.id, "evidence_hash": case.evidence_hash, "head": head._asdict(), "entries": rows}
    return JSONResponse(whole, headers=taken)


def _row(entry: Entry) -> dict[str, Any]:
    """An entry's fields. at: microseconds since 1970, as it was hashed. signature: base64."""
    row = {name: getattr(entry, name) for name in FIELDS}
    moment = (entry.at - EPOCH) // timedelta(microseconds=1)
    return row | {"at": moment, "signature": b64encode(entry.signature).decode()}


def _csv(rows: list[dict[str, Any]]) -> str:
    """One line an entry. A text that a spreadsheet would take for a formula has an apostrophe in front."""
    page = StringIO()
    lines = csv.writer(page)
    lines.writerow(FIELDS)
    lines.writerows([_plain(row[name]) for name in FIELDS] for row in rows)
    return page.getvalue()


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
