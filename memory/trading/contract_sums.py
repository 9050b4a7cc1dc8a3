"""What each site's contracts of the auction add up to over some slots."""

from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from domain.contract import ContractState
from memory import tables

VOID = (ContractState.BLOCKED, ContractState.REJECTED, ContractState.CANCELLED)


class Turnover(NamedTuple):
    """One site's: Wh that it sold and bought, and what it turned over by both, uJPY at the seller's meter."""

    sold_wh: int
    bought_wh: int
    value_ujpy: int


def by_site(tx: Connection, first_slot: int, last_slot: int) -> dict[str, Turnover]:
    """The turnover of every site that has contracts in the slots from first to last; void ones do not count."""
    contract = tables.contract.c
    sold, bought = (_sums(tx, site, first_slot, last_slot) for site in (contract.seller_site, contract.buyer_site))
    return {site: _of_both(sold.get(site, (0, 0)), bought.get(site, (0, 0))) for site in sorted({*sold, *bought})}


def _of_both(sold: tuple[int, int], bought: tuple[int, int]) -> Turnover:
    return Turnover(sold[0], bought[0], sold[1] + bought[1])


def traded_days(tx: Connection, slots_per_day: int, first_slot: int, last_slot: int) -> int:
    """In how many spans of a day, counted from the first slot on, anything was contracted."""
    contract = tables.contract.c
    wanted = select(func.count(func.distinct((contract.slot - first_slot) // slots_per_day))).where(
        contract.slot.between(first_slot, last_slot), contract.trade_id.is_not(None)
    )
    return int(tx.execute(wanted).scalar_one())


def _sums(tx: Connection, site: "ColumnElement[str]", first_slot: int, last_slot: int) -> dict[str, tuple[int, int]]:
    contract = tables.contract.c
    energy = cast(func.sum(contract.energy_wh), BigInteger)
    value = cast(func.sum(contract.energy_wh * contract.price_mjpy_per_kwh), BigInteger)
    counted = contract.slot.between(first_slot, last_slot), contract.trade_id.is_not(None)
    stands = contract.state.not_in([str(state) for state in VOID])
    wanted = select(site, energy, value).where(*counted, stands).group_by(site)
    return {row[0]: (row[1], row[2]) for row in tx.execute(wanted)}
