"""Trades: who sold how much to whom at which price. A member sees those it sells or buys in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from domain.trade import Venue
from gateways.http.look import Asker, look, unknown
from gateways.http.page import Answer, Name, Page, page, window_by
from gateways.http.problem import of_item
from gateways.http.span import span
from gateways.http.tag import tagged
from memory.trading import trades
from memory.window import Window

ROUTER = APIRouter(prefix="/trades", tags=["trades"])


class TradeItem(Answer):
    """A trade. price: at the seller's meter. market: the slot's call, or one before it."""

    id: str
    slot: int
    market: Venue
    sell_order: str
    buy_order: str
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int


@ROUTER.get("", summary="List trades")
def get_trades(
    request: Request,
    asker: Asker,
    window: Annotated[Window, Depends(window_by(int, str))],
    slots: Annotated[tuple[int, int], Depends(span)],
) -> Page[TradeItem]:
    """The trades one may see, by slot, then id."""
    with look(request, asker) as (tx, sight):
        found = trades.part(tx, sight.sites, *slots, window)
    return page(window, found, lambda trade: (trade.slot, trade.id), TradeItem.model_validate)


@ROUTER.get("/{trade_id}", summary="Read a trade", response_model=TradeItem, responses=of_item())
def get_trade(request: Request, trade_id: Name, asker: Asker) -> Response:
    """One trade, when it is among those that one may see."""
    with look(request, asker) as (tx, sight):
        found = trades.find(tx, sight.sites, trade_id)
    return tagged(request, TradeItem.model_validate(found or unknown("trade", trade_id)))
