"""A contract's price against what the market paid in the day before, and the band that the slot's rules allow.

Drawn on the server: points of an SVG 720 wide and 180 high, prices upward. Without colour or picture the same stands in
one sentence and a table.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from memory.books import steps
from memory.trading import clearings
from memory.trading.clearings import ClearingRow
from memory.trading.contracts import ContractRow
from review_ui import formats
from services.context import slot_thread
from services.market_time import MarketTime

WIDTH, HEIGHT = 720, 180


@dataclass(frozen=True, slots=True)
class PricePicture:
    """runs: SVG points of the market's price, one text an unbroken run. here_y, cap_y, floor_y: heights of the
    contract's price and of the band, None when the slot's rules are not on record. rows: slot and price for the table.
    """

    runs: tuple[str, ...]
    here_y: int
    cap_y: int | None
    floor_y: int | None
    here: str
    cap: str
    floor: str
    market: str
    rows: tuple[tuple[str, str], ...]


def price_picture(
    tx: Connection, time: MarketTime, market: str, contract: ContractRow, language: str
) -> PricePicture | None:
    """The picture; None when neither the market nor the rules say anything. market: whose."""
    rows = clearings.between(tx, contract.slot - time.per_day, contract.slot - 1)
    paid = [each for each in rows if each.price_mjpy_per_kwh is not None]
    opened = steps.find(tx, slot_thread(market, contract.slot), "open")
    if not paid and opened is None:
        return None
    cap, floor = (opened["cap"], opened["floor"]) if opened else (None, None)
    top = _top([contract.price_mjpy_per_kwh, cap or 0, *(each.price_mjpy_per_kwh or 0 for each in paid)])
    return PricePicture(
        _runs(paid, contract.slot - time.per_day, time.per_day, top),
        _y(contract.price_mjpy_per_kwh, top),
        None if cap is None else _y(cap, top),
        None if floor is None else _y(floor, top),
        formats.price(contract.price_mjpy_per_kwh, language),
        formats.price(cap, language),
        formats.price(floor, language),
        formats.price(paid[-1].price_mjpy_per_kwh if paid else None, language),
        tuple((time.label(each.slot), formats.price(each.price_mjpy_per_kwh, language)) for each in paid),
    )


def _runs(paid: list[ClearingRow], first: int, slots: int, top: int) -> tuple[str, ...]:
    """A slot without a price ends a run, so that nothing is drawn where nothing was paid."""
    runs: list[list[str]] = []
    before = None
    for each in paid:
        if before is None or each.slot != before + 1:
            runs.append([])
        x = (each.slot - first) * WIDTH // slots
        runs[-1].append(f"{x},{_y(each.price_mjpy_per_kwh or 0, top)}")
        before = each.slot
    return tuple(" ".join(each) for each in runs)


def _top(prices_mjpy_per_kwh: list[int]) -> int:
    """The axis's upper end, mJPY/kWh: a tenth above the highest, rounded up."""
    return max(-(-max(prices_mjpy_per_kwh) * 11 // 10), 1)


def _y(price_mjpy_per_kwh: int, top: int) -> int:
    """Pixels from above, cut; a price below zero lies on the ground."""
    return HEIGHT - max(price_mjpy_per_kwh, 0) * HEIGHT // top
