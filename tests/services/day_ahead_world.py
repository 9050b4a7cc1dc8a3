"""A small desk for tests of the day-ahead session: two roofs that sell, two homes that buy, one who is paused."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.connection import Connections, without_wires
from domain.day_ahead_order import DayAheadOrder, Kind
from domain.order import Side
from domain.party import Licence, Mandate
from domain.site import Site
from identity import access
from identity.keys import KeyRing
from memory import registry
from memory.database import Database
from policies.licences import RETAIL_SUPPLY
from policies.pack import load_pack
from policies.products import traded_product
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.roster import load_roster
from services.rules import Rules
from services.steps import Steps

DAY = date(2026, 5, 21)
ZONE = ZoneInfo("Asia/Tokyo")
MARKET = MarketTime(traded_product(load_pack("jp_demo")), ZONE)
SLOTS = MARKET.slots_of(DAY)
CLOSES = datetime(2026, 5, 20, 10, 0, tzinfo=ZONE).astimezone(UTC)
GATE = CLOSES + timedelta(hours=2)
SITES = ("home", "lodge", "paused", "roof", "shed")


@dataclass
class Clock:
    """Stands where a test puts it."""

    moment: datetime = field(default=CLOSES - timedelta(hours=1))

    def __call__(self) -> datetime:
        return self.moment


def desk_in(database: Database, folder: Path, clock: Clock, connections: Connections | None = None) -> Desk:
    """The desk, its community registered."""
    with database.begin("world") as tx:
        access.grant_defaults(tx)
        registry.save_site(tx, *(Site(site, f"party-{site}", "tokyo") for site in SITES))
        mandates = (Mandate(site, 1, 8_600, 16_000, 0, 3_000, active=site != "paused") for site in SITES)
        registry.save_mandate(tx, *mandates)
        registry.save_licence(tx, Licence("retailer", RETAIL_SUPPLY, "A1", "retailer", date(2030, 3, 31)))
        roster = load_roster(tx, MARKET.slot_min)
    steps = Steps(database, KeyRing(folder / "keys.json", 1), clock)
    wires = connections or without_wires(len(SITES))
    return Desk("local", steps, Rules(load_pack("jp_demo"), "tokyo"), roster, wires, MARKET)


def simple(key: str, site: str, side: Side, limit: int, place: int, energy_wh: int) -> DayAheadOrder:
    """An order of one slot, by its place in the day."""
    return DayAheadOrder(key, site, Kind.SIMPLE, side, limit, (SLOTS[place],), (energy_wh,))


def block(
    key: str, site: str, side: Side, limit: int, places: range, wh: int, parent: str | None = None
) -> DayAheadOrder:
    """A block of the same energy in each slot."""
    where = tuple(SLOTS[place] for place in places)
    return DayAheadOrder(key, site, Kind.BLOCK, side, limit, where, (wh,) * len(where), parent=parent)


def load(key: str, site: str, limit: int, places: range, energy_wh: int, slot_wh_max: int) -> DayAheadOrder:
    """A use that may pause."""
    window = (SLOTS[places[0]], SLOTS[places[-1]])
    return DayAheadOrder(key, site, Kind.LOAD, Side.BUY, limit, window, (energy_wh,), slot_wh_max)


def run(key: str, site: str, limit: int, places: range, *profile_wh: int) -> DayAheadOrder:
    """A use in one piece."""
    return DayAheadOrder(key, site, Kind.RUN, Side.BUY, limit, (SLOTS[places[0]], SLOTS[places[-1]]), profile_wh)
