"""What a reviewer does with a case beside deciding it: propose other terms, ask a party, ask one more expertise, hand
it on. The work is the same as over the API; here it comes from forms that take no script.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from domain.errors import Fault, GridpactError, InputRefused
from domain.party import Expertise
from domain.quantity import MJPY_PER_JPY, WH_PER_KWH
from gateways.http.doors import Doors
from gateways.http.page import Name
from identity.authorisation import Principal
from review_ui.desk import case_page
from review_ui.visit import Form, SignedForm, SignedInVisit
from services.cases.amending import amend
from services.cases.asking import ask, escalate
from services.cases.claiming import delegate
from services.steps import Steps

ROUTER = APIRouter(prefix="/review")
AMOUNT_MAX = 10**12
AMOUNTS = {"price_mjpy_per_kwh": ("price", MJPY_PER_JPY), "energy_wh": ("energy", WH_PER_KWH)}


def _amend(steps: Steps, asker: Principal, case_id: str, form: Form) -> None:
    amend(steps, asker, case_id, changes_of(form), form.get("reason", ""))


def _ask(steps: Steps, asker: Principal, case_id: str, form: Form) -> None:
    ask(steps, asker, case_id, form.get("party", ""), form.get("reason", ""))


def _escalate(steps: Steps, asker: Principal, case_id: str, form: Form) -> None:
    to = form.get("to", "")
    if to not in list(Expertise):
        raise InputRefused([Fault("to", "unknown_expertise", f"one of {', '.join(Expertise)}")])
    escalate(steps, asker, case_id, Expertise(to), form.get("reason", ""))


def _delegate(steps: Steps, asker: Principal, case_id: str, form: Form) -> None:
    delegate(steps, asker, case_id, form.get("account", ""))


WORK: Mapping[str, Callable[[Steps, Principal, str, Form], None]] = {
    "amend": _amend,
    "ask": _ask,
    "escalate": _escalate,
    "delegate": _delegate,
}


@ROUTER.post("/cases/{case_id}/work")
def post_work(request: Request, visit: SignedInVisit, case_id: Name, form: SignedForm) -> Response:
    """Do one of them, then show the case again; what was refused is said on the case's page and changes nothing."""
    assert visit.person is not None
    doors: Doors = request.app.state.doors
    try:
        if (kind := form.get("work", "")) not in WORK:
            raise InputRefused([Fault("work", "unknown_work", f"one of {', '.join(WORK)}")])
        WORK[kind](doors.steps, visit.person, case_id, form)
    except GridpactError as refused:
        return case_page(request, visit, case_id, fault=str(refused), said=dict(form), status=409)
    return RedirectResponse(f"/{visit.language}/review/cases/{case_id}", 303)


def changes_of(form: Form) -> dict[str, Any]:
    """The terms that a form changes. Raises InputRefused with every fault; what is left empty stays as it is."""
    changes: dict[str, Any] = {}
    faults = []
    for name, (field, parts) in AMOUNTS.items():
        if not (said := form.get(field, "").strip()):
            continue
        whole = _whole(said, parts)
        if whole is None:
            faults.append(Fault(field, "not_an_amount", f"{field}: a number with at most three decimals"))
        else:
            changes[name] = whole
    if clause := form.get("clause", "").strip():
        changes["extra_clauses"] = [each.strip() for each in clause.splitlines() if each.strip()]
    if not faults and not changes:
        faults = [Fault("changes", "nothing_changes", "say which terms change")]
    if faults:
        raise InputRefused(faults)
    return changes


def _whole(said: str, parts: int) -> int | None:
    """An amount in the thousandth parts that terms are kept in; None on what is none, is below zero or is finer."""
    try:
        amount = Decimal(said) * parts
    except InvalidOperation:
        return None
    fits = amount.is_finite() and 0 <= amount < AMOUNT_MAX and amount == amount.to_integral_value()
    return int(amount) if fits else None
