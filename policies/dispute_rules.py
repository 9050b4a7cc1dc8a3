"""What a pack says of disputes: their types with the evidence each rests on, and the steps with deadline and limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.errors import RuleValueUnusable
from policies.articles import Article, Section
from policies.deadline import amount_of, due_at
from policies.pack import RulePack

BY_DATA = "data"
RAISED, EXPLAINED, CORRECTED, ANSWERED, MEDIATED, REVIEWED, OUTSIDE = (
    *("raised", "explained", "corrected", "answered", "mediated", "reviewed", "outside"),
)
STEPS = (RAISED, EXPLAINED, CORRECTED, ANSWERED, MEDIATED, REVIEWED, OUTSIDE)
TRIGGER = "E11"


@dataclass(frozen=True, slots=True)
class DisputeRules:
    """The articles of one pack. types, steps: by id. zone: in whose days deadlines are counted."""

    types: Mapping[str, Article]
    steps: Mapping[str, Article]
    zone: ZoneInfo
    pack: RulePack

    @property
    def limit_ujpy(self) -> int:
        """Up to how much a correction needs nobody who rules, uJPY."""
        return amount_of(self.steps[CORRECTED].says["limit"])

    def evidence(self, kind: str) -> tuple[str, ...]:
        """The kinds of evidence that a type of dispute rests on, in the pack's order."""
        return tuple(self.types[kind].says["evidence"].split(", "))

    def settled_by_data(self, kind: str) -> bool:
        """Whether data alone can settle disputes of a type."""
        return self.types[kind].says["settled_by"] == BY_DATA

    def due(self, step: str, since: datetime) -> datetime | None:
        """When a step that began then must have ended; None for what has no end."""
        return due_at(self.steps[step].says["deadline"], since, self.zone)

    def roles(self, step: str, disputed_ujpy: int) -> tuple[str, ...]:
        """Whose expertise a step asks for over so much money, in order: the step's own, and what trigger E11 adds."""
        own = self.steps[step].says["who"].split(", ")
        return tuple(dict.fromkeys([*own, *self.pack.triggers[TRIGGER].band(disputed_ujpy, ()).roles]))

    def cites(self, *articles: Article) -> dict[str, object]:
        """On which pack and sources articles stand, as plain JSON."""
        sources = {source.id for each in articles for source in each.sources}
        return {"pack": self.pack.id, "digest": self.pack.digest, "sources": sorted(sources)}


def dispute_rules(pack: RulePack, zone: ZoneInfo) -> DisputeRules:
    """The rules of a pack. Raises RuleValueUnusable when it has none: then nobody can dispute anything under it."""
    types, steps = pack.articles[Section.DISPUTES], pack.articles[Section.STEPS]
    if missing := [step for step in STEPS if step not in steps]:
        raise RuleValueUnusable(f"pack {pack.id} has no dispute steps {', '.join(missing)}")
    if not types or "limit" not in steps[CORRECTED].says:
        raise RuleValueUnusable(f"pack {pack.id} names no types of dispute, or no limit of a correction")
    return DisputeRules(types, steps, zone, pack)
