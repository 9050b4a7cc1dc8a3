"""Accounts: how a person or a program is known at the door, and what they may be there.

A party takes part in the market; an account is how somebody of that party signs in. One account may hold several roles.
"""

from enum import StrEnum


class AccountRole(StrEnum):
    """What an account may be. The four kinds of expertise have the words of :class:`domain.party.Expertise`."""

    VISITOR = "visitor"
    MEMBER = "member"
    LEGAL = "legal"
    GRID = "grid"
    FINANCE = "finance"
    MEDIATOR = "mediator"
    OPERATOR = "operator"
    ADMIN = "admin"
    AUDITOR = "auditor"
    INSTALLER = "installer"
    RETAILER = "retailer"
    CLIENT = "client"


WEIGHTY = frozenset(AccountRole) - {AccountRole.VISITOR, AccountRole.MEMBER, AccountRole.CLIENT}
"""Roles that decide about others or see what is theirs: given by one person, they count once a second has confirmed."""


class AccountState(StrEnum):
    """Where an account stands. Only an active one signs in; one that left never comes back."""

    INVITED = "invited"
    ACTIVE = "active"
    LOCKED = "locked"
    LEFT = "left"


ACCOUNT_MOVES: dict[AccountState, frozenset[AccountState]] = {
    AccountState.INVITED: frozenset({AccountState.ACTIVE, AccountState.LEFT}),
    AccountState.ACTIVE: frozenset({AccountState.LOCKED, AccountState.LEFT}),
    AccountState.LOCKED: frozenset({AccountState.ACTIVE, AccountState.LEFT}),
    AccountState.LEFT: frozenset(),
}
"""From which state an account may go to which."""
