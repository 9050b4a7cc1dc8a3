"""What a member lets its agent do, as its row in ``sites.csv`` says; every fault is noted at its cell."""

from domain.party import Mandate
from domain.wish import Wishes
from gateways.csv_table import Row

SELL_MIN, BUY_MAX = "sell_min_mjpy_per_kwh", "buy_max_mjpy_per_kwh"
RESERVE, ORDER_MAX = "reserve_wh", "order_max_wh"
MANDATE_CELLS = (SELL_MIN, BUY_MAX, RESERVE, ORDER_MAX)
PRICE_MAX_MJPY_PER_KWH = 1_000_000
ENERGY_WH_MAX = 100_000_000


def mandate_of(row: Row, site_id: str, battery_wh: int, wishes: Wishes) -> Mandate | None:
    """The mandate of a row; None when it gives none. Two prices and the most of an order are one, or are nothing."""
    given = [name for name in (SELL_MIN, BUY_MAX, ORDER_MAX) if row.text(name)]
    if not given:
        if row.text(RESERVE):
            row.refuse(RESERVE, "half_mandate", f"a reserve without a mandate: give {SELL_MIN}, {BUY_MAX}, {ORDER_MAX}")
        return None
    for name in (SELL_MIN, BUY_MAX, ORDER_MAX):
        if name not in given:
            row.refuse(name, "half_mandate", f"a mandate has all of {SELL_MIN}, {BUY_MAX}, {ORDER_MAX}")
    sell_min, buy_max = (row.whole(name, PRICE_MAX_MJPY_PER_KWH, 0) for name in (SELL_MIN, BUY_MAX))
    reserve_wh = row.whole(RESERVE, ENERGY_WH_MAX, 0)
    if reserve_wh > battery_wh:
        row.refuse(RESERVE, "above_capacity", f"{reserve_wh} Wh are more than the battery's {battery_wh} Wh")
    return Mandate(site_id, 1, sell_min, buy_max, reserve_wh, row.whole(ORDER_MAX, ENERGY_WH_MAX, 0), wishes=wishes)
