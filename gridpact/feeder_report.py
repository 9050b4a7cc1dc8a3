"""The feeder of a finished run as the page shows it: a few slots as maps, every full branch, the AC check."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from market.grid.ac_check import missing
from memory.books import settlements
from memory.books.settlements import SettlementRow
from memory.trading import clearings
from memory.trading.clearings import ClearingRow
from review_ui.feeder_day import FeederDay, FeederSlot, FullBranch, GridChecked, Loading
from review_ui.feeder_map import loading_permille
from review_ui.words import Words
from services.context import TradeContext
from services.grid.grid_words import Record, cut_words, finding_words

MOST_RENT = 3
THROUGH_THE_RUN = 3


def feeder_day(tx: Connection, ctx: TradeContext, slots: list[int], results: dict[str, Any]) -> FeederDay | None:
    """What the panel shows; None when nothing was cleared."""
    cleared = clearings.between(tx, slots[0], slots[-1])
    if not cleared:
        return None
    feeder, opened = ctx.connections.for_trades, opened_slot(cleared)
    chosen = chosen_slots(cleared)
    settled = settlements.of_slots(tx, slots[0], slots[-1])
    return FeederDay(
        names=feeder.names,
        branch_names=feeder.branch_names,
        parent=feeder.parent.tolist(),
        limit_wh=feeder.limit_wh.tolist(),
        site_ids=ctx.roster.ids,
        site_node=ctx.connections.node.tolist(),
        shown=[_slot(ctx, each, settled) for each in chosen],
        opened=chosen.index(opened),
        full=full_branches(ctx, cleared),
        highest=highest_loading(ctx, cleared),
        check=_check(ctx, cleared, results),
    )


def opened_slot(cleared: list[ClearingRow]) -> ClearingRow:
    """The slot with the most rent, else the one with the most trade, else the first."""
    return max(cleared, key=lambda each: (rent_ujpy(each), each.volume_wh, -each.slot))


def chosen_slots(cleared: list[ClearingRow]) -> list[ClearingRow]:
    """Up to six, in order of time: those with the most rent, or the busiest when none has any, and some between."""
    by_rent = sorted(cleared, key=lambda each: (-rent_ujpy(each), each.slot))
    parted = [each for each in by_rent[:MOST_RENT] if rent_ujpy(each)]
    through = [cleared[len(cleared) * part // (THROUGH_THE_RUN + 1)] for part in range(1, THROUGH_THE_RUN + 1)]
    chosen = {each.slot: each for each in [*(parted or [opened_slot(cleared)]), *through]}
    return [chosen[slot] for slot in sorted(chosen)]


def rent_ujpy(cleared: ClearingRow) -> int:
    """What all full branches earned in a slot, as it was cleared."""
    return sum(each["rent_ujpy"] for each in cleared.detail["full"])


def full_branches(ctx: TradeContext, cleared: list[ClearingRow]) -> list[FullBranch]:
    """A line for each branch and direction that was full, the most rent first, then the most slots, then the name."""
    found: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for each in cleared:
        for branch in each.detail["full"]:
            found[branch["branch"], branch["state"]].append((each.slot, branch))
    lines = [
        FullBranch(
            branch=name,
            state=state,
            slots=len(times),
            first=ctx.time.label(times[0][0]),
            last=ctx.time.label(times[-1][0]),
            limit_wh=times[0][1]["limit_wh"],
            rent_ujpy=sum(branch["rent_ujpy"] for _, branch in times),
        )
        for (name, state), times in found.items()
    ]
    return sorted(lines, key=lambda line: (-line.rent_ujpy, -line.slots, line.branch))


def highest_loading(ctx: TradeContext, cleared: list[ClearingRow]) -> Loading | None:
    """The branch that came nearest to its limit, the earliest and nearest to the root when several did."""
    feeder = ctx.connections.for_trades
    limits_wh = feeder.limit_wh.tolist()
    loadings = [
        (loading_permille(flow_wh, limit_wh), -each.slot, -node)
        for each in cleared
        for node, (flow_wh, limit_wh) in enumerate(zip(each.detail["flow_wh"], limits_wh, strict=True))
        if flow_wh
    ]
    if not loadings:
        return None
    permille, slot, node = max(loadings)
    return Loading(feeder.branch_names[-node], ctx.time.label(-slot), permille)


def _slot(ctx: TradeContext, cleared: ClearingRow, settled: list[SettlementRow]) -> FeederSlot:
    own = {row.site_id: row for row in settled if row.slot == cleared.slot}
    return FeederSlot(
        label=ctx.time.label(cleared.slot),
        price_mjpy_per_kwh=cleared.detail["node_price"],
        flow_wh=cleared.detail["flow_wh"],
        full={each["node"]: each["state"] for each in cleared.detail["full"]},
        sold_wh=[own[site].sold_wh if site in own else 0 for site in ctx.roster.ids],
        bought_wh=[own[site].bought_wh if site in own else 0 for site in ctx.roster.ids],
        traded=cleared.price_mjpy_per_kwh is not None,
    )


def _check(ctx: TradeContext, cleared: list[ClearingRow], results: dict[str, Any]) -> GridChecked:
    said = [(ctx.time.label(each.slot), each.detail) for each in cleared]
    return GridChecked(
        refusal=missing(ctx.connections.feeder),
        slots=len(cleared),
        findings=[_words(finding_words, each, label) for label, detail in said for each in detail["findings"]],
        cuts=[_words(cut_words, each, label) for label, detail in said for each in detail["cuts"]],
        metered=results["kpi"]["grid_violations"],
        metered_worst=[_words(finding_words, each) for each in results["grid_check"]["worst"]],
    )


def _words(say: Callable[[Record, str], str], record: Record, label: str = "") -> Words:
    """A record in both languages, after the slot's label where there is one."""
    before = f"{label}: " if label else ""
    return Words(before + say(record, "ja"), before + say(record, "en"))
