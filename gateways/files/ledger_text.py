"""The ledger as plain text that accounting programs of others read: beancount and hledger, an independent audit.

Every posted transfer becomes one entry of two postings, what the debit account gives and what the credit account gets.
Behind them stands what our books say each account holds. So the other program adds up all transfers itself and fails
where its sum is not ours. Reservations move nothing and are left out. Units become commodities: UJPY, WH, WATT, TSL.

Sources: beancount's language syntax, hledger's journal format.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

from settlement.ledger import Balance, Transfer, TransferState

DayOf = Callable[[int], date]
PLAIN = re.compile(r"[^A-Za-z0-9]")


def beancount(transfers: Iterable[Transfer], balances: Mapping[str, Balance], day_of: DayOf) -> Iterator[str]:
    """The lines, each with its end. transfers: in any order. day_of: the local day of a slot."""
    posted, named = _posted(transfers), _names(balances)
    days = [day_of(each.slot) for each in posted] or [day_of(0)]
    yield 'option "title" "Gridpact"\n'
    for account, balance in balances.items():
        yield f'{min(days)} open {named[account]} {_commodity(balance)}\n  account: "{_quoted(account)}"\n'
    for each, day in zip(posted, days, strict=False):
        yield f'\n{day} * "{_quoted(each.kind)}"\n  id: "{_quoted(each.id)}"\n  slot: {each.slot}\n'
        yield from _postings(each, named)
    yield "\n"
    for account, balance in balances.items():
        yield f"{max(days) + timedelta(days=1)} balance {named[account]} {balance.net} {_commodity(balance)}\n"


def hledger(transfers: Iterable[Transfer], balances: Mapping[str, Balance], day_of: DayOf) -> Iterator[str]:
    """The lines, each with its end. transfers: in any order. day_of: the local day of a slot."""
    posted, named = _posted(transfers), _names(balances)
    days = [day_of(each.slot) for each in posted] or [day_of(0)]
    for commodity in sorted({_commodity(balance) for balance in balances.values()}):
        yield f"commodity 1000. {commodity}\n"
    for account in balances:
        yield f"account {named[account]}  ; account: {_commented(account)}\n"
    for each, day in zip(posted, days, strict=False):
        yield f"\n{day} * {_commented(each.kind)}  ; id: {_commented(each.id)}, slot: {each.slot}\n"
        yield from _postings(each, named)
    yield f"\n{max(days) + timedelta(days=1)} what the books say\n"
    for account, balance in balances.items():
        yield f"  {named[account]}  0 {_commodity(balance)} = {balance.net} {_commodity(balance)}\n"


FORMS: Mapping[str, Callable[[Iterable[Transfer], Mapping[str, Balance], DayOf], Iterator[str]]] = {
    "beancount": beancount,
    "hledger": hledger,
}


def _posted(transfers: Iterable[Transfer]) -> list[Transfer]:
    return [each for each in transfers if each.state is TransferState.POSTED]


def _postings(transfer: Transfer, named: Mapping[str, str]) -> Iterator[str]:
    commodity = transfer.unit.upper()
    yield f"  {named[transfer.debit]}  -{transfer.amount} {commodity}\n"
    yield f"  {named[transfer.credit]}  {transfer.amount} {commodity}\n"


def _names(accounts: Iterable[str]) -> dict[str, str]:
    """An account's name for both programs: parts of letters, digits and dashes, the first one large. Two accounts
    whose names would be the same are told apart by a number, in order."""
    named: dict[str, str] = {}
    taken: set[str] = set()
    for account in accounts:
        plain = ":".join(_part(part) for part in ("Equity", *account.split(":")))
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        named[account] = name
    return named


def _part(part: str) -> str:
    plain = PLAIN.sub("-", part)
    return plain[0].upper() + plain[1:] if plain[:1].isalnum() else f"0{plain}"


def _commodity(balance: Balance) -> str:
    return balance.unit.upper()


def _quoted(text: str) -> str:
    """Inside a string of beancount, on one line."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')


def _commented(text: str) -> str:
    """In a description or comment of hledger, on one line, without its signs."""
    return " ".join(re.sub(r"[;,|]", " ", text).split())
