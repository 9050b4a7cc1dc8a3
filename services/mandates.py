"""A member's mandate changes by a new version, whoever changes it, with a signed journal entry; none is overwritten."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, Stale
from domain.party import Mandate
from memory import registered, registry
from services.site_status import capacity_wh
from services.steps import Steps

CHANGED = "mandate.changed"


def give(steps: Steps, wanted: Mandate, by: str, is_read: Callable[[Mandate], bool]) -> Mandate:
    """Put a mandate into force in place of the one that the member has read; returns it as written.

    wanted: its version does not matter. is_read: whether the member has read this one. Nothing is written when it says
    so already. Raises Stale when another is in force, InputRefused with every fault.
    """
    with steps.database.begin("mandate") as tx:
        registered.lock(tx, wanted.site_id)
        known = registered.mandate(tx, wanted.site_id)
        if known is None or not is_read(known):
            raise Stale(f"the mandate of site {wanted.site_id} was changed meanwhile: read it again, then change it")
        if faults := list(_faults(tx, wanted)):
            raise InputRefused(faults)
        return write_next(tx, steps, known, wanted, by)


def write_next(tx: Connection, steps: Steps, known: Mandate, wanted: Mandate, by: str) -> Mandate:
    """Write the version after ``known``, when it says anything else; returns what is in force then."""
    written = replace(wanted, version=known.version + 1)
    if replace(written, version=known.version) == known:
        return known
    registry.save_mandate(tx, written)
    body = {"version": written.version, "by": by, "active": written.active, "reserve_wh": written.reserve_wh}
    steps.note(tx, "gateway", CHANGED, written.site_id, body)
    return written


def _faults(tx: Connection, wanted: Mandate) -> Iterator[Fault]:
    held_wh, wishes = capacity_wh(tx, wanted.site_id), wanted.wishes
    if wanted.reserve_wh > held_wh:
        yield Fault("reserve_wh", "above_capacity", f"the batteries of this site hold {held_wh} Wh: reserve less")
    if wishes.partner_site == wanted.site_id:
        yield Fault("wishes.partner_site", "own_partner", "nobody buys from itself")
    elif wishes.partner_site and registered.site(tx, wishes.partner_site) is None:
        yield Fault("wishes.partner_site", "unknown_partner", f"no site is called {wishes.partner_site!r}")
    if wishes.premium_max_mjpy_per_kwh and not wishes:
        code, said = "premium_for_nothing", "a premium needs a wish that it is paid for"
        yield Fault("wishes.premium_max_mjpy_per_kwh", code, said)
