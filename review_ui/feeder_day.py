"""What the page shows of the feeder: prices by node, what flowed, which branches were full, and what the check said.

Nodes stand in the feeder's order, each with the branch above it; the root comes first and has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from review_ui.words import Words

IMPORTS = "full_of_imports"
EXPORTS = "full_of_exports"


@dataclass(frozen=True, slots=True)
class FeederSlot:
    """One slot. By node: price_mjpy_per_kwh, and flow_wh through the branch above, positive towards the leaves.

    full: IMPORTS or EXPORTS by the node below each full branch. sold_wh, bought_wh: by site, on metered energy.
    traded: whether anything was; the prices of a slot without trade are nobody's.
    """

    label: str
    price_mjpy_per_kwh: Sequence[int]
    flow_wh: Sequence[int]
    full: Mapping[int, str]
    sold_wh: Sequence[int]
    bought_wh: Sequence[int]
    traded: bool


@dataclass(frozen=True, slots=True)
class FullBranch:
    """A branch that was full in one direction, in so many slots between two; rent_ujpy: what it earned in them."""

    branch: str
    state: str
    slots: int
    first: str
    last: str
    limit_wh: int
    rent_ujpy: int


@dataclass(frozen=True, slots=True)
class Loading:
    """The highest share of its limit that any branch carried, rounded down, and when."""

    branch: str
    label: str
    loading_permille: int


@dataclass(frozen=True, slots=True)
class GridChecked:
    """What the AC check found. refusal: why none is claimed, empty when it was made.

    slots: checked before delivery. findings, cuts: as recorded then, each with its slot. metered: violations on metered
    energy, None when not checked; metered_worst: the worst of them.
    """

    refusal: str
    slots: int
    findings: Sequence[Words]
    cuts: Sequence[Words]
    metered: int | None
    metered_worst: Sequence[Words]


@dataclass(frozen=True, slots=True)
class FeederDay:
    """All of it. parent, limit_wh, names, branch_names: by node. site_ids, site_node: by site.

    shown: the slots that can be looked at, in order of time; opened: which of them shows first. full: most rent first.
    highest: None when nothing flowed.
    """

    names: Sequence[str]
    branch_names: Sequence[str]
    parent: Sequence[int]
    limit_wh: Sequence[int]
    site_ids: Sequence[str]
    site_node: Sequence[int]
    shown: Sequence[FeederSlot]
    opened: int
    full: Sequence[FullBranch]
    highest: Loading | None
    check: GridChecked
