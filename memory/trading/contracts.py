"""Contracts by the digest of their terms. Their terms never change; their state moves by domain.contract's table."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func, select, true, update

from domain.contract import ContractEvent, ContractState, next_state
from domain.errors import Conflict, RuleBroken
from memory import tables
from memory.rows import write_once
from memory.window import Sites, Window, at_sites, cut


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One contract. trade_id: set when it came out of the auction; proposal_id: when members made it beside.
    energy_wh: as the terms have it. delivered_wh: its metered part, None before settlement. kept_wh: what is left of it
    where it was cut, else None."""

    digest: str
    slot: int
    trade_id: str | None
    proposal_id: str | None
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int
    standard: bool
    state: ContractState
    terms: dict[str, Any]
    delivered_wh: int | None = None
    kept_wh: int | None = None

    @property
    def standing_wh(self) -> int:
        """What counts: all of it, or what is left, Wh."""
        return self.energy_wh if self.kept_wh is None else self.kept_wh


def save(tx: Connection, rows: Sequence[ContractRow]) -> None:
    """Write drafts. Raises Conflict when a digest has other content."""
    plain = [asdict(row) | {"state": str(row.state)} for row in rows]
    write_once(tx, tables.contract, plain, grows=["state", "delivered_wh", "kept_wh"])


def move(tx: Connection, digests: Sequence[str], event: ContractEvent) -> None:
    """Move contracts by one event, all or none, under row locks. Raises TransitionRefused when the table has no such
    move for one of them, RuleBroken when nobody knows one."""
    contract = tables.contract.c
    states = {row.digest: row.state for row in _locked(tx, digests)}
    becomes = {state: next_state(ContractState(state), event) for state in sorted(set(states.values()))}
    for state, new_state in becomes.items():
        moved = [digest for digest, held in states.items() if held == state]
        tx.execute(update(tables.contract).where(contract.digest.in_(moved)).values(state=str(new_state)))


def deliver(tx: Connection, delivered_wh: Mapping[str, int]) -> None:
    """Write metered parts by digest, once. Raises Conflict when another figure is written, RuleBroken when nobody
    knows a contract."""
    for row in _locked(tx, list(delivered_wh)):
        if row.delivered_wh not in {None, delivered_wh[row.digest]}:
            raise Conflict(
                f"contract {row.digest} was delivered with {row.delivered_wh} Wh, not {delivered_wh[row.digest]} Wh"
            )
    if delivered_wh:
        statement = update(tables.contract).where(tables.contract.c.digest == bindparam("of"))
        rows = [{"of": digest, "metered": metered} for digest, metered in delivered_wh.items()]
        tx.execute(statement.values(delivered_wh=bindparam("metered")), rows)


def keep(tx: Connection, kept_wh: Mapping[str, int]) -> None:
    """Write down what is left of contracts, Wh by digest: never more than before. Raises RuleBroken when nobody knows
    one. Asserts that none grows."""
    for row in of_digests(tx, [row.digest for row in _locked(tx, list(kept_wh))]):
        assert 0 <= kept_wh[row.digest] <= row.standing_wh, "nothing that was cut grows again"
    statement = update(tables.contract).where(tables.contract.c.digest == bindparam("of"))
    rows = [{"of": digest, "left": left_wh} for digest, left_wh in kept_wh.items()]
    tx.execute(statement.values(kept_wh=bindparam("left")), rows)


def get(tx: Connection, digest: str) -> ContractRow:
    """One contract. Raises RuleBroken when nobody knows it."""
    found = _found(tx, tables.contract.c.digest == digest)
    if not found:
        raise RuleBroken(f"no contract has the digest {digest}")
    return found[0]


def of_digests(tx: Connection, digests: Sequence[str]) -> list[ContractRow]:
    """The contracts with these digests, by slot, then digest."""
    return _found(tx, tables.contract.c.digest.in_(digests))


def all(tx: Connection) -> list[ContractRow]:  # noqa: A001
    """Every contract, by slot, then digest."""
    return _found(tx, true())


def settled_wh(tx: Connection, sites: Sequence[str]) -> dict[str, tuple[int, int]]:
    """What was contracted of sellers among the sites and what was delivered of it, Wh by site, once settled."""
    contract = tables.contract.c
    sums = func.sum(contract.energy_wh), func.sum(func.coalesce(contract.delivered_wh, 0))
    wanted = select(contract.seller_site, *sums).where(
        contract.seller_site.in_(list(sites)), contract.state == str(ContractState.SETTLED)
    )
    return {site: (int(sold), int(given)) for site, sold, given in tx.execute(wanted.group_by(contract.seller_site))}


def of_slot(tx: Connection, slot: int) -> list[ContractRow]:
    """The contracts drafted with the slot, by digest."""
    return between(tx, slot, slot)


def between(tx: Connection, first_slot: int, last_slot: int) -> list[ContractRow]:
    """The contracts drafted with slots from first to last, by slot, then digest."""
    return _found(tx, tables.contract.c.slot.between(first_slot, last_slot))


def part(tx: Connection, sites: Sites, first_slot: int, last_slot: int, window: Window) -> list[ContractRow]:
    """The same where one of the sites sells or buys, in parts: memory.window."""
    contract = tables.contract.c
    among = at_sites(sites, contract.seller_site, contract.buyer_site)
    wanted = select(tables.contract).where(contract.slot.between(first_slot, last_slot), *among)
    return _rows(tx, cut(wanted, [contract.slot, contract.digest], window))


def find(tx: Connection, sites: Sites, digest: str) -> ContractRow | None:
    """One contract, None when there is none of this digest in which one of the sites sells or buys."""
    contract = tables.contract.c
    among = at_sites(sites, contract.seller_site, contract.buyer_site)
    return next(iter(_rows(tx, select(tables.contract).where(contract.digest == digest, *among))), None)


def of_proposal(tx: Connection, proposal_id: str) -> ContractRow | None:
    """The contract drafted from a proposal, None before that."""
    return next(iter(_found(tx, tables.contract.c.proposal_id == proposal_id)), None)


def _locked(tx: Connection, digests: Sequence[str]) -> Sequence[Row[Any, Any, Any]]:
    """In order of digest, so that two transactions never wait for each other in a circle."""
    contract = tables.contract.c
    wanted = select(contract.digest, contract.state, contract.delivered_wh).where(contract.digest.in_(digests))
    rows = tx.execute(wanted.order_by(contract.digest).with_for_update()).all()
    unknown = sorted(set(digests) - {row.digest for row in rows})
    if unknown:
        raise RuleBroken(f"no contract has the digest {unknown[0]}")
    return rows


def _found(tx: Connection, condition: ColumnElement[bool]) -> list[ContractRow]:
    contract = tables.contract.c
    return _rows(tx, select(tables.contract).where(condition).order_by(contract.slot, contract.digest))


def _rows(tx: Connection, wanted: "Select[Any]") -> list[ContractRow]:
    return [ContractRow(**{**row._mapping, "state": ContractState(row.state)}) for row in tx.execute(wanted)]
