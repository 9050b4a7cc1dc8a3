"""The few trades whose price the report explains: the largest purchase and sale, and the one that gained least."""

from sqlalchemy import Connection

from memory.books import settlements
from memory.books.settlements import SettlementRow
from review_ui.day import ExplainedTrade
from review_ui.formats import LANGUAGES
from review_ui.words import Words
from services.context import TradeContext
from services.telling.explaining import Facts, explain, price_facts


def example_facts(tx: Connection, ctx: TradeContext, slots: list[int]) -> list[Facts]:
    """The facts of at most three different trades, equals by slot, then site; none when nothing was traded."""
    settled = settlements.of_slots(tx, slots[0], slots[-1])
    traded = [row for row in settled if row.bought_wh or row.sold_wh]
    if not traded:
        return []
    largest = [max(traded, key=lambda row: row.bought_wh), max(traded, key=lambda row: row.sold_wh)]
    chosen = dict.fromkeys((row.site_id, row.slot) for row in [*largest, min(traded, key=_gain_ujpy)])
    return [price_facts(tx, ctx, site_id, slot) for site_id, slot in chosen]


def in_both_languages(ctx: TradeContext, facts: Facts) -> ExplainedTrade:
    """The explanation as the page shows it; a model is asked once a language."""
    told = [explain(ctx, facts, language) for language in LANGUAGES]
    words, authors = Words(*(each.text for each in told)), Words(*(each.written_by for each in told))
    return ExplainedTrade(facts["site"], facts["slot"], words, authors)


def _gain_ujpy(row: SettlementRow) -> int:
    return row.net_ujpy - (row.no_trade_ujpy or 0)
