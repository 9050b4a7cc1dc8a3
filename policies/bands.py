"""When people decide, as bands: for each trigger, which measure leads to which action.

A measured amount falls into the first band whose upper bound it does not exceed; a class falls into the band that
names it. The bounds are the operator's choice, calibrated in pilots, not law, unless a source says otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a trigger asks for, from the mildest to the strictest."""

    AUTO = "auto"
    AUTO_WITH_CONSENT = "auto_with_consent"
    PREPAY = "prepay"
    REDUCE = "reduce"
    ESCALATE = "escalate"
    BLOCK = "block"


class OnTimeout(StrEnum):
    """What silence becomes, from the mildest to the strictest. Never an approval."""

    REDUCE = "reduce"
    REJECT = "reject"
    HOLD_FUNDS = "hold_funds"
    SAFE_MODE = "safe_mode"


SEVERITY: dict[Action, int] = {action: rank for rank, action in enumerate(Action)}
PATIENCE: dict[OnTimeout, int] = {action: rank for rank, action in enumerate(OnTimeout)}


@dataclass(frozen=True, slots=True)
class Band:
    """One range or set of classes, and what follows.

    upto: highest amount of the band in the program's whole units, None for all above. classes: empty for amounts.
    roles: who must approve, each of them. approvals: how many people at least. sla: class of deadline, "" when none.
    on_timeout: what silence becomes. note: on what grounds, for people.
    """

    action: Action
    upto: int | None = None
    classes: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    approvals: int = 0
    sla: str = ""
    on_timeout: OnTimeout = OnTimeout.REJECT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One reason to ask people. unit: of the bounds, "class" when there are none. unknown: what follows when nobody
    knows what it looks at. sources: ids in the register of who says so.
    """

    id: str
    name_en: str
    name_ja: str
    unit: str
    bands: tuple[Band, ...]
    unknown: Band
    sources: tuple[str, ...] = ()

    def band(self, amount: int | None, classes: Iterable[str]) -> Band:
        """The strictest band that the amount or any of the classes falls into; of equal actions the one that asks most
        people; ``unknown`` when there is neither.

        Raises KeyError on a class no band names.
        """
        by_class = {name: band for band in self.bands for name in band.classes}
        found = [by_class[name] for name in classes]
        if amount is not None:
            found.append(next(band for band in self.amounts if band.upto is None or amount <= band.upto))
        return max(found or [self.unknown], key=lambda band: (SEVERITY[band.action], band.approvals))

    @property
    def amounts(self) -> tuple[Band, ...]:
        """The bands of amounts, rising; the last one has no bound."""
        return tuple(band for band in self.bands if not band.classes)
