"""People whose keys stand in the settings: each gets an account with the role of its party, and that key.

An expert's role is its expertise; a member's key orders and looks at its own home. For demonstrations and scripts.
Whoever wants to revoke such a key or wants it to end sooner makes one with ``gridpact keys`` instead.
"""

from datetime import timedelta

from domain.account import AccountRole
from domain.party import Party, Role
from gridpact.wiring import House, open_reception
from memory import registry
from memory.access import accounts
from memory.access.accounts import RoleRow
from services.access.accounts import register
from services.access.api_keys import DAYS_MAX, adopt_key

SETTINGS = "settings"
EXPERTS_SCOPES = ("cases:decide", "cases:read", "market:read")
MEMBERS_SCOPES = ("home:read", "market:read", "orders:write")


def admit_people(house: House) -> None:
    """Make the accounts and keep the keys of the people that settings name. What is there already stays."""
    if not house.settings.people:
        return
    reception = open_reception(house)
    until = reception.now() + timedelta(days=DAYS_MAX)
    with house.database.begin("admit_people") as tx:
        parties = {party.id: party for party in registry.parties(tx)}
        for person, hash_ in sorted(house.settings.people.items()):
            register(tx, reception, SETTINGS, person, person)
            role = _role_of(parties.get(person))
            if role is not None:
                accounts.give_role(tx, RoleRow(person, role, reception.now(), SETTINGS))
            scopes = MEMBERS_SCOPES if role is AccountRole.MEMBER else EXPERTS_SCOPES
            adopt_key(tx, reception, SETTINGS, person, hash_, scopes, until)


def _role_of(party: Party | None) -> AccountRole | None:
    if party is None:
        return None
    if party.role is Role.MEMBER:
        return AccountRole.MEMBER
    return AccountRole(party.expertise) if party.expertise else None
