"""What a grid operator says of its wires: a limit, a stop, an island, and when it ends.

A signal is named by source and id; its highest revision counts, so the order of arrival never does. What several say
of one thing is decided by priority, then by the strictest value. An accepted stop is no state of the wires but an
order: it holds trading until two people resume it, whatever its source says later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.canonical import canonical_bytes
from domain.quantity import PERMILLE
from domain.slot import slot_wh

PURPOSE = "gridpact-grid-signal-1"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class SignalKind(StrEnum):
    """What is asked. A redispatch bounds what is fed in and drawn alike; an end takes the signal of that id back."""

    IMPORT_LIMIT = "import_limit"
    EXPORT_LIMIT = "export_limit"
    REDISPATCH = "redispatch"
    STOP = "stop"
    ISLAND = "island"
    END = "end"


class Extent(StrEnum):
    """Of what it is asked: all wires, one branch, what hangs below one node, or one site."""

    FEEDER = "feeder"
    BRANCH = "branch"
    NODE = "node"
    SITE = "site"


class LimitUnit(StrEnum):
    """A limit is given in watts, or in permille of what is rated there."""

    W = "W"
    PERMILLE = "permille"


LIMITS = frozenset({SignalKind.IMPORT_LIMIT, SignalKind.EXPORT_LIMIT, SignalKind.REDISPATCH})


@dataclass(frozen=True, slots=True)
class GridSignal:
    """One revision of a signal. starts, ends, expires: UTC, whole seconds; from ``expires`` on it asks nothing more.

    audience: the market it is meant for. target: the name within its extent, empty for the feeder. value: zero or more,
    in its unit, zero where its kind has none. priority: the highest counts. signature: Ed25519 over ``signed_bytes``.
    """

    source: str
    id: str
    revision: int
    audience: str
    kind: SignalKind
    extent: Extent
    target: str
    value: int
    unit: LimitUnit
    starts: datetime
    ends: datetime
    expires: datetime
    priority: int = 0
    reason: str = ""
    signature: bytes = b""

    @property
    def name(self) -> str:
        """How people and records name this revision."""
        return f"{self.source}/{self.id}/{self.revision}"

    @property
    def signed_bytes(self) -> bytes:
        """What its source signs: the canonical bytes of its record with their purpose, so that they serve only here."""
        return canonical_bytes({"purpose": PURPOSE, **self.record()})

    def record(self) -> dict[str, Any]:
        """All but the signature as plain JSON, moments like ``2026-05-20T04:00:00Z``."""
        return {
            "source": self.source,
            "id": self.id,
            "revision": self.revision,
            "audience": self.audience,
            "kind": str(self.kind),
            "extent": str(self.extent),
            "target": self.target,
            "value": self.value,
            "unit": str(self.unit),
            "from": f"{self.starts:{MOMENT}}",
            "to": f"{self.ends:{MOMENT}}",
            "expires": f"{self.expires:{MOMENT}}",
            "priority": self.priority,
            "reason": self.reason,
        }

    def limit_wh(self, rated_wh: int, slot_min: int) -> int:
        """The most energy of a slot that it leaves, Wh, rounded down. rated_wh: of what its permille are meant."""
        if self.kind not in LIMITS:
            return 0
        if self.unit is LimitUnit.W:
            return slot_wh(self.value, slot_min)
        return self.value * rated_wh // PERMILLE


def in_force(signals: Iterable[GridSignal], start: datetime, end: datetime, now: datetime) -> list[GridSignal]:
    """What asks something in the time from ``start`` to ``end``, by name: newest revisions, neither ended nor expired.

    A signal that covers a part of the time counts for all of it.
    """
    newest: dict[tuple[str, str], GridSignal] = {}
    for each in signals:
        known = newest.get((each.source, each.id))
        if known is None or known.revision < each.revision:
            newest[each.source, each.id] = each
    return sorted(
        (
            each
            for each in newest.values()
            if each.kind is not SignalKind.END and now < each.expires and each.starts < end and start < each.ends
        ),
        key=lambda each: (each.source, each.id),
    )


def stops(signals: Iterable[GridSignal], end: datetime, resumed: Iterable[str]) -> list[GridSignal]:
    """The stops that hold what is delivered before ``end``, by name: every revision that ever asked for one, from its
    first moment until people resumed it. resumed: names."""
    lifted = frozenset(resumed)
    asked = [each for each in signals if each.kind is SignalKind.STOP and each.starts < end]
    return sorted((each for each in asked if each.name not in lifted), key=lambda each: each.name)


def strictest(asked: Iterable[tuple[GridSignal, int]]) -> tuple[GridSignal, int]:
    """Of signals with what each leaves, Wh: the least of the highest priority; of equal ones the first by name."""
    return min(asked, key=lambda each: (-each[0].priority, each[1], each[0].name))
