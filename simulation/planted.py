"""Proposals planted in the demonstration so that each of five escalation triggers is seen to work, twice.

Each says that it was planted, in its id, and is counted apart from what arises by itself. A proposal is a deal that
two members made beside the auction. Its body speaks the words of ``contracts.terms.Deal``, with what came with it:
``licences``, which stand in place of the registered ones when there are any, and ``equipment`` beyond the sites' own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.case import Verdict
from domain.site import Certification, DeviceKind
from domain.slot import slots_per_day
from domain.tariff import Corridor
from simulation.calendar import first_slot, local_day
from simulation.community import Community
from simulation.members import MADE_UP, RETAILER, RETAILER_LICENCE
from simulation.prices import Prices

_YEAR_DAYS = 364
_EXPIRED_DAYS = 12


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted proposal. ``id`` is its label too, e.g. ``planted-E01-1``, E01 being the trigger it is meant for.

    filed_at: the slot in whose run it is reviewed. verdict, reason: what the scripted expert will say of it. answered:
    False leaves its case to its deadline.
    """

    id: str
    filed_at: int
    trigger: str
    body: dict[str, Any]
    verdict: Verdict
    reason: str
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal before it has parties. begin, end: first and last day of delivery; extra: beyond the usual body."""

    trigger: str
    verdict: Verdict
    reason: str
    energy_wh: int
    price_mjpy_per_kwh: int
    begin: date
    end: date
    extra: dict[str, Any] = field(default_factory=dict)


def planted_proposals(
    community: Community, prices: Prices, first: int, slots: int, corridor: Corridor, rules_end: date
) -> tuple[Planted, ...]:
    """Ten proposals for the ``slots`` slots from ``first`` on, in order of filing; the same for the same arguments.

    corridor: prices at the seller's meter that the rules allow. rules_end: the last day on which all rule values
    hold; deliveries keep inside it, save those planted to leave it. Deviating prices are filed in the cheapest slots.
    """
    day, _ = local_day(first, community.slot_min)
    drafts = [
        *_large_values(day, rules_end, corridor),
        *_deviating_prices(day, corridor),
        *_beyond_rules(day, rules_end, corridor),
        *_doubtful_licences(day, corridor),
        *_newequipment_record(day, corridor),
    ]
    drafts = [draft for draft in drafts if draft.begin <= draft.end]  # nothing begins after the rules end
    filed = _filing_slots(drafts, prices, first, slots)
    sellers, buyers = sellers_of(community, first), buyers_of(community, first)
    planted = []
    for number, (draft, slot) in enumerate(zip(drafts, filed, strict=True)):
        seller = sellers[number % len(sellers)]
        buyer = next(site for site in buyers[number % 2 :] + buyers if site != seller)
        nth = sum(each.trigger == draft.trigger for each in drafts[: number + 1])
        body = body_of(draft, seller, buyer, community.slot_min)
        planted.append(
            Planted(f"planted-{draft.trigger}-{nth}", slot, draft.trigger, body, draft.verdict, draft.reason)
        )
    return tuple(sorted(planted, key=lambda each: (each.filed_at, each.id)))


def _large_values(day: date, rules_end: date, corridor: Corridor) -> list[Draft]:
    """E01, above 300,000 JPY: a shop's year of 30,000 kWh at 14 JPY, and one just above the line."""
    begin, end = day + timedelta(1), min(rules_end, day + timedelta(_YEAR_DAYS))
    approved = "Yearly use and the retailer's guarantee cover it; it settles as metered, so little is open at a time."
    refused = "No credit report of the buyer came with it; file again with one, or for less than 300,000 JPY."
    return [
        Draft("E01", Verdict.APPROVE, approved, 30_000_000, inside(corridor, 14_000), begin, end),
        Draft("E01", Verdict.REJECT, refused, 19_800_000, inside(corridor, 16_000), begin, end),
    ]


def _deviating_prices(day: date, corridor: Corridor) -> list[Draft]:
    """E05, more than 60 % off the slot's reference but inside the corridor."""
    begin, end = day + timedelta(1), day + timedelta(7)
    refused = "Far above what neighbours pay in the same slot and no reason given: the buyer is not served by this."
    approved = "The buyer confirmed in writing to pay more for this roof's power; both know the neighbours' price."
    return [
        Draft("E05", Verdict.REJECT, refused, 60_000, corridor.cap, begin, end),
        Draft("E05", Verdict.APPROVE, approved, 24_000, corridor.cap, begin, end),
    ]


def _beyond_rules(day: date, rules_end: date, corridor: Corridor) -> list[Draft]:
    """E14, delivery that goes on after the last day of a rule value."""
    refused = "The tariff year ends before delivery does; levy and wheeling beyond it are not known. Shorten it."
    begin, price = max(day + timedelta(1), rules_end - timedelta(30)), inside(corridor, 12_000)
    return [
        Draft("E14", Verdict.REJECT, refused, 400_000, price, begin, rules_end + timedelta(60)),
        Draft("E14", Verdict.REJECT, refused, 250_000, price, begin, rules_end + timedelta(1)),
    ]


def _doubtful_licences(day: date, corridor: Corridor) -> list[Draft]:
    """E10, a registration that ended twelve days ago, and one under another name. Delivery is short, so that on its
    last day too the registration has ended less than 30 days before."""
    expired = licence_record(RETAILER.name, day - timedelta(_EXPIRED_DAYS))
    renamed = licence_record(f"旧 里山エナジー（{MADE_UP}）", RETAILER_LICENCE.valid_to)
    refused = "The registration ended twelve days ago; supply may begin again when the register shows its renewal."
    approved = "The firm changed its name; number and address in the register are the same as on the contract."
    begin, end, price = day + timedelta(1), day + timedelta(7), inside(corridor, 12_500)
    return [
        Draft("E10", Verdict.REJECT, refused, 30_000, price, begin, end, {"licences": [expired]}),
        Draft("E10", Verdict.APPROVE, approved, 28_000, price, begin, end, {"licences": [renamed]}),
    ]


def _newequipment_record(day: date, corridor: Corridor) -> list[Draft]:
    """E07, a type that is known but not certified, and the first car that feeds back."""
    storage = equipment_record(DeviceKind.BATTERY, Certification.KNOWN, 4_600, feeds_back=False)
    car = equipment_record(DeviceKind.EV_CHARGER, Certification.FIRST_OF_KIND, 6_000, feeds_back=True)
    approved = "The maker's test report shows the same inverter as the certified type; relay settings were checked."
    refused = "No test of the protection against islanding came with it; a car that feeds back needs one first."
    begin, end, price = day + timedelta(1), day + timedelta(90), inside(corridor, 13_000)
    return [
        Draft("E07", Verdict.APPROVE, approved, 350_000, price, begin, end, {"equipment": [storage]}),
        Draft("E07", Verdict.REJECT, refused, 200_000, price, begin, end, {"equipment": [car]}),
    ]


def _filing_slots(drafts: Sequence[Draft], prices: Prices, first: int, slots: int) -> list[int]:
    """Spread evenly over the slots, but deviating prices in the cheapest ones."""
    cheapest = sorted(range(first, first + slots), key=lambda slot: (prices.wholesale(slot), slot))
    filed, deviating = [], 0
    for number, draft in enumerate(drafts):
        filed.append(first + number * slots // len(drafts))
        if draft.trigger == "E05":
            filed[-1] = cheapest[deviating % slots]
            deviating += 1
    return filed


def body_of(draft: Draft, seller: str, buyer: str, slot_min: int) -> dict[str, Any]:
    """The draft between two sites, as a proposal is kept."""
    body: dict[str, Any] = {
        "seller_site": seller,
        "buyer_site": buyer,
        "slot_first": first_slot(draft.begin, slot_min),
        "slot_end": first_slot(draft.end + timedelta(1), slot_min),
        "energy_wh": draft.energy_wh,
        "price_mjpy_per_kwh": draft.price_mjpy_per_kwh,
        "voltage_class": "LV",
        "support_scheme": "none",
        "extra_clauses": [],
        "equipment": [],
        "licences": [],
    }
    return body | draft.extra


def licence_record(registered_name: str, valid_to: date) -> dict[str, str]:
    """The retailer's registration as a deal brings it, under another name or date."""
    paper = RETAILER_LICENCE
    return {
        "holder_id": paper.holder_id,
        "kind": paper.kind,
        "number": paper.number,
        "registered_name": registered_name,
        "valid_to": valid_to.isoformat(),
    }


def equipment_record(
    kind: DeviceKind, certification: Certification, power_w: int, *, feeds_back: bool
) -> dict[str, Any]:
    """A machine as a deal brings it. power_w: W."""
    return {
        "kind": str(kind),
        "certification": str(certification),
        "power_w": power_w,
        "vehicle_to_grid": feeds_back,
    }


def inside(corridor: Corridor, price: int) -> int:
    """The price, mJPY/kWh, or the bound that it passes."""
    return min(max(price, corridor.floor), corridor.cap)


def sellers_of(community: Community, first: int) -> list[str]:
    """Sites by what their PV makes in a year, most first; all sites where none has PV."""
    yearly_wh = community.pv_wh(first, first + _YEAR_DAYS * slots_per_day(community.slot_min)).sum(axis=1).tolist()
    ranked = sorted(range(len(yearly_wh)), key=lambda at: -yearly_wh[at])
    return [community.sites[at].id for at in ranked if yearly_wh[at] > 0] or community.ids


def buyers_of(community: Community, first: int) -> list[str]:
    """Shops and firms, then homes, each by what they use in a year, most first."""
    yearly_wh = community.load_wh(first, first + _YEAR_DAYS * slots_per_day(community.slot_min)).sum(axis=1).tolist()
    ranked = sorted(range(len(yearly_wh)), key=lambda at: (community.sites[at].kind == "home", -yearly_wh[at]))
    return [community.sites[at].id for at in ranked]
