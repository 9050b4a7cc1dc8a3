"""What became of a member's wishes: the facts that explain one site's slot, and the figures of a run."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection

from domain.quantity import UJPY_PER_JPY
from memory.trading import clearings, contracts, trades
from memory.trading.clearings import ClearingRow


def wish_facts(tx: Connection, cleared: ClearingRow, site_id: str) -> dict[str, Any]:
    """Why the site traded with whom a wish brought to it, and what that costs or brings. Wh, mJPY/kWh; no wish that was
    met, no fact. Only whom the buyer itself named has a name here."""
    noted = cleared.detail.get("wishes", {}).get("trades", {})
    facts: Counter[str] = Counter()
    partner: dict[str, str] = {}
    for each in trades.of_slot(tx, cleared.slot) if noted else ():
        if each.id not in noted or site_id not in (each.buyer_site, each.seller_site):
            continue
        wish, premium = noted[each.id]["wish"], noted[each.id]["premium_mjpy_per_kwh"]
        buys = each.buyer_site == site_id
        facts[f"{'wish' if buys else 'wished'}_{wish}_wh"] += each.energy_wh
        side = "paid" if buys else "received"
        facts[f"premium_{side}_ujpy"] += premium * each.energy_wh
        if buys and wish == "partner":
            partner["wished_site"] = each.seller_site
    return {**facts, **partner}


def wish_figures(tx: Connection, slots: list[int]) -> dict[str, Any]:
    """The run's KPIs of wishes by their public names. Premiums on what was delivered, JPY."""
    noted = [each.detail["wishes"] for each in clearings.between(tx, slots[0], slots[-1])]
    premium = {name: deal["premium_mjpy_per_kwh"] for each in noted for name, deal in each["trades"].items()}
    paid_ujpy = sum(
        premium.get(each.trade_id or "", 0) * (each.delivered_wh or 0)
        for each in contracts.between(tx, slots[0], slots[-1])
    )
    return {
        "wishes": sum(each["bids"] for each in noted),
        "wishes_met": sum(each["met"] for each in noted),
        "premium_jpy": paid_ujpy / UJPY_PER_JPY,
    }
