"""What reaches a node of a graph: dependencies, typed, handed in by LangGraph's runtime and never global."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.connection import Connections
from domain.party import Party
from identity.keys import Signers
from memory.database import Database
from memory.learning.episodes import Episodes
from services.histories import Histories
from services.market_time import MarketTime
from services.orders.order_book import Desk
from services.outlook import Outlooks
from services.ports import Chain, Forecaster, Homes, Writer
from services.roster import Roster
from services.rules import Rules
from services.steps import Steps

MARKET = "local"


@dataclass(frozen=True, slots=True)
class TradeContext:
    """One market's dependencies. ``stand_in`` words cases when the writer does not answer; ``recalls``: whether memory
    of past days may change what agents do."""

    market: str
    area: str
    retailer: Party
    time: MarketTime
    database: Database
    steps: Steps
    keys: Signers
    rules: Rules
    roster: Roster
    connections: Connections
    histories: Histories
    forecaster: Forecaster
    episodes: Episodes
    chain: Chain
    homes: Homes
    writer: Writer
    stand_in: Writer
    outlooks: Outlooks
    language: str = "en"
    recalls: bool = True

    @property
    def zone(self) -> ZoneInfo:
        return self.time.zone

    def now(self) -> datetime:
        """The moment of this tick: the wall clock, or the demonstration's."""
        return self.steps.clock()

    def day_of(self, slot: int) -> date:
        """The local delivery day of a slot."""
        return self.time.day_of(slot)

    @property
    def desk(self) -> Desk:
        """Where members' own orders come in."""
        return Desk(self.market, self.steps, self.rules, self.roster, self.connections, self.time)

    def thread(self, slot: int) -> str:
        """The name of the slot's graph run, known before it starts and the same after a restart."""
        return slot_thread(self.market, slot)


def slot_thread(market: str, slot: int) -> str:
    """The name of a slot's graph run, for whoever reads what its steps left."""
    return f"slot:{market}:{slot}"
