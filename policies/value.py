"""One rule value: what holds from when to when, who says so, and how far that can be relied on."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.errors import Fault


class Confidence(StrEnum):
    """How far a value can be relied on. ``policy`` is the operator's own choice, ``assumed`` a demonstration's."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    POLICY = "policy"
    ASSUMED = "assumed"


class SourceKind(StrEnum):
    """Who says so. Values found in a program or known in general only are not facts to bill by."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    CODE = "code"
    GENERAL = "general_knowledge"
    POLICY = "policy"


class Use(StrEnum):
    """What a value is good for: an average helps to estimate, only a tariff is good to bill by."""

    BILLING = "billing"
    ESTIMATE = "estimate"


TRUSTED = frozenset({Confidence.HIGH, Confidence.MEDIUM, Confidence.POLICY, Confidence.ASSUMED})
CITABLE = frozenset({SourceKind.PRIMARY, SourceKind.SECONDARY, SourceKind.POLICY})


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the source register. ``site`` is a host name, empty when there is none."""

    id: str
    kind: SourceKind
    title: str
    site: str = ""


@dataclass(frozen=True, slots=True)
class DatedValue:
    """One value and its time. ``value`` is whole in the program's unit, text, or None when nobody knows it.

    valid_to is the last day, None while no end is known. where: file and line a person opens to mend it.
    """

    key: str
    value: int | str | None
    unit: str
    valid_from: date
    valid_to: date | None
    sources: tuple[Source, ...]
    confidence: Confidence
    use: Use = Use.BILLING
    note: str = ""
    where: str = ""

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def doubt(value: DatedValue) -> Fault | None:
    """Why a value that holds cannot be relied on: unknown, not trusted, cited by nobody, or good for estimates only."""
    name = f"rule value {value.key}"
    if value.value is None:
        return Fault(value.where, "missing", f"{name} is not known: {value.note or 'nobody has found it'}")
    if value.confidence not in TRUSTED:
        return Fault(value.where, "low_confidence", f"{name} is of {value.confidence} confidence: {value.note}")
    if value.confidence is not Confidence.ASSUMED:
        if not any(source.kind in CITABLE for source in value.sources):
            return Fault(value.where, "unverified", f"{name} rests on no source that can be cited: {value.note}")
        if value.use is Use.ESTIMATE:
            return Fault(value.where, "not_for_billing", f"{name} is good for estimates, not to bill by: {value.note}")
    return None
