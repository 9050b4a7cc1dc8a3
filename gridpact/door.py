"""The HTTP gateway opened inside the process: the same application that ``gridpact up`` serves, without a socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gridpact.wiring import House
from services.cases import decide
from services.context import MARKET


def doors(house: House) -> Any:
    """What the HTTP application needs of the house."""
    from gateways.http.doors import Doors

    steps = house.steps
    return Doors(
        audience=MARKET,
        zone=house.zone,
        steps=steps,
        decide=lambda ballot: decide(steps, ballot),
        people={token: person for person, token in house.settings.people.items()},
    )


@contextmanager
def open_door(house: House) -> Iterator[Any]:
    """A client whose requests pass the whole application, validation and error mapping included."""
    from starlette.testclient import TestClient

    from gateways.http.app import create_app

    with TestClient(create_app(doors(house)), base_url="http://gridpact.local") as client:
        yield client
