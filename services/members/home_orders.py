"""What a home may order for its site: each order becomes a new version of the mandate, with a signed journal entry.

A pause is always allowed, whoever holds the home's credential. Anything that lets the agent do more is allowed only
inside what the owner gave with the credential: the home may take back its own pause, never anybody else's, and move the
battery's reserve between two bounds.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from domain.errors import PermissionDenied
from domain.party import Mandate
from memory import registry
from memory.books import journal
from memory.devices import mqtt_credentials, registered
from memory.devices.mqtt_credentials import Guest, MqttCredential
from services.members.mandates import CHANGED, write_next
from services.members.site_status import capacity_wh
from services.steps import Steps

Change = Callable[[Connection, Mandate, MqttCredential], Mandate]


def pause(steps: Steps, site_id: str) -> None:
    """Stop trading at the site from the next book on. Raises PermissionDenied without a credential."""
    _order(steps, site_id, lambda tx, mandate, home: replace(mandate, active=False))


def resume(steps: Steps, site_id: str) -> None:
    """Take back the home's own pause. Raises PermissionDenied when the owner allows none, or somebody else paused."""
    _order(steps, site_id, _resumed)


def keep_reserve(steps: Steps, site_id: str, reserve_wh: int) -> None:
    """Change what the battery keeps for an outage. Raises PermissionDenied outside the owner's bounds."""

    def changed(tx: Connection, mandate: Mandate, home: MqttCredential) -> Mandate:
        most_wh = min(home.reserve_wh_max, capacity_wh(tx, site_id))
        if not home.reserve_wh_min <= reserve_wh <= most_wh or most_wh == 0:
            raise PermissionDenied(f"{home.user} may not set a reserve of {reserve_wh} Wh")
        return replace(mandate, reserve_wh=reserve_wh)

    _order(steps, site_id, changed)


def _order(steps: Steps, site_id: str, change: Change) -> None:
    """The mandate in force, changed; nothing is written when it says so already."""
    with steps.database.begin("home-order") as tx:
        home = mqtt_credentials.find(tx, Guest.HOME, site_id)
        registered.lock(tx, site_id)
        mandate = registered.mandate(tx, site_id)
        if home is None or mandate is None:
            raise PermissionDenied(f"no home of site {site_id} may order anything")
        write_next(tx, steps, mandate, change(tx, mandate, home), home.user)


def _resumed(tx: Connection, mandate: Mandate, home: MqttCredential) -> Mandate:
    if mandate.active:
        return mandate
    if not home.may_resume:
        raise PermissionDenied(f"{home.user} may pause and not resume")
    if not paused_by(tx, mandate, home.user):
        raise PermissionDenied(f"{home.user} did not pause site {mandate.site_id}, so it cannot take the pause back")
    return replace(mandate, active=True)


def paused_by(tx: Connection, mandate: Mandate, who: str) -> bool:
    """Whether every version since trading was last active is theirs: somebody else's pause in between stays."""
    orders = {body["version"]: body for body in map(journal.body_of, journal.entries(tx, CHANGED, mandate.site_id))}
    version = mandate.version
    while (order := orders.get(version)) is not None and not order["active"]:
        if order["by"] != who:
            return False
        version -= 1
    return version < mandate.version and _was_active(tx, mandate.site_id, version)


def _was_active(tx: Connection, site_id: str, version: int) -> bool:
    return any(each.active for each in registry.mandate_versions(tx, site_id) if each.version == version)
