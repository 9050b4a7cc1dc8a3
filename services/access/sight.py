"""Whose homes somebody sees: the own party's, or everybody's by a role. Asked once, whatever a list holds."""

from dataclasses import dataclass

from sqlalchemy import Connection

from domain.errors import PermissionDenied
from identity.action import Action
from identity.authorisation import Principal, Record, may
from memory.devices import registered
from memory.window import Sites


@dataclass(frozen=True, slots=True)
class Sight:
    """party_id, sites: the party whose rows are seen and its sites; both None for everybody's."""

    party_id: str | None
    sites: Sites

    def has(self, site_id: str) -> bool:
        """Is a site among those that are seen?"""
        return self.sites is None or site_id in self.sites


def sight_of(tx: Connection, asker: Principal) -> Sight:
    """What the asker sees of homes. Raises PermissionDenied when it is nothing."""
    stranger = Record(frozenset({f"not {asker.party}"}))
    if may(asker, Action.SEE_HOME, stranger).allowed:
        return Sight(None, None)
    own = may(asker, Action.SEE_HOME, Record(frozenset({asker.party})))
    if own.allowed:
        return Sight(asker.party, registered.sites_of(tx, asker.party))
    why = ", ".join(own.policies) or "nothing permits it"
    raise PermissionDenied(f"{asker.account} may not see home: {why}")
