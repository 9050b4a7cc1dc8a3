"""The pages, put together: one application under ``/ja`` and ``/en``, their files under ``/static``, and errors that
people can read."""

from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from domain.errors import GridpactError, OutsideFailed
from gateways.http.doors import Doors
from gateways.http.problem import Refused, status_of
from review_ui import bills, desk, desk_export, desk_work, me, sign_in
from review_ui.languages import LANGUAGES, preferred
from review_ui.paper import show
from review_ui.visit import SignInNeeded, visit_of

PARTS = (sign_in, me, bills, desk, desk_export, desk_work)
STATIC = Path(__file__).parent / "static"


def add_pages(app: FastAPI, doors: Doors) -> FastAPI:
    """Add the pages to the application of the API, whose doors they share."""
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    pages.state.doors = doors
    for part in PARTS:
        pages.include_router(part.ROUTER)
    for kind, shown in ((SignInNeeded, _to_sign_in), (GridpactError, _refused), (Refused, _refused)):
        pages.add_exception_handler(kind, shown)
    pages.add_exception_handler(HTTPException, _missing)
    app.router.routes += [
        Route("/", _front, include_in_schema=False),
        *(Mount(f"/{language}", pages) for language in LANGUAGES),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return app


def _front(request: Request) -> Response:
    language = preferred(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language}/", 303, {"Vary": "Accept-Language"})


def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    language = request.scope["root_path"].rpartition("/")[2]
    return RedirectResponse(f"/{language}/sign-in?{urlencode({'after': error.after})}", 303)


def _refused(request: Request, error: Exception) -> Response:
    """What was refused, and what to do. What of the outside failed is not told to strangers."""
    status = error.status if isinstance(error, Refused) else status_of(error)  # type: ignore[arg-type]
    fault = "" if isinstance(error, OutsideFailed) else str(error)
    return show(visit_of(request), "refused", status, fault=fault)


def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return show(visit_of(request), "refused", error.status_code, fault="")
