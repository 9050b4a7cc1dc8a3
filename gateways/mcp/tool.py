"""One tool: what it takes and gives, which permission it needs, and the work behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from domain.errors import Fault, InputRefused
from domain.order import Side
from gateways.http.doors import Doors
from gateways.mcp.schema import Schema, faults
from identity.action import SCOPE_OF, Action
from identity.authorisation import Record, require
from services.access.who_asks import Delegate
from services.orders.order_book import Desk

Arguments = Mapping[str, Any]
SIDES = {"buy": Side.BUY, "sell": Side.SELL}


class Call:
    """One call: the house, who asks, and the desk over who takes part now."""

    def __init__(self, doors: Doors, asker: Delegate) -> None:
        self.doors, self.asker = doors, asker

    @cached_property
    def desk(self) -> Desk:
        """The order desk."""
        return self.doors.desk()

    @property
    def party(self) -> str:
        """For whom it asks."""
        return self.asker.principal.party

    @property
    def own_sites(self) -> list[str]:
        """The sites of that party, in order."""
        return [site.id for site in self.desk.roster.sites if site.party_id == self.party]

    def own_site(self, site_id: str) -> str:
        """A site of that party. Raises InputRefused on any other, which it does not tell from one that is not there."""
        if site_id not in self.own_sites:
            said = f"your sites are {', '.join(self.own_sites) or 'none'}"
            raise InputRefused([Fault("site", "unknown_site", said)])
        return site_id

    def start(self, slot: int) -> str:
        """The local start of a slot, with its offset."""
        return self.doors.time.slot(slot).local_start(self.doors.time.zone).isoformat()


@dataclass(frozen=True, slots=True)
class Tool:
    """action: what the policies are asked, about what is the asker's own. acts: it changes something."""

    name: str
    title: str
    description: str
    takes: Schema
    gives: Schema
    action: Action
    work: Callable[[Call, Arguments], dict[str, Any]]
    acts: bool = False
    destructive: bool = False

    @property
    def scope(self) -> str:
        """The scope that it needs."""
        return SCOPE_OF[self.action]

    def run(self, call: Call, given: Arguments) -> dict[str, Any]:
        """Do it. Raises InputRefused with everything that is wrong, PermissionDenied, and what its service raises."""
        if found := faults(self.takes, given):
            raise InputRefused(found)
        require(call.asker.principal, self.action, Record(frozenset({call.party})))
        return self.work(call, given)
