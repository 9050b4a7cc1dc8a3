"""The HTTP gateway's two ways in: inside the process without a socket, and on the socket of ``gridpact up``."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from domain.errors import OutsideFailed
from gridpact.people import admit_people
from gridpact.settings import Settings
from gridpact.wiring import (
    OIDC_SECRET,
    House,
    identity_method,
    load_rules,
    open_desk,
    open_reception,
    open_vault,
    secret_call,
)
from services.cases.cases import decide
from services.context import MARKET, TradeContext
from services.ports import IdentityProvider
from services.telling.explaining import Explanation, explain, price_facts

SERVED_LAST_S_MAX = 10


def doors(house: House, ctx: TradeContext | None = None) -> Any:
    """What the HTTP application needs of the house. ctx: the market, which can say why prices came about."""
    from gateways.http.doors import Doors
    from gateways.openadr.client import clients_of

    steps = house.steps
    return Doors(
        audience=MARKET,
        time=house.time,
        steps=steps,
        decide=lambda asker, ballot: decide(steps, asker, ballot),
        desk=lambda: open_desk(house),
        reception=open_reception(house),
        rules=load_rules(house.settings),
        openadr=clients_of(house.settings.openadr_clients),
        explain=_explainer(ctx) if ctx is not None else None,
        provider=_provider(house),
        webhook_loopback=house.settings.webhook_loopback,
        vault=lambda: open_vault(house),
        method=lambda name: identity_method(house.settings, name, house.clock),
    )


def limited(house: House, ctx: TradeContext | None) -> Any:
    """The same for those who come over the network, as often as the settings let them: a minute's worth at once."""
    from gateways.http.limits import Limits
    from identity.token_bucket import Rate

    def rate(name: str, per_min: int) -> Rate:
        return Rate(name, per_min, burst=per_min)

    of = house.settings
    limits = Limits(
        account=rate("account", of.http_account_per_min),
        address=rate("address", of.http_address_per_min),
        ingestion=rate("ingestion", of.http_ingestion_per_min),
    )
    return replace(doors(house, ctx), limits=limits)


def _provider(house: House) -> IdentityProvider | None:
    """The outside provider that settings name, if they do."""
    from gateways.http.outside_provider import OutsideProvider

    settings = house.settings
    if settings.oidc_issuer is None:
        return None
    with_secret = secret_call(house, OIDC_SECRET, settings.oidc_client_secret) or (lambda work: work(""))
    return OutsideProvider(settings.oidc_issuer, settings.oidc_client_id, with_secret, house.clock)


def _explainer(ctx: TradeContext) -> Callable[[str, int, str], Explanation]:
    def explained(site_id: str, slot: int, language: str) -> Explanation:
        with ctx.database.read() as tx:
            facts = price_facts(tx, ctx, site_id, slot)
        return explain(ctx, facts, language)

    return explained


@contextmanager
def open_door(house: House) -> Iterator[Any]:
    """A client whose requests pass the whole application, validation and error mapping included."""
    from starlette.testclient import TestClient

    from gateways.http.app import create_app

    with TestClient(create_app(doors(house)), base_url="http://gridpact.local") as client:
        yield client


def listen(settings: Settings) -> socket.socket:
    """The socket of the API, taken before anything long begins. Raises OutsideFailed when another program has it."""
    address = settings.http_host, settings.http_port
    try:
        return socket.create_server(address)
    except OSError as error:
        where = ":".join(map(str, address))
        raise OutsideFailed(
            f"the API cannot listen on {where} ({error.strerror}): set GRIDPACT_HTTP_HOST or GRIDPACT_HTTP_PORT"
        ) from error


@contextmanager
def served(house: House, listener: socket.socket, ctx: TradeContext | None = None) -> Iterator[None]:
    """The API and the pages on a thread of their own, from entering to leaving."""
    import uvicorn

    from gateways.http.app import create_app
    from review_ui.site import add_pages

    admit_people(house)
    opened = limited(house, ctx)
    app = add_pages(create_app(opened), opened)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), name="http", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=SERVED_LAST_S_MAX)
