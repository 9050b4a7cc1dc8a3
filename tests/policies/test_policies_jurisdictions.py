"""Packs of other jurisdictions, and what a pack says beyond values and triggers."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.errors import InputRefused, RuleValueUnusable
from domain.grid_state import GridState
from policies.articles import Section
from policies.compliance import Shown, examine
from policies.corridor import price_stack, trading_keys
from policies.pack import load_pack, read_pack
from policies.products import traded_product
from services.market_time import MarketTime

JP = load_pack("jp")
HEAD = """id: own
version: "1"
jurisdiction: XX
demonstration: {demonstration}
label: {{en: own, ja: 自前}}
valid_from: 2026-01-01
"""

# Local days of clock changes, with the hours they have.
CLOCK_CHANGES = [
    ("de", date(2027, 3, 28), 23),
    ("de", date(2026, 10, 25), 25),
    ("at", date(2026, 3, 29), 23),
    ("au", date(2026, 4, 5), 25),
    ("au", date(2026, 10, 4), 23),
]


@pytest.mark.parametrize(("name", "day", "hours"), CLOCK_CHANGES)
def test_a_day_of_a_clock_change_has_all_its_slots_and_each_its_gate(name: str, day: date, hours: int) -> None:
    """Quarter hours and five minutes alike: no slot is lost or made up, and every gate keeps its distance."""
    pack = load_pack(name)
    time = MarketTime(traded_product(pack), ZoneInfo(pack.time_zone))
    slots = time.slots_of(day)
    assert len(slots) == hours * 60 // time.slot_min
    assert slots == list(range(slots[0], slots[-1] + 1))
    gates = {(time.start(slot) - time.moment("gate", slot)).seconds // 60 for slot in slots}
    assert gates == {pack.value("intraday.gate_closure", day)}


def test_the_slot_of_a_quarter_hour_that_comes_twice_is_two_slots() -> None:
    """02:30 in Berlin on the day clocks go back is 00:30 and 01:30 UTC."""
    time = MarketTime(traded_product(load_pack("de")), ZoneInfo("Europe/Berlin"))
    early, late = (time.at(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1))
    assert late - early == 4
    assert time.place_in_day(early) == time.place_in_day(late) == 10


@pytest.mark.parametrize(("name", "area"), [("de", "grid_area"), ("at", "local"), ("au", "nsw")])
def test_a_thin_pack_refuses_to_trade_and_names_what_it_lacks(name: str, area: str) -> None:
    """What nobody has read does not become a price."""
    faults = load_pack(name).usable(date(2026, 7, 1), trading_keys(area))
    assert {"missing", "low_confidence"} & {fault.code for fault in faults}
    with pytest.raises(RuleValueUnusable, match=f"{area}.wheeling"):
        load_pack(name).value(f"{area}.wheeling", date(2026, 7, 1))


def test_a_near_field_network_charge_is_a_value_of_the_pack(tmp_path: Path) -> None:
    """A pack that extends Austria's and assumes the rest: neighbours pay 43 percent of the network charge."""
    keys = {"levy": "0", "capacity": "0.5", "imbalance_reserve": "0.5", "service": "1", "local.wheeling": "6"}
    shares = {"near_field_discount": "0.57", "consumption_tax": "0.2", "platform_fee": "0.02", "local.loss": "0.05"}
    line = "  {}: {{value: '{}', unit: {}, valid_from: 2026-01-01, source: GENERAL, confidence: assumed, note: a test}}"
    values = [line.format(key, value, "EUR-ct/kWh") for key, value in keys.items()]
    values += [line.format(key, value, "share") for key, value in shares.items()]
    path = tmp_path / "own.yaml"
    head = HEAD.format(demonstration="true") + "valid_to: 2026-12-31\nextends: at\nvalues:\n"
    path.write_text(head + "\n".join(values), encoding="utf-8")
    pack = read_pack(path)
    assert price_stack(pack, "local", date(2026, 7, 1)).wheeling == 2_580
    assert (pack.currency, pack.time_zone) == ("EUR", "Europe/Vienna")


def test_a_pack_speaks_one_currency_and_knows_its_time_zone(tmp_path: Path) -> None:
    """Yen in a pack of euros, a currency nobody counts in, and a zone that is none: each a fault with its line."""
    entry = "{value: 1, unit: JPY/kWh, valid_from: 2026-01-01, source: OPERATOR, confidence: policy}"
    path = tmp_path / "own.yaml"
    head = HEAD.format(demonstration="false") + "currency: %s\ntime_zone: %s\nvalues:\n  a: " + entry + "\n"
    path.write_text(head % ("EUR", "Europe/Atlantis"), encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        read_pack(path)
    assert [fault.code for fault in refused.value.faults] == ["unknown_time_zone", "wrong_currency"]
    path.write_text(head % ("ECU", "Europe/Vienna"), encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        read_pack(path)
    assert [fault.code for fault in refused.value.faults] == ["unknown_currency", "wrong_currency"]


def test_japan_lists_its_checks_without_a_gap_and_in_both_languages() -> None:
    """C01 onward, each with its law, the fact it rests on and a source; all articles have both names."""
    checks = JP.articles[Section.CHECKS]
    assert list(checks) == [f"C{number:02}" for number in range(1, len(checks) + 1)]
    assert len(checks) == 20
    every = [article for section in Section for article in JP.articles[section].values()]
    assert all(article.name_en and article.name_ja and article.sources for article in every)
    assert all(JP.articles[section] for section in Section)


def test_every_state_of_the_grid_has_an_article_and_a_band() -> None:
    """No state is left to guessing: what holds in it is written, and trigger E22 judges it."""
    assert set(JP.articles[Section.EMERGENCY]) == set(GridState)
    assert {word for band in JP.triggers["E22"].bands for word in band.classes} == set(GridState)


def test_a_check_is_met_only_when_somebody_shows_it() -> None:
    """What nobody has shown is unknown."""
    shown = {
        check.article.id: check.shown for check in examine(JP, {"retailer_registered": True, "levy_charged": False})
    }
    assert (shown["C01"], shown["C16"]) == (Shown.MET, Shown.BROKEN)
    assert {shown[id_] for id_ in shown if id_ not in ("C01", "C16")} == {Shown.UNKNOWN}


def test_articles_that_contradict_the_rest_are_faults(tmp_path: Path) -> None:
    """A check of a trigger that is not there, a signal of a state that is not there, a state nobody knows."""
    meta = "source: OPERATOR, confidence: policy"
    more = f"""values: {{}}
checks:
  C1: {{name: {{en: a, ja: b}}, law: x, fact: y, trigger: E99, {meta}}}
emergency:
  storm: {{name: {{en: a, ja: ""}}, matching: on, contracts: on, settlement: on, {meta}}}
signals:
  horn: {{name: {{en: a, ja: b}}, state: fog, issuer: x, {meta}}}
"""
    path = tmp_path / "own.yaml"
    path.write_text(HEAD.format(demonstration="false") + more, encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        read_pack(path)
    assert [fault.code for fault in refused.value.faults] == [
        "contradiction",
        "missing_translation",
        "unknown_word",
        "contradiction",
    ]
