"""The eve of each delivery day in the demonstration: made-up members file, the book closes, the session is held.

For the first day that lies before the run's first tick, so its moments are lived through once before it; those of later
days come by themselves. A run that was killed does it again, and nothing happens twice.
"""

from datetime import date, timedelta

from memory import registry
from services.orders.day_ahead import file, product_of
from services.orders.order_book import Desk
from services.rules import Rules
from simulation.community import Community
from simulation.flexible import FlexibleUse, flexible_uses, roof_blocks

FILED_BEFORE = timedelta(minutes=30)
"""How long before the book closes the made-up members file."""


def uses_of(community: Community, rules: Rules, day: date, slots: list[int]) -> tuple[FlexibleUse, ...]:
    """The flexible uses of a day, with the limit at which nobody can lose."""
    of_day = rules.of(day)
    return flexible_uses(community, slots, of_day.stack.cap(of_day.tariff.marginal(0)))


def filing_slot(desk: Desk, day: date) -> int:
    """The tick at which the made-up members file for a day."""
    closes = product_of(desk, day).moment("closes", desk.time.slot(desk.time.slots_of(day)[0]), desk.time.zone)
    return desk.time.at(closes - FILED_BEFORE)


def file_made_up(desk: Desk, community: Community, day: date) -> None:
    """File what the made-up members want of a day, but for those who have paused their agents."""
    slots = desk.time.slots_of(day)
    wanted = [use.order for use in uses_of(community, desk.rules, day, slots)]
    with desk.steps.database.read() as tx:
        active = {site for site, mandate in registry.mandates(tx).items() if mandate.active}
    if orders := [each for each in (*wanted, *roof_blocks(community, slots)) if each.site_id in active]:
        file(desk, day, orders)
