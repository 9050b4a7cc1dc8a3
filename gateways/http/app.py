"""The application behind ``/api/v1``, put together from its doors."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from gateways.http import auth, cases, day_ahead, grid, keys, orders, passkeys, problem, readings, setpoints, slots
from gateways.http.doors import Doors
from gateways.openadr import vtn
from identity.authorisation import require_sound

PREFIX = "/api/v1"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def create_app(doors: Doors) -> FastAPI:
    """The ASGI application. It starts nothing and owns nothing: the doors are closed by whoever opened them.

    Raises RuleValueUnusable when the policies have a fault.
    """
    require_sound()
    app = FastAPI(title="Gridpact", version=doors.version, docs_url=None, redoc_url=None)
    app.state.doors = doors
    problem.install(app)
    for part in (readings, setpoints, slots, orders, day_ahead, grid, cases, auth, passkeys, keys):
        app.include_router(part.ROUTER, prefix=PREFIX)
    app.include_router(vtn.ROUTER, prefix=vtn.PREFIX)
    app.add_api_route("/healthz", _health, methods=["GET"], tags=["health"])
    app.middleware("http")(_guard)
    return app


def _health(request: Request) -> JSONResponse:
    """Whether the program and its database answer. Raises DatabaseDown, which becomes 503."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read():
        return JSONResponse({"status": "ok", "version": doors.version, "at": doors.steps.clock().isoformat()})


async def _guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers.update(SECURITY_HEADERS)
    return response
