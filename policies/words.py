"""What a trigger measured, in words: an expert reads figures, not codes."""

from decimal import Decimal

from domain.quantity import MJPY_PER_JPY, PPM, UJPY_PER_JPY, WH_PER_KWH
from policies.bands import Band, Trigger
from policies.facts import Facts
from policies.unit import CLASS, SCALES

UNKNOWN_WORDS = ("is not known", "不明")


def told(trigger: Trigger, facts: Facts, amount: int | None, classes: tuple[str, ...]) -> tuple[str, str]:
    """What was measured, in English and Japanese."""
    if amount is None and not classes:
        return f"{trigger.name_en} {UNKNOWN_WORDS[0]}", f"{trigger.name_ja}は{UNKNOWN_WORDS[1]}"
    if trigger.id in _OWN:
        return _OWN[trigger.id](facts, amount)
    said = ", ".join(filter(None, (measured(trigger, amount), ", ".join(sorted(set(classes))))))
    return f"{trigger.name_en}: {said}", f"{trigger.name_ja}: {said}"


def measured(trigger: Trigger, amount: int | None) -> str:
    """An amount in the unit of the trigger's bounds; empty without one."""
    return "" if amount is None or trigger.unit == CLASS else in_unit(amount, trigger.unit)


def in_unit(amount: int, unit: str) -> str:
    """An amount of the program's whole units in a pack's unit, rounded to a thousandth of it; shares rounded up to a
    tenth of a percent."""
    if unit == "share":
        return f"{-(-amount * 1_000 // PPM) / 10:g} %"
    return f"{Decimal(amount) / SCALES[unit]:,.3f}".rstrip("0").rstrip(".") + f" {unit}"


def threshold(trigger: Trigger, band: Band) -> str:
    """The line that was crossed into the band, e.g. ``above 300,000 JPY``."""
    if band is trigger.unknown:
        return "unknown"
    if band.classes:
        return "one of " + ", ".join(sorted(band.classes))
    place = trigger.amounts.index(band)
    if place == 0:
        return f"up to {measured(trigger, band.upto)}" if band.upto is not None else "any"
    return f"above {measured(trigger, trigger.amounts[place - 1].upto)}"


def _value(facts: Facts, amount: int | None) -> tuple[str, str]:
    yen = f"{facts.value_ujpy // UJPY_PER_JPY:,}"
    return f"contract value JPY {yen}", f"契約金額 {yen} 円"


def _energy(facts: Facts, amount: int | None) -> tuple[str, str]:
    kwh = f"{facts.energy_wh_per_year // WH_PER_KWH:,}"
    return f"{kwh} kWh a year", f"年間 {kwh} kWh"


def _tenor(facts: Facts, amount: int | None) -> tuple[str, str]:
    return f"runs {facts.tenor_days} days", f"期間 {facts.tenor_days} 日"


def _deviation(facts: Facts, amount: int | None) -> tuple[str, str]:
    price, reference = _yen(facts.price_mjpy_per_kwh), _yen(facts.reference_price_mjpy_per_kwh)
    percent = -(-(amount or 0) * 100 // PPM)
    place, place_ja = ("inside", "内") if facts.corridor.contains(facts.price_mjpy_per_kwh) else ("outside", "外")
    bounds = f"{_yen(facts.corridor.floor)}-{_yen(facts.corridor.cap)}"
    return (
        f"price {price} JPY/kWh, {percent} % off the reference {reference}, {place} the corridor {bounds}",
        f"単価 {price} 円/kWh、基準 {reference} 円との乖離 {percent} %、価格の回廊 {bounds} 円の{place_ja}",
    )


def _area(facts: Facts, amount: int | None) -> tuple[str, str]:
    areas = f"{facts.seller_area} -> {facts.buyer_area}"
    return f"areas {areas}", f"供給区域 {areas}"


def _licences(facts: Facts, amount: int | None) -> tuple[str, str]:
    reasons = "; ".join(facts.licence_reasons) or "licence chain " + ", ".join(facts.licences or ("missing",))
    return reasons, f"許認可: {reasons}"


def _clauses(facts: Facts, amount: int | None) -> tuple[str, str]:
    return f"{amount} clauses outside the template", f"ひな形外の条項 {amount} 件"


def _rule_data(facts: Facts, amount: int | None) -> tuple[str, str]:
    faults = facts.rule_faults or facts.rule_faults_later
    words = "; ".join(map(str, faults)) or "rule data current"
    return words, f"規則データ: {words}"


def _yen(price_mjpy_per_kwh: int) -> str:
    return f"{Decimal(price_mjpy_per_kwh) / MJPY_PER_JPY:.2f}"


_OWN = {
    "E01": _value,
    "E02": _energy,
    "E03": _tenor,
    "E05": _deviation,
    "E09": _area,
    "E10": _licences,
    "E13": _clauses,
    "E14": _rule_data,
}
