"""Webhooks of one's own under ``/webhooks``: where events are sent as they happen, signed after Standard Webhooks."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.errors import InputRefused
from domain.event import EventKind
from gateways.http.body import form, form_body
from gateways.http.doors import Doors
from gateways.http.look import Asker
from gateways.http.page import Answer, Name
from gateways.http.problem import Refused, problems
from gateways.webhooks.address import URL_CHARACTERS_MAX, check_url
from identity.action import Action
from identity.authorisation import Principal, Record, require
from memory.events import webhooks
from memory.events.webhooks import WebhookRow
from services.events.webhooks import enable_webhook, end_webhook, make_webhook

ROUTER = APIRouter(prefix="/webhooks", tags=["webhooks"])


def owner(asker: Asker) -> Principal:
    """Whoever asks and may have webhooks; raises as ``require`` does."""
    require(asker, Action.MANAGE_WEBHOOKS, Record(frozenset({asker.party})))
    return asker


Owner = Annotated[Principal, Depends(owner)]


class NewWebhookForm(BaseModel):
    """url: where events go, https. kinds: which, all when empty."""

    model_config = ConfigDict(extra="forbid", strict=True)
    url: Annotated[str, Field(min_length=1, max_length=URL_CHARACTERS_MAX)]
    kinds: Annotated[list[Annotated[EventKind, Field(strict=False)]], Field(max_length=len(EventKind))] = []


class WebhookItem(Answer):
    """One webhook. state: active, or disabled with ``last_error`` as reason. next: the place of its next event."""

    id: str
    url: str
    kinds: list[EventKind]
    state: str
    made_at: AwareDatetime
    delivered_at: AwareDatetime | None
    failures: int
    due_at: AwareDatetime
    last_error: str | None
    next: str


class NewWebhook(WebhookItem):
    """A new webhook. secret: what its messages are signed with, shown this once."""

    secret: str


class WebhookItems(Answer):
    """One's own webhooks, by when they were made."""

    items: list[WebhookItem]


@ROUTER.get("", summary="List one's webhooks")
def get_webhooks(request: Request, asker: Owner) -> WebhookItems:
    """One's own webhooks and how they fare."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        found = webhooks.of_account(tx, asker.account)
    return WebhookItems(items=[WebhookItem.model_validate(webhook_record(each)) for each in found])


@ROUTER.post(
    "",
    summary="Make a webhook",
    status_code=201,
    responses=problems(409),
    openapi_extra=form_body(NewWebhookForm),
)
def post_webhook(
    request: Request, asker: Owner, given: Annotated[NewWebhookForm, Depends(form(NewWebhookForm))]
) -> NewWebhook:
    """Send what happens from now on to an address. The secret is shown this once. 409 over ten of one account."""
    doors: Doors = request.app.state.doors
    check_url(given.url, loopback=doors.webhook_loopback)
    made = make_webhook(doors.reception, asker, given.url, given.kinds)
    return NewWebhook.model_validate(webhook_record(made.row) | {"secret": made.secret})


@ROUTER.delete("/{webhook_id}", summary="End a webhook", status_code=204, responses=problems(404))
def delete_webhook(request: Request, webhook_id: Name, asker: Owner) -> None:
    """End a webhook of one's own."""
    doors: Doors = request.app.state.doors
    try:
        end_webhook(doors.reception, asker.account, webhook_id)
    except InputRefused as unknown:
        raise Refused(404, "unknown_webhook", str(unknown)) from None


@ROUTER.post("/{webhook_id}/enable", summary="Try a webhook again", responses=problems(404))
def post_enable(request: Request, webhook_id: Name, asker: Owner) -> WebhookItem:
    """Try a webhook again now, from the first event that was not taken."""
    doors: Doors = request.app.state.doors
    try:
        row = enable_webhook(doors.reception, asker.account, webhook_id)
    except InputRefused as unknown:
        raise Refused(404, "unknown_webhook", str(unknown)) from None
    return WebhookItem.model_validate(webhook_record(row))


def webhook_record(row: WebhookRow) -> dict[str, Any]:
    """A webhook for its owner, without its secret."""
    return {
        "id": row.id,
        "url": row.url,
        "kinds": list(row.kinds),
        "state": "active" if row.disabled_at is None else "disabled",
        "made_at": row.made_at.isoformat(),
        "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
        "failures": row.failures,
        "due_at": row.due_at.isoformat(),
        "last_error": row.last_error,
        "next": str(row.place),
    }
