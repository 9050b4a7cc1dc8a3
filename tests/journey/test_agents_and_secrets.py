"""Agents get calls, never secrets: everything that a node of a graph can reach is walked."""

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MethodType
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from domain.errors import PermissionDenied
from domain.party import Party, Role
from domain.site import Device, DeviceKind, Site
from gridpact.places import Places
from gridpact.settings import Settings
from gridpact.wiring import House, load_rules, open_house, open_market, open_vault
from identity import access
from identity.keys import KeyRing
from identity.sealing import seal
from identity.vault import MasterKeys
from memory import registry
from memory.database import Database
from services.access.vault import Vault
from services.context import TradeContext
from services.ports import Forecaster, Homes

NOW = datetime(2026, 5, 20, tzinfo=UTC)
GIVES_SECRETS = (KeyRing, MasterKeys, Vault, Ed25519PrivateKey, SecretStr, Settings, House)
OBJECTS_MAX = 400_000


@dataclass(frozen=True)
class Kept:
    """What must not be found: every secret of a house, as text and bytes."""

    values: tuple[str | bytes, ...]

    def is_in(self, found: object) -> bool:
        """Whether one stands in a text or in bytes."""
        if isinstance(found, str):
            return any(each in found for each in self.values if isinstance(each, str))
        if isinstance(found, bytes):
            return any(each in found for each in self.values if isinstance(each, bytes))
        return False


def reached(start: object) -> Iterator[tuple[str, object]]:
    """Every object that attributes, slots, fields, entries and the owners of methods lead to, with the way to it."""
    waiting, seen = deque([("ctx", start)]), {0}
    while waiting:
        way, found = waiting.popleft()
        yield way, found
        assert len(seen) < OBJECTS_MAX, way
        for name, inner in _inside(found):
            if id(inner) not in seen and not isinstance(inner, type | int | float):
                seen.add(id(inner))
                waiting.append((f"{way}.{name}", inner))


def _inside(found: object) -> Iterator[tuple[str, object]]:
    if isinstance(found, dict):
        yield from ((str(name), inner) for name, inner in list(found.items())[:1_000])
    elif isinstance(found, list | tuple | set | frozenset):
        yield from ((str(at), inner) for at, inner in enumerate(list(found)[:1_000]))
    elif isinstance(found, MethodType):
        yield "__self__", found.__self__
    elif type(found).__module__.split(".")[0] not in {"builtins", "numpy", "sqlalchemy", "threading", "types"}:
        yield from list(getattr(found, "__dict__", {}).items())
        names = [name for each in type(found).__mro__ for name in getattr(each, "__slots__", ())]
        names += [each.name for each in fields(found)] if is_dataclass(found) else []
        yield from ((name, getattr(found, name)) for name in names if hasattr(found, name))


@pytest.fixture
def market(database: Database, tmp_path: Path) -> Iterator[tuple[TradeContext, House, Kept]]:
    """A house whose outside secrets lie in the vault and in its settings, opened as the market opens it."""
    made, nats = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    said = {"database_url": database.url, "openai_base_url": "http://127.0.0.1:9/v1", "nats_url": nats}
    settings = Settings.model_validate(said)
    with open_house(settings, Places.of(tmp_path, None), lambda: NOW, None) as house:
        with database.begin("world") as tx:
            access.grant_defaults(tx)
            registry.save_party(tx, Party("R", "R", Role.RETAILER))
            registry.save_site(tx, Site("S1", "P1", "tokyo"))
            registry.save_device(tx, Device("M1", "S1", DeviceKind.METER, 0))
        open_vault(house).put("openai_api_key", made, "test")
        nobody = cast(Any, object())
        ctx = open_market(house, load_rules(settings), cast(Homes, nobody), cast(Forecaster, nobody), 0, recalls=False)
        ctx.steps.keys.sign("runtime", b"x")
        operator, masters = house.keys.operator_key(), open_vault(house).keys._keys
        actors = list(house.keys._secrets.values())
        raw = [operator, *masters, *actors]
        yield ctx, house, Kept((made, nats, made.encode(), nats.encode(), *raw, *(each.hex() for each in raw)))


def test_nothing_that_a_node_reaches_is_or_gives_a_secret(market: tuple[TradeContext, House, Kept]) -> None:
    """No text or bytes hold one, and no object is of a kind whose methods return one."""
    ctx, _, kept = market
    count = 0
    for way, found in reached(ctx):
        count += 1
        assert not isinstance(found, GIVES_SECRETS), way
        assert not kept.is_in(found), way
    assert count > 200, "the walk must reach what there is"


def test_the_walk_finds_what_is_planted(market: tuple[TradeContext, House, Kept]) -> None:
    """The test's own eyes: a ring, a vault and a bare text are each found behind a few steps."""
    _, house, kept = market
    planted: list[Callable[[], object]] = [
        lambda: [{"a": house.keys}],
        lambda: (house.keys.sign,),
        lambda: {"v": open_vault(house)},
    ]
    for plant in planted:
        assert any(isinstance(found, GIVES_SECRETS) for _, found in reached(plant()))
    assert any(kept.is_in(found) for _, found in reached([{"x": f"Bearer {kept.values[0]!s}"}]))


def test_an_agent_signs_as_an_actor_and_opens_nothing_sealed(market: tuple[TradeContext, House, Kept]) -> None:
    """Its signatures are the house's; what secrets are sealed under does not follow from any it can make."""
    ctx, house, _ = market
    assert ctx.keys.sign("runtime", b"said") == house.keys.sign("runtime", b"said")
    assert ctx.keys.public("runtime") == house.keys.public("runtime")
    with pytest.raises(PermissionDenied):
        seal(ctx.keys, secrets.token_bytes, b"secret", "whose")
