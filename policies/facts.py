"""What the triggers look at: one contract's facts, and how each trigger measures them.

A measure is an amount in whole units or a set of classes, with the words that tell people what was measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from domain.errors import Fault
from domain.quantity import MJPY_PER_JPY, PPM, UJPY_PER_JPY, WH_PER_KWH
from domain.site import Certification
from domain.tariff import Corridor
from policies.licences import LicenceState
from policies.pack import RulePack


@dataclass(frozen=True, slots=True)
class Facts:
    """One contract as the triggers see it. Money in uJPY, prices in mJPY/kWh, energy in Wh, power in W.

    energy_wh_per_year: of the contract in any one year; all of it when it lasts less. licences: one state a link of the
    supply chain, see ``licences.check_chain``; with their reasons. rule_faults: rule values that cannot be relied on
    when delivery begins; rule_faults_later: those that stop holding before it ends. unfiled: equipment that needs a
    safety filing and has none. support_scheme: ``none``, ``post_fit``, ``fit``, ``fip``, ``self_wheeling`` and others
    that the pack names. payment_rail, consumer_flag: as the pack names them. surveillance: patterns of the findings
    that are open against either side.
    """

    value_ujpy: int
    energy_wh_per_year: int
    tenor_days: int
    price_mjpy_per_kwh: int
    reference_price_mjpy_per_kwh: int
    corridor: Corridor
    seller_area: str
    buyer_area: str
    equipment: tuple[Certification, ...] = ()
    power_w: int = 0
    high_voltage: bool = False
    vehicle_to_grid: bool = False
    unfiled: bool = False
    licences: tuple[LicenceState, ...] = ()
    licence_reasons: tuple[str, ...] = ()
    rule_faults: tuple[Fault, ...] = ()
    rule_faults_later: tuple[Fault, ...] = ()
    support_scheme: str = "none"
    clauses_outside_template: int = 0
    cash_settled: bool = False
    payment_rail: str = "retailer_bill"
    consumer_flag: str = "none"
    surveillance: tuple[str, ...] = ()


class Measure(NamedTuple):
    """What a trigger measured: an amount, classes or both, and words for it in both languages."""

    en: str
    ja: str
    amount: int | None = None
    classes: tuple[str, ...] = ()


def _value(facts: Facts, pack: RulePack, on: date) -> Measure:
    yen = f"{facts.value_ujpy // UJPY_PER_JPY:,}"
    return Measure(f"contract value JPY {yen}", f"契約金額 {yen} 円", facts.value_ujpy)


def _energy(facts: Facts, pack: RulePack, on: date) -> Measure:
    kwh = f"{facts.energy_wh_per_year // WH_PER_KWH:,}"
    return Measure(f"{kwh} kWh a year", f"年間 {kwh} kWh", facts.energy_wh_per_year)


def _tenor(facts: Facts, pack: RulePack, on: date) -> Measure:
    return Measure(f"runs {facts.tenor_days} days", f"期間 {facts.tenor_days} 日", facts.tenor_days)


def _deviation(facts: Facts, pack: RulePack, on: date) -> Measure:
    """Share of the reference, rounded up so that a hair above a bound counts as above; and where the corridor lies."""
    price, reference = facts.price_mjpy_per_kwh, facts.reference_price_mjpy_per_kwh
    deviation_ppm = -(-abs(price - reference) * PPM // reference)
    percent = -(-deviation_ppm * 100 // PPM)
    inside = facts.corridor.contains(price)
    place, place_ja = ("inside", "内") if inside else ("outside", "外")
    bounds = f"{_yen(facts.corridor.floor)}-{_yen(facts.corridor.cap)}"
    return Measure(
        f"price {_yen(price)} JPY/kWh, {percent} % off the reference {_yen(reference)}, {place} the corridor {bounds}",
        f"単価 {_yen(price)} 円/kWh、基準 {_yen(reference)} 円との乖離 {percent} %、価格の回廊 {bounds} 円の{place_ja}",
        deviation_ppm,
        () if inside else ("outside_corridor",),
    )


def _equipment(facts: Facts, pack: RulePack, on: date) -> Measure:
    """Certified types pass; plants without their safety filing, vehicles feeding in, and what is too large for low
    voltage (the pack's bound in W) do not."""
    classes: list[str] = [str(kind) for kind in facts.equipment] or [Certification.CERTIFIED]
    flags = {
        "unfiled": facts.unfiled,
        "vehicle_to_grid": facts.vehicle_to_grid,
        "beyond_low_voltage": facts.high_voltage or facts.power_w >= pack.value("low_voltage_limit", on),
    }
    classes += [name for name, stands in flags.items() if stands]
    listed = ", ".join(sorted(set(classes)))
    return Measure(f"equipment: {listed}", f"設備区分: {listed}", classes=tuple(classes))


def _area(facts: Facts, pack: RulePack, on: date) -> Measure:
    crossing = "cross_area_high_voltage" if facts.high_voltage else "cross_area_low_voltage"
    areas = f"{facts.seller_area} -> {facts.buyer_area}"
    kind = "same_area" if facts.seller_area == facts.buyer_area else crossing
    return Measure(f"areas {areas}", f"供給区域 {areas}", classes=(kind,))


def _licences(facts: Facts, pack: RulePack, on: date) -> Measure:
    """No link at all is a missing one: supply without a licence chain does not exist."""
    reasons = "; ".join(facts.licence_reasons) or "licence chain " + ", ".join(facts.licences or ("missing",))
    return Measure(reasons, f"許認可: {reasons}", classes=tuple(facts.licences) or (LicenceState.MISSING,))


def _clauses(facts: Facts, pack: RulePack, on: date) -> Measure:
    count = facts.clauses_outside_template
    return Measure(f"{count} clauses outside the template", f"ひな形外の条項 {count} 件", count)


def _rule_data(facts: Facts, pack: RulePack, on: date) -> Measure:
    """Unusable when delivery begins, or usable then and no longer when it ends."""
    now = "; ".join(str(fault) for fault in facts.rule_faults)
    later = "; ".join(str(fault) for fault in facts.rule_faults_later)
    kind = "unusable" if now else "ends_within_delivery" if later else "current"
    words = now or later or "rule data current"
    return Measure(words, f"規則データ: {words}", classes=(kind,))


def _consumer(facts: Facts, pack: RulePack, on: date) -> Measure:
    return Measure(
        f"consumer: {facts.consumer_flag}", f"消費者区分: {facts.consumer_flag}", classes=(facts.consumer_flag,)
    )


def _payment(facts: Facts, pack: RulePack, on: date) -> Measure:
    return Measure(f"paid by {facts.payment_rail}", f"決済手段: {facts.payment_rail}", classes=(facts.payment_rail,))


def _settlement(facts: Facts, pack: RulePack, on: date) -> Measure:
    kind, ja = ("cash_settled", "差金決済") if facts.cash_settled else ("physical", "現物受渡")
    return Measure(f"{kind} delivery", ja, classes=(kind,))


def _scheme(facts: Facts, pack: RulePack, on: date) -> Measure:
    scheme = facts.support_scheme
    return Measure(f"support scheme {scheme}", f"支援制度・特別な供給形態: {scheme}", classes=(scheme,))


def _surveillance(facts: Facts, pack: RulePack, on: date) -> Measure:
    """What the market's surveillance found of either side and has not looked at again since."""
    found = facts.surveillance or ("none",)
    listed = ", ".join(found)
    return Measure(f"open surveillance findings: {listed}", f"未解消の市場監視の所見: {listed}", classes=found)


def _yen(price_mjpy_per_kwh: int) -> str:
    return f"{Decimal(price_mjpy_per_kwh) / MJPY_PER_JPY:.2f}"


MEASURES: dict[str, Callable[[Facts, RulePack, date], Measure]] = {
    "E01": _value,
    "E02": _energy,
    "E03": _tenor,
    "E05": _deviation,
    "E07": _equipment,
    "E09": _area,
    "E10": _licences,
    "E13": _clauses,
    "E14": _rule_data,
    "E16": _consumer,
    "E17": _payment,
    "E18": _settlement,
    "E19": _scheme,
    "E20": _surveillance,
}
