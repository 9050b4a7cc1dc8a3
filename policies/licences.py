"""The chain of registrations a supply rests on.

Supplying general demand through the grid needs a registered retailer (Electricity Business Act, articles 2 and 2-2). A
link that is absent stops the trade; one that lapsed less than 30 days ago, or stands under another name, is for a
lawyer to judge (trigger E10).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.party import Licence

RETAIL_SUPPLY = "小売電気事業者登録"


class LicenceState(StrEnum):
    """How complete the chain is, from sound to broken."""

    COMPLETE = "complete"
    LAPSED = "lapsed_lately"
    OTHER_NAME = "other_name"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Link:
    """One registration that must exist: ``kind`` held by ``holder_id`` under ``name``."""

    holder_id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What was found. states: one a link, in their order. reasons: for people, one a link that is not complete."""

    states: tuple[LicenceState, ...]
    reasons: tuple[str, ...]


def check_chain(licences: Iterable[Licence], links: Sequence[Link], on: date, grace_days: int) -> Chain:
    """Judge every link as of one day: that of the contract, or the last of delivery for the stricter look.

    grace_days: a licence that ended less than this many days before counts as lapsed lately, later ones as missing.
    """
    held = list(licences)
    judged = [_judge(held, link, on, grace_days) for link in links]
    return Chain(tuple(state for state, _ in judged), tuple(reason for _, reason in judged if reason))


def _judge(held: list[Licence], link: Link, on: date, grace_days: int) -> tuple[LicenceState, str]:
    found = [licence for licence in held if (licence.holder_id, licence.kind) == (link.holder_id, link.kind)]
    if not found:
        return LicenceState.MISSING, f"{link.holder_id} has no {link.kind}"
    latest = max(found, key=lambda licence: licence.valid_to)
    over_days = (on - latest.valid_to).days
    name = f"{link.kind} {latest.number}"
    if over_days >= grace_days:
        return LicenceState.MISSING, f"{name} ended {over_days} days before, on {latest.valid_to}"
    if over_days > 0:
        return LicenceState.LAPSED, f"{name} ended {over_days} days before, on {latest.valid_to}"
    if latest.registered_name != link.name:
        return LicenceState.OTHER_NAME, f"{name} is registered for {latest.registered_name}, not {link.name}"
    return LicenceState.COMPLETE, ""
