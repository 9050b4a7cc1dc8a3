"""One planted deal for each of the 24 triggers, with the facts that the trigger looks at, over any number of days.

What a deal says by itself stands in its terms, papers and equipment; what no market knows by itself (a dispute, a
model's confidence, whether the buyer needs protection) comes with it under ``facts``, the door that
``services.cases.brought`` keeps. Three triggers look at the market around a deal, which whoever plants must make so:
E04 wants a site with a large share of the zone, E09 one in another area, E22 a stop at the seller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from domain.case import Verdict
from domain.quantity import UJPY_PER_JPY
from domain.site import Certification, DeviceKind
from domain.tariff import Corridor
from simulation.calendar import local_day
from simulation.members import RETAILER
from simulation.planted import Draft, Planted, body_of, equipment_record, inside, licence_record

DECIDED, SILENT = "decided", "silent"
APPROVED = frozenset({"E01", "E02", "E07", "E10", "E13", "E16", "E19"})
"""What the scripted experts let pass; the rest they refuse."""
REASON = "The script of the planted cases says so, whatever the papers: it shows that the case reached a person."

PRICE_MJPY_PER_KWH, ENERGY_WH, WEEK_DAYS, YEAR_DAYS = 12_000, 30_000, 7, 364
PPM = 10_000  # of a percent

BROUGHT: Mapping[str, Mapping[str, Any]] = {
    "E08": {"grid_loading_ppm": 95 * PPM},
    "E11": {"dispute": "contested", "dispute_ujpy": 8_000 * UJPY_PER_JPY},
    "E12": {"anomaly_ppm": 95 * PPM},
    "E15": {"modelled": True, "confidence_ppm": 85 * PPM},
    "E16": {"consumer_flag": "visited_or_called"},
    "E17": {"payment_rail": "token_prepaid_or_custody"},
    "E18": {"cash_settled": True},
    "E20": {"corrects": True, "correction_ujpy": 20_000 * UJPY_PER_JPY, "correction_ppm": PPM},
    "E21": {"disclosure": "without_consent"},
    "E24": {"imbalance_ujpy": 200 * UJPY_PER_JPY},
}
"""The triggers whose facts come with a deal, by the words of ``policies.facts.Facts``."""


class Around(NamedTuple):
    """The sites that the deals are made of. outside: in another area. stopped: where an operator stops the wires."""

    seller: str
    buyer: str
    outside: str
    stopped: str


class Limits(NamedTuple):
    """What the deals keep to, save those planted to leave it. rules_end: the last day on which all rule values hold.
    market: the number of the market, from zero."""

    corridor: Corridor
    rules_end: date
    slot_min: int
    market: int


def one_of_each(triggers: Sequence[str], around: Around, slots: Sequence[int], terms: Limits) -> tuple[Planted, ...]:
    """A deal for every trigger, filed evenly over the slots, in their order.

    Every other case is answered: the first, when the market's number is even. So what one market's experts answer, the
    next one's leave to its deadline.
    """
    planted = []
    for number, trigger in enumerate(triggers):
        slot = slots[(2 * number + 1) * len(slots) // (2 * len(triggers))]
        draft = draft_for(trigger, local_day(slot, terms.slot_min)[0], terms.corridor, terms.rules_end)
        planted.append(_plant(draft, around, slot, terms.slot_min, answered=(number + terms.market) % 2 == 0))
    return tuple(planted)


def _plant(draft: Draft, around: Around, slot: int, slot_min: int, *, answered: bool) -> Planted:
    """The draft between the sites it wants, filed for a slot."""
    seller = around.stopped if draft.trigger == "E22" else around.seller
    buyer = around.outside if draft.trigger == "E09" else around.buyer
    name = f"planted-{draft.trigger}-{DECIDED if answered else SILENT}"
    body = body_of(draft, seller, buyer, slot_min)
    return Planted(name, slot, draft.trigger, body, draft.verdict, draft.reason, answered)


def draft_for(trigger: str, day: date, corridor: Corridor, rules_end: date) -> Draft:
    """A deal that the trigger stops, made on a day: a week of a home's surplus, but for what the trigger looks at."""
    begin, price = day + timedelta(1), inside(corridor, PRICE_MJPY_PER_KWH)
    verdict = Verdict.APPROVE if trigger in APPROVED else Verdict.REJECT
    usual = Draft(trigger, verdict, REASON, ENERGY_WH, price, begin, day + timedelta(WEEK_DAYS))
    if trigger in BROUGHT:
        return replace(usual, extra={"facts": dict(BROUGHT[trigger])})
    return replace(usual, **_otherwise(usual, corridor, rules_end).get(trigger, {}))


def _otherwise(usual: Draft, corridor: Corridor, rules_end: date) -> dict[str, dict[str, Any]]:
    """What is unusual about the deal of a trigger that looks at terms, papers or equipment."""
    begin, year_end = usual.begin, min(usual.begin + timedelta(YEAR_DAYS - 1), rules_end)
    machine = equipment_record(DeviceKind.BATTERY, Certification.FIRST_OF_KIND, 4_600, feeds_back=False)
    return {
        "E01": {"energy_wh": 30_000_000, "price_mjpy_per_kwh": inside(corridor, 14_000), "end": year_end},
        "E02": {"energy_wh": 21_000_000, "end": year_end},
        "E03": {"end": begin + timedelta(YEAR_DAYS + 36)},
        "E05": {"price_mjpy_per_kwh": corridor.cap + 1_000},
        "E06": {"energy_wh": 4_000_000, "end": begin + timedelta(29)},
        "E07": {"extra": {"equipment": [machine]}},
        "E10": {"extra": {"licences": [licence_record(RETAILER.name, begin - timedelta(13))]}},
        "E13": {"extra": {"extra_clauses": ["The seller also washes the buyer's panels in spring."]}},
        "E14": {"begin": rules_end - timedelta(9), "end": rules_end + timedelta(10)},
        "E19": {"extra": {"support_scheme": "fip"}},
        "E23": {"energy_wh": 2_000_000, "end": begin},
    }
