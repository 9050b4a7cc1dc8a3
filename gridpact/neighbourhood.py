"""A neighbourhood as it is: who takes part and the past come from a folder, the present from meters and price files.

Nothing here is simulated. Readings arrive by HTTP, MQTT or a home's hub; prices by ``gridpact import wholesale`` and
``imbalance``; what batteries are to do their homes' hubs ask for. A slot that is delivered waits for its prices.
A site whose row gives no mandate does not trade until its owner gives one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from domain.connection import Connections
from domain.errors import RuleBroken
from domain.order import Column
from domain.party import Mandate
from domain.reading import Reading
from gateways.csv_folder import Folder, read_folder
from gateways.csv_parties import Parties, read_parties
from gateways.feeder_folder import connections_of_folder
from gridpact.forecaster import LearntForecaster, learnt_forecaster
from gridpact.progress import Progress
from gridpact.scheduler import Scheduler
from gridpact.wiring import House, load_rules, open_market, open_scheduler
from identity import access
from memory import registry
from memory import world as facts
from services.context import MARKET
from services.devices.metered_file import FIRST_BOOT, importing_meter, keep_as_importer
from services.histories import Histories
from services.market_time import MarketTime

HISTORY_DAYS = 56
LEAST_DAYS = 16
BEFORE_ALL_FILES = FIRST_BOOT - 1


class AskingHomes:
    """Homes behind routers, which ask for what is on record (services.devices.home_setpoints). Serves as the Homes
    port."""

    def dispatch(
        self, slot: int, setpoints: Mapping[str, tuple[int, int]], charges: Mapping[str, tuple[int, int]]
    ) -> None:
        """Nothing is pushed: the record that led here is the one that a hub reads."""

    def place_loads(self, first_slot: int, placed: Mapping[str, Mapping[int, int]]) -> None:
        """Nothing is pushed: who ordered a load sees by ``gridpact day-ahead`` and the API where it runs."""


@dataclass(slots=True)
class Neighbourhood:
    """A live market among real meters. Serves as gridpact.live's market."""

    house: House
    scheduler: Scheduler
    progress: Progress

    @property
    def time(self) -> MarketTime:
        return self.house.time

    def take_in(self, tick: int) -> None:
        """Nothing to fetch: what is due has come by the doors, or comes late and is corrected."""


def open_neighbourhood(house: House, folder: Path, first_slot: int, tick: int, progress: Progress) -> Neighbourhood:
    """The market of a folder, begun now or gone on with. first_slot: its first. tick: the one that comes next.

    Raises InputRefused with every fault of the folder, RuleBroken when the past is too short to learn from.
    """
    _join(house, folder, progress)
    time = house.time
    first_known = tick - HISTORY_DAYS * time.per_day
    progress.say("forecasts are learnt from the past, or loaded when they were learnt before")
    forecaster = _learn(house, first_known, tick - time.behind - 1)
    rules = load_rules(house.settings)
    ctx = open_market(house, rules, AskingHomes(), forecaster, first_known, recalls=True)
    return Neighbourhood(house, open_scheduler(house, ctx, first_slot), progress)


def _join(house: House, path: Path, progress: Progress) -> None:
    """Write down who takes part, their wires and their past, in one transaction, once."""
    with house.database.read() as tx:
        if facts.get(tx, "joined", False):
            return
    folder = read_folder(path, house.time.slot_min)
    parties = read_parties(path, {site.party_id for site in folder.sites})
    connections = connections_of_folder(path, [site.id for site in folder.sites], house.time.slot_min)
    progress.say(f"{len(folder.readings):,} readings of {len(folder.sites)} sites are the past to learn from")
    with house.database.begin("join") as tx:
        _register(tx, folder, parties, connections)
        keep_as_importer(tx, house.steps, MARKET, house.time, _past(folder))
        facts.put(tx, "joined", True)


def _register(tx: Connection, folder: Folder, parties: Parties, connections: Connections) -> None:
    access.grant_defaults(tx)
    registry.save_party(tx, *parties.parties)
    registry.save_licence(tx, parties.licence)
    registry.save_site(tx, *folder.sites)
    registry.save_device(tx, *folder.devices)
    registry.save_mandate(tx, *(folder.mandates.get(site.id) or _none_yet(site.id) for site in folder.sites))
    facts.put(tx, "connections", connections.record())


def _none_yet(site_id: str) -> Mandate:
    return Mandate(site_id, 1, 0, 0, 0, 0, active=False)


def _past(folder: Folder) -> dict[tuple[str, int], Reading]:
    """The folder's readings under the importing meters: any file that comes later overrules them."""
    site_of = {device.id: device.site_id for device in folder.devices}
    return {
        (site, each.slot): replace(each, device_id=importing_meter(site), boot=BEFORE_ALL_FILES)
        for each in folder.readings
        if (site := site_of[each.device_id])
    }


def _learn(house: House, first_known: int, last_known: int) -> LearntForecaster:
    with house.database.read() as tx:
        ids = [site.id for site in registry.sites(tx)]
    past = Histories(house.database, ids, first_known).until(last_known)
    _require_enough(past["load_wh"], house.time)
    return learnt_forecaster(house.places.models, past["load_wh"], past["generation_wh"], first_known, house.time, 0)


def _require_enough(load_wh: Column, time: MarketTime) -> None:
    known = int((load_wh >= 0).any(axis=0).sum())
    if known < LEAST_DAYS * time.per_day:
        raise RuleBroken(
            f"readings of {known / time.per_day:.1f} of the last {HISTORY_DAYS} days are known, and forecasts need "
            f"{LEAST_DAYS}: add the days before to the folder's readings.csv and begin in a new --data directory"
        )
