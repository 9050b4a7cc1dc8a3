"""Looking at homes: one moment of the database, and whose rows the asker sees in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

from fastapi import Depends, Request
from sqlalchemy import Connection

from gateways.http.doors import Doors
from gateways.http.principal import principal_of
from gateways.http.problem import Refused
from identity.authorisation import Principal
from services.access.sight import Sight, sight_of

Asker = Annotated[Principal, Depends(principal_of)]


@contextmanager
def look(request: Request, asker: Principal) -> Iterator[tuple[Connection, Sight]]:
    """Open both. Raises PermissionDenied when the asker sees no home."""
    doors: Doors = request.app.state.doors
    with doors.steps.database.read() as tx:
        yield tx, sight_of(tx, asker)


def unknown(noun: str, name: str) -> NoReturn:
    """Raises Refused 404, for what there is not and for what the asker does not see alike."""
    raise Refused(404, f"unknown_{noun}", f"there is no {noun} {name!r} that you may see")
