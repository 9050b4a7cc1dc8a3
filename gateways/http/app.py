"""The application behind ``/api/v1``, put together from its doors."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import Depends, FastAPI, Request
from pydantic import AwareDatetime
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateways.http import (
    areas,
    auth,
    bills,
    cases,
    casework,
    consent,
    contracts,
    day_ahead,
    device_keys,
    devices,
    disputes,
    events,
    grants,
    grid,
    keys,
    mandates,
    oauth,
    orders,
    outside,
    papers,
    parties,
    passkeys,
    persons,
    problem,
    reading_list,
    readings,
    reputations,
    setpoints,
    sites,
    slots,
    statements,
    trades,
    vault,
    webhooks,
)
from gateways.http.body import ASIDE_MAX
from gateways.http.deprecation import DEPRECATED, Deprecated, deprecation_fields
from gateways.http.description import DescribedApi, operation_name
from gateways.http.doors import VERSION, Doors
from gateways.http.limits import rate_fields
from gateways.http.page import Answer
from gateways.http.principal import TOO_OFTEN
from gateways.http.query import named_once
from gateways.mcp.door import McpDoor
from gateways.openadr import vtn
from identity.authorisation import require_sound
from identity.resource import Resource
from services.devices.group_intake import GroupIntake

PREFIX = "/api/v1"
PARTS = (
    *(parties, sites, devices, device_keys, mandates, readings, reading_list, setpoints, slots, orders, day_ahead),
    *(trades, contracts, statements, grid, casework, cases, events, webhooks, auth, passkeys, keys, grants, outside),
    *(persons, reputations, disputes, papers, vault, areas, bills),
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Health(Answer):
    """status: ok. at: the moment, by the house's clock."""

    status: str
    version: str
    at: AwareDatetime


def create_app(doors: Doors, deprecated: Sequence[Deprecated] = DEPRECATED) -> FastAPI:
    """The ASGI application. It starts nothing and owns nothing: the doors are closed by whoever opened them.

    deprecated: what of it will go. Raises RuleValueUnusable when the policies have a fault.
    """
    require_sound()
    app = _routed(deprecated)
    app.version = doors.version
    app.state.doors = doors
    app.state.aside = asyncio.Semaphore(ASIDE_MAX)
    app.state.intake = GroupIntake(doors.steps, doors.audience, doors.time.slot_min)
    app.router.routes.append(Route(Resource.MCP, McpDoor(doors), include_in_schema=False))
    app.add_middleware(_Guarded, doors=doors, deprecated=deprecated)
    return app


def describe() -> dict[str, Any]:
    """The description of the API, OpenAPI 3.1, without anything behind it."""
    return _routed(DEPRECATED).openapi()


def _routed(deprecated: Sequence[Deprecated]) -> FastAPI:
    """The application with all its routes and none of its doors."""
    app = DescribedApi(
        deprecated,
        title="Gridpact",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_name,
    )
    problem.install(app)
    for part in PARTS:
        app.include_router(
            part.ROUTER, prefix=PREFIX, dependencies=[Depends(named_once)], responses=problem.problems(422)
        )
    for part in (oauth, consent):
        app.include_router(part.ROUTER)
    app.include_router(vtn.ROUTER, prefix=vtn.PREFIX, dependencies=[Depends(named_once)])
    app.add_api_route("/healthz", _health, methods=["GET"], tags=["health"], summary="Ask whether it is well")
    return app


def _health(request: Request) -> Health:
    """Whether the program and its database answer. Raises DatabaseDown, which becomes 503."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read():
        return Health(status="ok", version=doors.version, at=doors.steps.clock())


class _Guarded:
    """Bounds how often one asks, and puts our own fields on every answer on its way out: no stream is held up."""

    def __init__(self, app: ASGIApp, doors: Doors, deprecated: Sequence[Deprecated]) -> None:
        self._app, self._doors, self._deprecated = app, doors, deprecated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = MutableHeaders(scope=message)
                fields.update(rate_fields(request))
                fields.update(deprecation_fields(self._deprecated, request.method, request.url.path))
                for name, value in SECURITY_HEADERS.items():
                    fields.setdefault(name, value)
            await send(message)

        wait_s = self._doors.limits.of_request(request) if self._doors.limits else 0
        refusal = problem.problem(429, "too_many_requests", TOO_OFTEN, headers={"Retry-After": str(wait_s)})
        await (refusal if wait_s else self._app)(scope, receive, guarded)
