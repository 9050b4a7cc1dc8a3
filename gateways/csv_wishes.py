"""A member's wishes as its row in ``sites.csv`` says them; every fault is noted at its cell."""

from collections.abc import Container

from domain.wish import EnergySource, Wishes
from gateways.csv_table import Row

PARTNER, SOURCE, LOCAL_FIRST, PREMIUM = "wish_partner", "wish_source", "wish_local_first", "wish_premium_mjpy_per_kwh"
PREMIUM_MAX_MJPY_PER_KWH = 100_000


def wishes_of(row: Row) -> Wishes:
    """The wishes of a row; empty cells wish for nothing."""
    wishes = Wishes(
        row.name(PARTNER) if row.text(PARTNER) else "",
        _source(row),
        row.yes(LOCAL_FIRST),
        row.whole(PREMIUM, PREMIUM_MAX_MJPY_PER_KWH, 0),
    )
    if wishes.premium_max_mjpy_per_kwh and not wishes:
        row.refuse(PREMIUM, "premium_for_nothing", "a premium needs a wish that it is paid for")
    return wishes


def refuse_strangers(row: Row, sites: Container[str]) -> None:
    """A partner is another site of the file."""
    partner = row.text(PARTNER)
    if partner and partner == row.text("site_id"):
        row.refuse(PARTNER, "own_partner", "nobody buys from itself")
    elif partner and partner not in sites:
        row.refuse(PARTNER, "unknown_partner", f"no site {partner!r} stands in this file")


def _source(row: Row) -> EnergySource | None:
    written = row.text(SOURCE)
    if not written:
        return None
    try:
        return EnergySource(written)
    except ValueError:
        row.refuse(SOURCE, "unknown_source", f"a source is {' or '.join(EnergySource)}, not {written[:20]!r}")
        return None
