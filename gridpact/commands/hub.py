"""``gridpact hub``: a home's own devices at the market, over ECHONET Lite or SunSpec; runs in the home, not beside
the market. Settings that name units are those of a home with SunSpec."""

import argparse
import asyncio
import json
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import OutsideFailed
from gateways.echonet.controller import Controller
from gateways.echonet.devices import EchonetHousehold
from gateways.echonet.home import Home
from gateways.echonet.settings import EchonetSettings
from gateways.hub.household import Household
from gateways.hub.hub import Clocks, Hub
from gateways.hub.hub_settings import MarketSettings, load_hub_settings
from gateways.hub.market_link import Answer, MarketLink, Post, hub_key
from gateways.hub.spool import Spool
from gateways.sunspec.bus import Bus
from gateways.sunspec.household import SunSpecHousehold
from gateways.sunspec.settings import SunSpecSettings
from gridpact.clock import wall
from gridpact.progress import Progress
from identity.keys import key_id

ANSWER_S_MAX = 10
ANSWER_BYTES_MAX = 1024 * 1024


def run(options: argparse.Namespace) -> int:
    """One of the three verbs over the hub's own settings."""
    settings = load_hub_settings(options.config, _kind(options))
    folder = options.config.resolve().parent / settings.data
    key = hub_key(folder / "hub.key")
    if options.verb == "key":
        _print_key(settings, key)
    elif isinstance(settings, SunSpecSettings):
        asyncio.run(
            _look_at_units(settings, options.json)
            if options.verb == "look"
            else _serve_units(settings, folder, key, options)
        )
    elif isinstance(settings, EchonetSettings):
        asyncio.run(
            _look(settings, options.json) if options.verb == "look" else _serve_echonet(settings, folder, key, options)
        )
    return 0


def _kind(options: argparse.Namespace) -> type[MarketSettings]:
    """By the verb, or else by whether the file names units."""
    if options.verb in {"key", "look"}:
        named = options.config.exists() and re.search(
            r"^\s*(\[\[units\]\]|units\s*=)", options.config.read_text(), re.M
        )
        return SunSpecSettings if named else EchonetSettings
    return SunSpecSettings if options.verb == "sunspec" else EchonetSettings


def _print_key(settings: MarketSettings, key: Ed25519PrivateKey) -> None:
    """What the operator of the market registers."""
    public = key.public_key().public_bytes_raw()
    print(json.dumps({"device": settings.device, "key_id": key_id(public), "public_key": public.hex()}))


async def _look(settings: EchonetSettings, as_json: bool) -> None:
    controller = Controller(settings.network)
    await controller.open()
    try:
        home = Home(controller, await controller.discover(settings.hosts))
        seen = await home.everything()
    finally:
        controller.close()
    names = [f"{each.host} {each.eoj.kind:04x}{each.eoj.instance:02x}" for each, _ in seen]
    _show({name: _record(said) for name, (_, said) in zip(names, seen, strict=True)}, as_json)


async def _look_at_units(settings: SunSpecSettings, as_json: bool) -> None:
    home = _units(settings)
    await home.find()
    _show(await home.everything(), as_json)
    home.close()


def _show(records: dict[str, dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(records))
        return
    for name, record in records.items():
        print(name, " ".join(f"{field}={value}" for field, value in record.items()) or "is silent")


def _record(said: Any) -> dict[str, Any]:
    """What a device said, by field; what it did not say is left out."""
    fields = {name: getattr(said, name) for name in said.__slots__} if said is not None else {}
    return {name: value for name, value in fields.items() if value is not None}


async def _serve_echonet(
    settings: EchonetSettings, folder: Path, key: Ed25519PrivateKey, options: argparse.Namespace
) -> None:
    controller = Controller(settings.network)
    await controller.open()
    try:
        home = EchonetHousehold(
            controller, settings.hosts, settings.self_consumption_mode, settings.charger_safe_percent
        )
        await _serve(home, settings, folder, key, options)
    finally:
        controller.close()


async def _serve_units(
    settings: SunSpecSettings, folder: Path, key: Ed25519PrivateKey, options: argparse.Namespace
) -> None:
    home = _units(settings)
    try:
        await _serve(home, settings, folder, key, options)
    finally:
        home.close()


def _units(settings: SunSpecSettings) -> SunSpecHousehold:
    buses = [Bus(each.host, each.port, each.unit, settings.answer_s) for each in settings.units]
    return SunSpecHousehold(
        buses, settings.silence_s, settings.pv_safe_percent, time.monotonic, meter_reversed=settings.meter_reversed
    )


async def _serve(
    home: Household, settings: MarketSettings, folder: Path, key: Ed25519PrivateKey, options: argparse.Namespace
) -> None:
    """Keep the home until stopped; then it is left safe."""
    progress = Progress(quiet=options.json)
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    try:
        with closing(Spool(folder / "spool.sqlite", settings.device, wall())) as spool:
            market = MarketLink(_post(settings.market_url), key, settings.device, settings.audience)
            hub = Hub(settings, home, spool, market, Clocks(wall, time.monotonic))
            progress.say(f"the hub of {settings.device} reads and sends; Ctrl-C stops and leaves the home safe")
            await hub.run(progress.say, options.ticks)
            waiting, refusals = spool.standing()
            progress.say(f"{waiting} readings wait for the market{''.join(f'; refused: {why}' for why in refusals)}")
    except asyncio.CancelledError:
        progress.say("stopped; the home is left to itself")


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
