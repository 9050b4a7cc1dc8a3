"""The audit of contracts at a price of their own: what they say of the node price, and what they moved on top of it."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection

from domain.errors import AuditBroken
from memory.books import ledger
from memory.trading import clearings, contracts
from memory.trading.contracts import ContractRow
from services.context import TradeContext
from services.telling.site_prices import node_prices
from settlement.difference import FROM_BUYER, TO_SELLER
from settlement.ledger import RETAILER, Transfer, TransferState

LAST_SLOT = 2**40
Half = tuple[str, str]


def verify_own_prices(tx: Connection, ctx: TradeContext) -> int:
    """How many contracts of the auction were checked. Raises AuditBroken at the first one whose difference is not its
    price less its seller's node price, or whose metered part times the difference is not what both sides moved."""
    moved = _moved(ledger.of_slots(tx, 0, LAST_SLOT))
    prices: dict[int, dict[str, int]] = {}
    traded = [each for each in contracts.all(tx) if each.trade_id]
    for each in traded:
        if each.slot not in prices:
            prices[each.slot] = _node_prices(tx, ctx, each.slot)
        _require_stated(each, prices[each.slot])
        _require_moved(each, moved)
    if left := next(iter(moved), None):
        raise AuditBroken(f"transfer {left[0]} of contract {left[1]}: no such contract")
    return len(traded)


def _node_prices(tx: Connection, ctx: TradeContext, slot: int) -> dict[str, int]:
    prices = node_prices(ctx, clearings.get(tx, slot))
    assert prices is not None, "what was drafted was cleared"
    return dict(zip(ctx.roster.ids, prices.tolist(), strict=True))


def _moved(transfers: Iterable[Transfer]) -> dict[Half, int]:
    """What each half moved towards the seller, uJPY, by kind and contract."""
    moved: Counter[Half] = Counter()
    for each in transfers:
        if each.kind in (FROM_BUYER, TO_SELLER) and each.state is TransferState.POSTED:
            towards_seller = (each.credit == RETAILER) == (each.kind == FROM_BUYER)
            digest = each.id.rsplit(":", 1)[1]
            moved[each.kind, digest] += each.amount_ujpy if towards_seller else -each.amount_ujpy
    return moved


def _difference(contract: ContractRow) -> int:
    """What the terms state; those before version 3 know no price beside the node's."""
    stated: int = contract.terms.get("difference_mjpy_per_kwh", 0)
    return stated


def _require_stated(contract: ContractRow, node_price: dict[str, int]) -> None:
    """The terms' difference against the clearing's price."""
    actual = contract.price_mjpy_per_kwh - node_price[contract.seller_site]
    if (stated := _difference(contract)) != actual:
        said = f"its terms say {stated} mJPY/kWh beside the node's price, the clearing {actual}"
        raise AuditBroken(f"contract {contract.digest}: {said}")


def _require_moved(contract: ContractRow, moved: dict[Half, int]) -> None:
    """Both halves against the contract's metered part; what is not settled has moved nothing."""
    due_ujpy = (contract.delivered_wh or 0) * _difference(contract)
    for kind in (FROM_BUYER, TO_SELLER):
        if (found := moved.pop((kind, contract.digest), 0)) != due_ujpy:
            raise AuditBroken(f"contract {contract.digest}: {kind} moved {found} uJPY, its metered part is {due_ujpy}")
