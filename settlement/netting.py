"""Multilateral netting: what each party is paid, or pays, once all it has with everybody else is added up.

One payment a party and run takes the place of one a trade. Payments are whole yen, rounded towards nothing: nobody
pays more than it owes or is paid more than it is owed, and what is less than a yen stays on the account for the next
run. A party with several sites nets them first.
"""

from collections.abc import Mapping
from typing import NamedTuple

from domain.quantity import UJPY_PER_JPY


class Leg(NamedTuple):
    """A part of a payment that one account bears. amount_ujpy: positive is paid out of it, negative paid in."""

    account: str
    amount_ujpy: int


class NetPayment(NamedTuple):
    """What becomes of one party. amount_jpy: positive is paid to it, negative collected from it, never zero. legs: by
    account, adding up to exactly that."""

    party: str
    amount_jpy: int
    legs: tuple[Leg, ...]


def net(balances_ujpy: Mapping[str, Mapping[str, int]]) -> list[NetPayment]:
    """The payments of parties' accounts, by party. balances_ujpy: by party and account, received less paid, uJPY.

    A party that neither is owed nor owes a whole yen is left out. What is less than a yen stays on the party's account
    with the largest balance of the payment's sign, the first by name of several.
    """
    found = []
    for party in sorted(balances_ujpy):
        accounts = balances_ujpy[party]
        total = sum(accounts.values())
        amount_jpy = abs(total) // UJPY_PER_JPY * (1 if total > 0 else -1)
        if amount_jpy:
            found.append(NetPayment(party, amount_jpy, _legs(accounts, total - amount_jpy * UJPY_PER_JPY)))
    return found


def _legs(accounts: Mapping[str, int], rest_ujpy: int) -> tuple[Leg, ...]:
    """Every balance that is not zero, less the rest, which one account keeps."""
    sign = 1 if sum(accounts.values()) > 0 else -1
    keeper = min(accounts, key=lambda name: (-sign * accounts[name], name))
    legs = (Leg(name, accounts[name] - (rest_ujpy if name == keeper else 0)) for name in sorted(accounts))
    return tuple(leg for leg in legs if leg.amount_ujpy)
