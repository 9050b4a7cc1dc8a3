"""The one place where adapters meet ports. Everything else is handed what it needs.

A house is the real parts under one data directory: database, checkpoints, keys, episodes, chain. A market is a house
with a community in it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import Connection

from domain.connection import Connections, connections_from, without_wires
from domain.errors import RuleBroken
from domain.party import Role
from gridpact.places import Places
from gridpact.settings import Settings
from identity.keys import AgentSigners, KeyRing
from identity.passkey import Website
from identity.vault import MasterKeys
from memory import registry
from memory import world as facts
from memory.database import Database
from policies.pack import load_pack
from services.access.reception import Reception
from services.access.vault import Vault
from services.context import MARKET, TradeContext
from services.deals.deal_parties import Premises
from services.histories import Histories
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.outlook import Outlooks
from services.policies.active import follow
from services.ports import Forecaster, Homes, IdentityMethod, Writer
from services.roster import BILLING_DAYS, Roster, load_roster
from services.rules import Rules
from services.steps import Steps

if TYPE_CHECKING:
    from gateways.chain.ledger import ChainLedger
    from gridpact.scheduler import Scheduler

MODEL_KEY, OIDC_SECRET, NATS_ADDRESS, CHAIN_KEY = "openai_api_key", "oidc_client_secret", "nats_url", "chain_key"
"""Names in the vault."""
Clock = Callable[[], datetime]
Result = TypeVar("Result")


class SecretCall(Protocol):
    """Does something with a secret, and gives back what came of it."""

    def __call__(self, work: Callable[[str], Result], /) -> Result: ...


@dataclass(frozen=True, slots=True)
class House:
    """The real parts of one data directory. leaving: what is still to be closed when the house is."""

    settings: Settings
    places: Places
    database: Database
    keys: KeyRing
    clock: Clock
    leaving: ExitStack

    @property
    def steps(self) -> Steps:
        return Steps(self.database, self.keys, self.clock)

    @property
    def time(self) -> MarketTime:
        """The market's slots, as the rule pack that the settings name has them. Raises RuleBroken when the two count
        their days in other time zones."""
        rules = load_rules(self.settings)
        if rules.pack.time_zone not in ("", self.settings.time_zone):
            raise RuleBroken(
                f"the rule pack {self.settings.pack} counts its days in {rules.pack.time_zone}, the settings in "
                f"{self.settings.time_zone}: set GRIDPACT_TIME_ZONE to the pack's"
            )
        return MarketTime(rules.product, ZoneInfo(self.settings.time_zone))

    def require_slots(self, slot_min: int) -> None:
        """Raises RuleBroken when what is stored counts in slots of another length than the rules do."""
        if slot_min != self.time.slot_min:
            raise RuleBroken(
                f"{self.places.data} holds slots of {slot_min} minutes, the rule pack {self.settings.pack} trades "
                f"{self.time.slot_min}: set GRIDPACT_PACK to the pack it was begun with, or choose another --data"
            )


@contextmanager
def open_house(settings: Settings, places: Places, clock: Clock, seed: int | None) -> Iterator[House]:
    """Start or reach the database and open the keys; what was started is stopped at the end, when nobody else uses it.

    seed: derive the house's keys from it, for demonstrations. Raises DatabaseDown, StorageFull, OutsideFailed.
    """
    with ExitStack() as stack:
        url = settings.database_url or _embedded(stack, places)
        database = Database(url, _crash_hook(settings))
        stack.callback(database.close)
        yield House(settings, places, database, KeyRing(places.keys, seed), clock, stack)


def _embedded(stack: ExitStack, places: Places) -> str:
    from memory.embedded import start

    server = start(places.postgres)
    stack.callback(server.stop)
    return server.url("gridpact")


def _crash_hook(settings: Settings) -> Callable[[str], None] | None:
    if settings.crash_at is None:
        return None
    from simulation.faults import crash_at

    return crash_at(settings.crash_at)


def open_reception(house: House) -> Reception:
    """Where people and programs sign in: the site that browsers know us by, and the machine's own chance."""
    settings = house.settings
    origin = settings.origin or f"http://localhost:{settings.http_port}"
    return Reception(house.steps, os.urandom, Website(origin))


def load_rules(settings: Settings) -> Rules:
    """The rule pack that the settings name, for their area."""
    return Rules(load_pack(settings.pack), settings.area)


def open_chain(house: House) -> "ChainLedger":
    """The embedded chain, or the one that ``chain_url`` names. Raises ChainDown."""
    from gateways.chain.embedded import open_embedded
    from gateways.chain.ledger import ChainLedger

    settings, operator = house.settings, house.keys.operator_key()
    if settings.chain_url:
        ledger = _ledger_at(house, settings.chain_url, operator)
        if settings.chain_contract is None:
            ledger.deploy_once()
        return ledger
    house.places.chain.mkdir(parents=True, exist_ok=True)
    ledger = ChainLedger(
        open_embedded(house.places.chain, settings.chain_id, operator, house.clock), operator, settings.chain_id
    )
    ledger.deploy_once()
    return ledger


def _ledger_at(house: House, url: str, operator: bytes) -> "ChainLedger":
    """An outside chain's, under the vault's ``chain_key`` (64 hex digits) when it holds one, else the house's own."""
    from gateways.chain.ledger import ChainLedger
    from gateways.chain.rpc import connect

    def opened(key: bytes) -> ChainLedger:
        return ChainLedger(connect(url), key, house.settings.chain_id, house.settings.chain_contract)

    with_key = secret_call(house, CHAIN_KEY)
    if with_key is None:
        return opened(operator)
    try:
        return with_key(lambda key: opened(bytes.fromhex(key)))
    except ValueError:
        raise RuleBroken(f"the vault's {CHAIN_KEY} is no secp256k1 key in 64 hex digits: set it again") from None


def open_vault(house: House) -> Vault:
    """The secrets of outside systems, under the master keys of a file that is no part of the database."""
    path = house.settings.vault_key_file or house.places.vault
    return Vault(house.steps, MasterKeys(path, os.urandom))


def secret_call(house: House, name: str, setting: SecretStr | None = None) -> SecretCall | None:
    """A call in which an outside system's secret is used: that of the settings, else the vault's of this name; None
    when there is neither. This is the door for every gateway that needs one: none of them keeps a secret."""
    if setting is not None and (said := setting.get_secret_value()):
        return lambda work: work(said)
    vault = open_vault(house)
    return (lambda work: vault.use(name, work)) if vault.holds(name) else None


def identity_method(settings: Settings, name: str, clock: Clock) -> IdentityMethod:
    """How somebody proves who it is. Raises RuleBroken when the method is not set up here, RuleValueUnusable."""
    from gateways.evidence.jpki import JpkiMethod
    from gateways.evidence.manual import ManualMethod

    if name == ManualMethod.name:
        return ManualMethod()
    if settings.jpki_roots is None or not settings.jpki_roots.exists():
        raise RuleBroken("personal certificates need roots: name their file in GRIDPACT_JPKI_ROOTS")
    rules, today = load_rules(settings), clock().date()
    age_max = timedelta(minutes=rules.pack.value("revocation_age", today))
    return JpkiMethod(settings.jpki_roots.read_bytes(), age_max)


def writers(house: House) -> tuple[Writer, Writer]:
    """Who words cases, and who stands in: the model when an endpoint or key is set, and always the template.

    The key is that of the settings, or else the vault's ``openai_api_key``; whoever is handed the writer has no way to
    it.
    """
    from gateways.llm.template_writer import TemplateWriter

    settings, template = house.settings, TemplateWriter()
    with_key = secret_call(house, MODEL_KEY, settings.openai_api_key)
    if not (settings.openai_base_url or with_key):
        return template, template
    from gateways.llm.openai_writer import OpenAIWriter
    from gridpact.keyed_writer import KeyedWriter

    def model(key: str) -> Writer:
        return OpenAIWriter(settings.openai_model, key, settings.openai_base_url, fallback=template)

    return KeyedWriter(model, with_key or (lambda work: work("not-needed"))), template


def open_market(
    house: House, rules: Rules, homes: Homes, forecaster: Forecaster, first_known_slot: int, *, recalls: bool
) -> TradeContext:
    """Everything a slot's graph needs, over the community that is registered in the house's database."""
    from memory.learning.episodes import Episodes

    time = house.time
    with house.database.begin("roster") as tx:
        roster = load_roster(tx, time.slot_min)
        connections = _connections(tx, roster, time)
        follow(tx, rules)
        retailer = next(each for each in registry.parties(tx) if each.role is Role.RETAILER)
    writer, stand_in = writers(house)
    keys = AgentSigners(house.keys)
    histories = Histories(house.database, roster.ids, first_known_slot)
    return TradeContext(
        market=MARKET,
        area=house.settings.area,
        retailer=retailer,
        time=time,
        database=house.database,
        steps=replace(house.steps, keys=keys),
        keys=keys,
        rules=rules,
        roster=roster,
        connections=connections,
        histories=histories,
        forecaster=forecaster,
        episodes=Episodes(house.places.episodes),
        chain=open_chain(house),
        homes=homes,
        writer=writer,
        stand_in=stand_in,
        outlooks=Outlooks(histories, forecaster, roster.ids, time),
        language=house.settings.language,
        recalls=recalls,
    )


def open_premises(house: House, slot: int) -> Premises:
    """What negotiations before a slot stand on; neither chain nor forecaster is opened for them."""
    time, rules = house.time, load_rules(house.settings)
    with house.database.read() as tx:
        roster = load_roster(tx, time.slot_min)
        follow(tx, rules)
    histories = Histories(house.database, roster.ids, slot - (BILLING_DAYS + 1) * time.per_day)
    return Premises(house.steps, rules, roster, histories, time)


def open_desk(house: House) -> Desk:
    """The order desk over who takes part now, from the database alone."""
    time, rules = house.time, load_rules(house.settings)
    with house.database.read() as tx:
        roster = load_roster(tx, time.slot_min)
        connections = _connections(tx, roster, time)
        follow(tx, rules)
    return Desk(MARKET, house.steps, rules, roster, connections, time)


def _connections(tx: Connection, roster: Roster, time: MarketTime) -> Connections:
    """The feeder that was described, or everybody at one busbar."""
    described = facts.get(tx, "connections")
    return connections_from(described) if described else without_wires(len(roster.ids), time.slot_min)


def open_scheduler(house: House, ctx: TradeContext, first_slot: int, judge: Any = None) -> "Scheduler":
    """The clockwork over the compiled graphs and their checkpoints. first_slot: the market's first."""
    from gridpact.scheduler import Scheduler
    from memory.checkpoints import checkpointer, close
    from workflows.case import case_graph
    from workflows.negotiation import deal_graph
    from workflows.trading_day import trading_day

    saver = checkpointer(house.database.url)
    house.leaving.callback(close, saver)
    return Scheduler(ctx, trading_day(saver), case_graph(saver), first_slot, deal_graph(saver), judge)
