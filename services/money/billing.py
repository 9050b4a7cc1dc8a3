"""A person's bill of a month from what is on record: settlements, postings, contracts, the rules of each day.

Nothing is worked out twice: a bill says of what was posted which rule it follows from, and is refused where it follows
from none. Only the days on which a site was settled are billed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from domain.errors import Fault, InputRefused, RuleBroken
from domain.order import Column
from domain.site import Device, DeviceKind, Site
from memory import registry
from memory.trading import contracts, day_sums, papers
from memory.trading.contracts import ContractRow
from memory.trading.day_sums import DaySlots, DaySum
from memory.window import Window
from policies.billing import EXEMPT_BELOW, billing_values
from policies.value import Confidence, DatedValue
from services.market_time import MarketTime
from services.rules import Rules
from settlement.billing.bill import Bill, bill_of
from settlement.billing.month_lines import Standing
from settlement.billing.posted import Posted
from settlement.billing.rule import Rule
from settlement.billing.terms import DayTerms
from settlement.ledger import member

KINDS = {
    "p2p_purchase": "purchase_ujpy",
    "netted_purchase": "purchase_ujpy",
    "p2p_sale": "sale_ujpy",
    "netted_sale": "sale_ujpy",
    "utility_purchase": "supply_ujpy",
    "utility_sale": "buyback_ujpy",
    "difference_of_buyer": "difference_paid_ujpy",
    "difference_of_seller": "difference_earned_ujpy",
    "pool_share": "share_ujpy",
    "dispute_correction": "correction_ujpy",
}
"""The column in which each kind of transfer stands on a bill."""
PAID = frozenset({"purchase_ujpy", "supply_ujpy", "difference_paid_ujpy"})


class Month(NamedTuple):
    """A calendar month of the market."""

    first: date
    last: date

    @classmethod
    def of(cls, written: str) -> "Month":
        """``2026-05``. Raises InputRefused on anything else."""
        try:
            first = date.fromisoformat(f"{written}-01")
        except ValueError:
            raise InputRefused(
                [Fault("month", "wrong_form", f"write a month as 2026-05, not {written[:20]!r}")]
            ) from None
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    def slots(self, time: MarketTime) -> range:
        """Its slots, as many as its local days have."""
        return range(time.slots_of(self.first)[0], time.slots_of(self.last)[-1] + 1)


class Billed(NamedTuple):
    """A bill and what it was made from: the person's sites, how many slots of theirs were settled, the contracts they
    were a side of."""

    bill: Bill
    sites: tuple[Site, ...]
    slots_settled: int
    contracts: tuple[ContractRow, ...]


def party_of(tx: Connection, name: str) -> str:
    """The party of this id, or the one a site of this id belongs to. Raises InputRefused when nobody has it."""
    owners = {site.id: site.party_id for site in registry.sites(tx)}
    if name in owners or name in owners.values():
        return owners.get(name, name)
    raise InputRefused([Fault("SITE|PARTY", "unknown", f"nobody with a site is called {name[:64]!r}")])


def billed(tx: Connection, rules: Rules, time: MarketTime, party_id: str, month: Month, taxed: bool) -> Billed | None:
    """A person's bill, None when none of its sites was settled in the month. taxed: it is registered for the tax.

    Raises RuleValueUnusable naming every value that stops it, InputRefused with every posting that no rule explains.
    """
    sites = tuple(site for site in registry.sites(tx) if site.party_id == party_id)
    slots = month.slots(time)
    dealt = _dealt(tx, [site.id for site in sites], slots)
    posted = [each for site in sites if (each := _posted(tx, time, site.id, slots, dealt)) is not None]
    if not posted:
        return None
    standing = {site.id: _standing(tx, site.id) for site in sites}
    days = [date.fromordinal(day) for day in range(*_bounds(posted))]
    terms = _terms(rules, days, max(each.export_w for each in standing.values()))
    _require_contract_power(terms, standing)
    bill = bill_of(party_id, [(each, standing[each.site_id]) for each in posted], terms, taxed)
    return Billed(bill, sites, sum(len(each.slot) for each in posted), dealt)


def _bounds(posted: Sequence[Posted]) -> tuple[int, int]:
    return min(int(each.day[0]) for each in posted), max(int(each.day[-1]) for each in posted) + 1


def _dealt(tx: Connection, site_ids: Sequence[str], slots: range) -> tuple[ContractRow, ...]:
    """The contracts in which one of the sites is a side, by slot, then digest."""
    limit = 1_000
    found: list[ContractRow] = []
    window = Window(limit=limit)
    while part := contracts.part(tx, list(site_ids), slots[0], slots[-1], window)[:limit]:
        found += part
        window = Window((part[-1].slot, part[-1].digest), limit)
    return tuple(found)


def _posted(
    tx: Connection, time: MarketTime, site_id: str, slots: range, dealt: Sequence[ContractRow]
) -> Posted | None:
    spans = [DaySlots(slot, slot, slot) for slot in slots]
    rows = day_sums.settled(tx, [site_id], spans, Window(limit=len(spans)))
    if not rows:
        return None
    place = {row.day: at for at, row in enumerate(rows)}
    money = {name: np.zeros(len(rows), np.int64) for name in {*KINDS.values()}}
    for line in day_sums.lines(tx, [member(site_id)], spans):
        if line.kind not in KINDS or line.day not in place:
            raise RuleBroken(f"{site_id}, slot {line.day}: no bill knows where {line.kind} belongs")
        name = KINDS[line.kind]
        money[name][place[line.day]] += -line.value_ujpy if name in PAID else line.value_ujpy
    nothing = np.zeros(len(rows), np.int64)
    return Posted(
        site_id=site_id,
        slot=_column(rows, "day"),
        day=np.array([time.day_of(row.day).toordinal() for row in rows], np.int64),
        import_wh=_column(rows, "import_wh"),
        export_wh=_column(rows, "export_wh"),
        bought_wh=_column(rows, "bought_wh"),
        sold_wh=_column(rows, "sold_wh"),
        rent_ujpy=_rent(site_id, place, dealt),
        no_trade_ujpy=_column(rows, "no_trade_ujpy"),
        stored_wh=nothing,  # no record says that somebody used a storage of others
        lent_wh=nothing,
        **money,
    )


def _column(rows: Sequence[DaySum], name: str) -> Column:
    values = [getattr(row, name) for row in rows]
    if None in values:
        raise RuleBroken(f"{rows[0].site_id}, slot {rows[values.index(None)].day}: settled before {name} was kept")
    return np.array(values, np.int64)


def _rent(site_id: str, place: Mapping[int, int], dealt: Sequence[ContractRow]) -> Column:
    """What full lines added to the price of a buyer's delivered contracts, by slot. Shape (slots,), uJPY."""
    rent_ujpy = np.zeros(len(place), np.int64)
    for each in dealt:
        if each.buyer_site == site_id and each.delivered_wh and each.slot in place:
            layers = each.terms["price_layers_mjpy_per_kwh"]
            rent_ujpy[place[each.slot]] += each.delivered_wh * layers["congestion"]
    return rent_ujpy


def _standing(tx: Connection, site_id: str) -> Standing:
    """Contract power as stated for papers, 0 where nobody stated it; what plants at the site may feed in."""
    plants = [each for each in registry.devices(tx) if each.site_id == site_id and _feeds_in(each)]
    return Standing(int(papers.stated(tx, site_id).get("contract_w", 0)), sum(each.power_w for each in plants))


def _feeds_in(device: Device) -> bool:
    return device.kind is DeviceKind.PV


def _require_contract_power(terms: Mapping[date, DayTerms], standing: Mapping[str, Standing]) -> None:
    """Charges by the kW need it. Raises InputRefused naming every site that did not state it."""
    by_power = any(each.amount(name) for each in terms.values() for name in ("basic", "network_basic"))
    bound_w = max(each.amount(EXEMPT_BELOW) for each in terms.values())
    said = "contract_w is not stated: gridpact contracts state SITE contract_w='6 kW'"
    faults = [
        Fault(site, "missing", said)
        for site, each in standing.items()
        if not each.contract_w and (by_power or each.export_w >= max(bound_w, 1))
    ]
    if faults:
        raise InputRefused(faults)


def _terms(rules: Rules, days: Sequence[date], export_w: int) -> dict[date, DayTerms]:
    """What each day's pack says. export_w: of the largest plant on the bill."""
    found = {}
    for day in days:
        pack, version = rules.on(day), f"{rules.on(day).id} {rules.on(day).version} #{rules.version_on(day)}"
        plants = export_w >= pack.value(EXEMPT_BELOW, day) if pack.lists(EXEMPT_BELOW) else export_w > 0
        values = {name: _rule(value, version) for name, value in billing_values(pack, rules.area, day, plants).items()}
        records = {name: Rule(name, version, source) for name, source in _RECORDS.items()}
        of = rules.of(day)
        found[day] = DayTerms(of.stack, of.tariff, values | records)
    return found


_RECORDS = {
    "market": "contracts and calls of the slots",
    "pool": "postings of the day",
    "dispute": "outcome of the dispute",
}


def _rule(value: DatedValue, version: str) -> Rule:
    number = value.value if isinstance(value.value, int) else None
    sources = " ".join(source.id for source in value.sources)
    assumed = value.confidence is Confidence.ASSUMED
    return Rule(value.key, version, sources, number, value.valid_from, value.valid_to, assumed)
