"""What the report of a trading day shows, as whoever ran the day fills it in.

Columns are by slot, in the order of time; amounts are whole Wh, mJPY/kWh and uJPY. Texts come in both languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from review_ui.benefit import BenefitPanel
from review_ui.feeder_day import FeederDay
from review_ui.figures import Number
from review_ui.surveillance import FindingLine
from review_ui.words import Words


@dataclass(frozen=True, slots=True)
class SlotColumns:
    """The day by slot; each sequence as long as ``labels``, in order of time.

    labels: start of the slot on the market's clock, ``2026-05-20 13:00``.
    load_wh, pv_wh: used and generated behind all meters. import_wh, export_wh: sums of the sites' revenue registers.
    traded_wh: delivered between neighbours, at most the smaller of import and export. All Wh, zero or more.
    price_mjpy_per_kwh: the uniform price at the seller's meter, None where nothing was traded.
    floor_mjpy_per_kwh, cap_mjpy_per_kwh: the corridor. wholesale_mjpy_per_kwh: None where not known.
    """

    labels: Sequence[str]
    load_wh: Sequence[int]
    pv_wh: Sequence[int]
    traded_wh: Sequence[int]
    import_wh: Sequence[int]
    export_wh: Sequence[int]
    price_mjpy_per_kwh: Sequence[int | None]
    floor_mjpy_per_kwh: Sequence[int]
    cap_mjpy_per_kwh: Sequence[int]
    wholesale_mjpy_per_kwh: Sequence[int | None]

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in self.__slots__}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of slots differ in length: {lengths}")


@dataclass(frozen=True, slots=True)
class SiteSaving:
    """What one site saved against the utility alone; below zero when it lost. ``kind``: home, shop, farm..."""

    site_id: str
    kind: str
    saving_ujpy: int


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One escalated case. ``state``: open, approved, rejected or expired. ``scripted``: a scripted role decided it.

    triggers: their ids, e.g. ``("E01",)``. reason: why people were asked. verdict_reason: what the person wrote.
    """

    id: str
    triggers: Sequence[str]
    reason: Words
    state: str
    decided_by: str = ""
    verdict_reason: str = ""
    planted: bool = False
    scripted: bool = False


@dataclass(frozen=True, slots=True)
class ContractCounts:
    """How many contracts reached which point. ``standard`` is decided from the terms before any trigger runs."""

    drafted: int
    standard: int
    automatic: int
    escalated_natural: int
    escalated_planted: int
    blocked: int
    recorded: int
    settled: int


@dataclass(frozen=True, slots=True)
class MemoryEffect:
    """One thing that differs because the day before was remembered, written with its unit."""

    name: Words
    with_memory: str
    without_memory: str


@dataclass(frozen=True, slots=True)
class ExplainedTrade:
    """Why one site traded at its price in one slot, in words, and who wrote them in each language."""

    site_id: str
    label: str
    text: Words
    written_by: Words


@dataclass(frozen=True, slots=True)
class DayReport:
    """All that the page shows. ``day``: ``2026-05-20``, the first day when there are several.

    kpi: the ``kpi`` object of ``gridpact demo --json``; figures without a value show a dash.
    stages_s: seconds by stage, in the order in which they run. rule_pack: id, version and the digest's first digits.
    labels: what is assumed, simulated, planted or scripted. attribution: credit for the data. memory: may be empty.
    explained: a few trades of the day as examples. findings: of surveillance, None while no day has been searched.
    benefit: None when no auction gained anything. feeder: None when the run has no slot to show.
    """

    day: str
    days: int
    community: str
    area: str
    sites: int
    seed: int
    rule_pack: str
    demonstration: bool
    kpi: Mapping[str, Number]
    slots: SlotColumns
    savings: Sequence[SiteSaving]
    cases: Sequence[CaseLine]
    contracts: ContractCounts
    stages_s: Mapping[str, float]
    wall_s: float
    attribution: str
    labels: Sequence[Words] = ()
    memory: Sequence[MemoryEffect] = ()
    explained: Sequence[ExplainedTrade] = ()
    findings: Sequence[FindingLine] | None = None
    benefit: BenefitPanel | None = None
    feeder: FeederDay | None = None
