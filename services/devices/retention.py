"""Letting old readings go, a partition at a time, on record.

The last settlement run of a day is some fourteen months after it, so nothing younger is let go. The partitions' tables
stay in the database, detached, until whoever keeps it archives or drops them; the signed envelopes stay too.
"""

from datetime import date, timedelta

from domain.errors import Fault, InputRefused
from memory.devices import partitions
from services.market_time import MarketTime
from services.steps import Steps

KEPT_DAYS_MIN = 430
LET_GO = "readings.let_go"


def let_go(steps: Steps, time: MarketTime, before: date) -> list[str]:
    """Let go what lies before a local day, as far as whole partitions do; the names of their tables.

    Raises InputRefused for a day that is too young.
    """
    youngest = time.day_of(time.at(steps.clock())) - timedelta(days=KEPT_DAYS_MIN)
    if before > youngest:
        message = f"readings are kept {KEPT_DAYS_MIN} days, until the last settlement run: take {youngest} or earlier"
        raise InputRefused([Fault("DAY", "too_young", message)])
    with steps.database.begin("let-go") as tx:
        tables = partitions.let_go(tx, time.slots_of(before)[0])
        if tables:
            steps.note(tx, "gateway", LET_GO, str(before), {"tables": tables})
    return tables
