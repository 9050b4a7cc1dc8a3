"""What made-up members wish for: a stated share of them, drawn from the seed. Nobody asked anybody.

Each of these has one wish, a neighbour with a solar plant or energy of the sun, and pays up to 2 JPY/kWh more for it.
The grid has one site a node, so nobody could be served from its own node: that wish is left out.
"""

from collections.abc import Sequence

from domain.wish import NO_WISHES, EnergySource, Wishes
from simulation.chance import whole

WISHING_PERCENT = 30
PREMIUM_MAX_MJPY_PER_KWH = 2_000


def wishes_of(site_id: str, solar: Sequence[str], seed: int) -> Wishes:
    """The wishes of the member at a site. solar: the sites with a solar plant, whom a member may know and prefer."""
    if whole(seed, 1, 100, "wishes", site_id) > WISHING_PERCENT:
        return NO_WISHES
    premium = 100 * whole(seed, 0, PREMIUM_MAX_MJPY_PER_KWH // 100, "premium", site_id)
    known = [each for each in solar if each != site_id]
    if known and whole(seed, 0, 1, "wish", site_id):
        return Wishes(known[whole(seed, 0, len(known) - 1, "partner", site_id)], premium_max_mjpy_per_kwh=premium)
    return Wishes(source=EnergySource.SOLAR, premium_max_mjpy_per_kwh=premium)
