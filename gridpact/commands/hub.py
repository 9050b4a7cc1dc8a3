"""``gridpact hub``: a home's own devices at the market, over ECHONET Lite; runs in the home, not beside the market."""

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import OutsideFailed
from gateways.echonet.controller import Controller
from gateways.echonet.home import Home
from gateways.echonet.hub import Clocks, Hub
from gateways.echonet.hub_settings import HubSettings, load_hub_settings
from gateways.echonet.market_link import Answer, MarketLink, Post, hub_key
from gateways.echonet.spool import Spool
from gridpact.clock import wall
from gridpact.progress import Progress
from identity.keys import key_id

ANSWER_S_MAX = 10
ANSWER_BYTES_MAX = 1024 * 1024


def run(options: argparse.Namespace) -> int:
    """One of the three verbs over the hub's own settings."""
    settings = load_hub_settings(options.config)
    folder = options.config.resolve().parent / settings.data
    key = hub_key(folder / "hub.key")
    if options.verb == "key":
        _print_key(settings, key)
    elif options.verb == "look":
        asyncio.run(_look(settings, options.json))
    else:
        asyncio.run(_serve(settings, folder, key, options))
    return 0


def _print_key(settings: HubSettings, key: Ed25519PrivateKey) -> None:
    """What the operator of the market registers."""
    public = key.public_key().public_bytes_raw()
    print(json.dumps({"device": settings.device, "key_id": key_id(public), "public_key": public.hex()}))


async def _look(settings: HubSettings, as_json: bool) -> None:
    controller = Controller(settings.network)
    await controller.open()
    try:
        home = Home(controller, await controller.discover(settings.hosts))
        seen = await home.everything()
    finally:
        controller.close()
    names = [f"{each.host} {each.eoj.kind:04x}{each.eoj.instance:02x}" for each, _ in seen]
    if as_json:
        records = {name: _record(said) for name, (_, said) in zip(names, seen, strict=True)}
        print(json.dumps(records))
        return
    for name, (_, said) in zip(names, seen, strict=True):
        print(name, " ".join(f"{field}={value}" for field, value in _record(said).items()) or "is silent")


def _record(said: Any) -> dict[str, Any]:
    """What a device said, by field; what it did not say is left out."""
    fields = {name: getattr(said, name) for name in said.__slots__} if said is not None else {}
    return {name: value for name, value in fields.items() if value is not None}


async def _serve(settings: HubSettings, folder: Path, key: Ed25519PrivateKey, options: argparse.Namespace) -> None:
    progress = Progress(quiet=options.json)
    controller = Controller(settings.network)
    await controller.open()
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    try:
        with closing(Spool(folder / "spool.sqlite", settings.device, wall())) as spool:
            market = MarketLink(_post(settings.market_url), key, settings.device, settings.audience)
            hub = Hub(settings, controller, spool, market, Clocks(wall, time.monotonic))
            progress.say(f"the hub of {settings.device} reads and sends; Ctrl-C stops and leaves the home safe")
            await hub.run(progress.say, options.ticks)
            waiting, refusals = spool.standing()
            progress.say(f"{waiting} readings wait for the market{''.join(f'; refused: {why}' for why in refusals)}")
    except asyncio.CancelledError:
        progress.say("stopped; the home is left to itself")
    finally:
        controller.close()


def _within_bounds(chunks: Iterator[bytes]) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise OutsideFailed(f"the market answers with more than {ANSWER_BYTES_MAX} bytes")
    return body


def _post(market_url: str) -> Post:
    """Posts JSON to the market and checks its certificate."""
    import httpx2 as httpx

    client = httpx.Client(base_url=market_url, timeout=ANSWER_S_MAX, follow_redirects=False)

    def post(path: str, body: Any) -> Answer:
        try:
            with client.stream("POST", path, json=body) as response:
                return Answer(response.status_code, _within_bounds(response.iter_bytes()))
        except httpx.HTTPError as error:
            raise OutsideFailed(f"the market {market_url} does not answer: {error}") from error

    return post
