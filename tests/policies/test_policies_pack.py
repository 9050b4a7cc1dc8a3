"""Rule packs: dated values, what makes one unusable, and packs as files with every fault by line."""

from datetime import date
from pathlib import Path

import pytest

from domain.errors import InputRefused, RuleBroken, RuleValueUnusable
from policies.corridor import trading_keys
from policies.pack import load_pack, read_pack
from policies.unit import whole

DAY = date(2026, 5, 20)
AREAS = ["hokkaido", "tohoku", "tokyo", "chubu", "hokuriku", "kansai", "chugoku", "shikoku", "kyushu", "okinawa"]

HEAD = """id: own
version: "1"
jurisdiction: JP
demonstration: {demonstration}
label: {{en: own, ja: 自前}}
valid_from: 2026-01-01
{more}values:
"""


def written(directory: Path, values: str, demonstration: str = "false", more: str = "") -> Path:
    path = directory / "own.yaml"
    path.write_text(HEAD.format(demonstration=demonstration, more=more) + values, encoding="utf-8")
    return path


def entry(value: str = '"9.44"', **fields: str) -> str:
    told = {"unit": "JPY/kWh", "valid_from": "2026-01-01", "source": "METI_WHEELING_2024", "confidence": "high"}
    return "{value: " + value + "".join(f", {name}: {text}" for name, text in {**told, **fields}.items()) + "}"


def test_the_real_pack_refuses_to_trade_and_names_every_value_it_cannot_vouch_for() -> None:
    """No value that is missing, out of its time, untrusted, uncited or an average only is good to trade on."""
    faults = load_pack("jp").usable(DAY, trading_keys("tokyo"))
    assert {(fault.message.split()[2], fault.code) for fault in faults} == {
        ("tokyo.wheeling", "not_for_billing"),
        ("tokyo.loss", "unverified"),
        ("tokyo.fuel_adjustment", "expired"),
        ("tokyo.tier1", "unverified"),
        ("tokyo.tier2", "unverified"),
        ("tokyo.tier3", "unverified"),
        ("tokyo.tier1_upto", "unverified"),
        ("tokyo.tier2_upto", "unverified"),
        ("consumption_tax", "unverified"),
        ("near_field_discount", "low_confidence"),
        ("capacity", "low_confidence"),
        ("imbalance_reserve", "low_confidence"),
        ("service", "low_confidence"),
        ("platform_fee", "low_confidence"),
    }
    assert all(fault.where.startswith("jp.yaml:") for fault in faults)


@pytest.mark.parametrize("area", AREAS)
def test_the_real_pack_refuses_in_every_area(area: str) -> None:
    """Ten areas are known, none of them completely."""
    with pytest.raises(RuleValueUnusable, match=f"{area}.wheeling"):
        load_pack("jp").value(f"{area}.wheeling", DAY)


def test_the_demonstration_pack_has_every_value_it_lists_on_every_day_of_its_time() -> None:
    """A demonstration assumes what is not known, openly, and then lacks nothing."""
    pack = load_pack("jp_demo")
    for day in (date(2026, 4, 1), DAY, date(2026, 10, 1), date(2027, 3, 31)):
        assert pack.usable(day) == []
        assert pack.usable(day, trading_keys("tokyo")) == []


def test_every_assumed_value_is_labelled_with_its_grounds() -> None:
    """What is assumed is said, value by value and for the pack as a whole, in both languages."""
    pack = load_pack("jp_demo")
    assert len(pack.assumed) == 35
    assert all(value.note for value in pack.assumed)
    assert "not for billing" in pack.label["en"]
    assert "請求" in pack.label["ja"]
    assert load_pack("jp").assumed == []


@pytest.mark.parametrize(("day", "code"), [(date(2026, 3, 31), "not_yet_valid"), (date(2027, 4, 1), "expired")])
def test_outside_the_packs_time_every_value_is_out_of_time(day: date, code: str) -> None:
    """A pack ends as a whole, whatever its single values say."""
    pack = load_pack("jp_demo")
    assert {fault.code for fault in pack.usable(day)} == {code}
    with pytest.raises(RuleValueUnusable, match=r"levy .* pack jp_demo is valid"):
        pack.value("levy", day)


def test_a_value_changes_on_its_day() -> None:
    """The scarcity cap rises from 200 to 300 JPY/kWh on 2026-10-01."""
    pack = load_pack("jp")
    assert pack.value("scarcity_cap", date(2026, 9, 30)) == 200_000
    assert pack.value("scarcity_cap", date(2026, 10, 1)) == 300_000
    assert pack.value("levy", date(2026, 3, 31)) == 3_980
    assert pack.value("levy", date(2026, 4, 1)) == 4_180


def test_a_missing_value_names_itself() -> None:
    """A key nobody wrote is missing; one that is written as unknown is missing too and says why."""
    pack = load_pack("jp")
    with pytest.raises(RuleValueUnusable, match=r"kansai.fuel_adjustment is missing from pack jp"):
        pack.value("kansai.fuel_adjustment", DAY)
    with pytest.raises(RuleValueUnusable, match=r"okinawa.loss is not known: no figure found"):
        pack.value("okinawa.loss", DAY)


def test_two_values_for_one_day_are_in_conflict(tmp_path: Path) -> None:
    """The engine never chooses between two values: it names both lines and stops."""
    both = f"  wheeling:\n    - {entry()}\n    - {entry('9.50', valid_from='2026-04-01')}\n"
    pack = read_pack(written(tmp_path, both))
    assert pack.value("wheeling", date(2026, 3, 31)) == 9_440
    with pytest.raises(RuleValueUnusable, match=r"conflict: own.yaml:9 and own.yaml:10"):
        pack.value("wheeling", date(2026, 4, 1))


def test_the_digest_follows_what_a_pack_says_and_not_how_it_is_laid_out(tmp_path: Path) -> None:
    """Contracts pin the digest: a comment leaves it, a value changes it."""
    plain = read_pack(written(tmp_path, f"  wheeling: {entry()}\n")).digest
    assert read_pack(written(tmp_path, f"\n  # a comment\n  wheeling:\n    - {entry()}\n")).digest == plain
    assert read_pack(written(tmp_path, f"  wheeling: {entry('9.45')}\n")).digest != plain
    assert len(plain) == 64


def test_a_pack_extends_a_shipped_one_entry_by_entry(tmp_path: Path) -> None:
    """What it names replaces the other's entry, the rest stays."""
    pack = read_pack(written(tmp_path, f"  tokyo.wheeling: {entry('9.99')}\n", more="extends: jp\n"))
    assert pack.value("tokyo.wheeling", DAY) == 9_990
    assert pack.value("levy", DAY) == 4_180
    assert pack.triggers == load_pack("jp").triggers


def test_a_broken_pack_reports_every_fault_with_its_line(tmp_path: Path) -> None:
    """All faults at once, in the order of the file: file and line, what is wrong."""
    path = written(
        tmp_path,
        f"""  a: {entry('"9.4455"')}
  b: {entry(unit="JPY/MWh")}
  c: {entry("nine")}
  d: {entry(source="NOBODY")}
  e: {entry(confidence="sure")}
  f: {entry(valid_from="2026-13-01")}
  g: {entry(valid_to="2025-01-01")}
  h: {entry(confidence="assumed", note="a guess")}
  j: {entry("~")}
  j: {entry()}
  i: {{valeu: 1}}
""",
        more="exttends: jp\n",
    )
    with pytest.raises(InputRefused) as refused:
        read_pack(path)
    found = [(fault.where, fault.code) for fault in refused.value.faults]
    assert found == [
        ("own.yaml:4", "assumed"),
        ("own.yaml:7", "unknown_field"),
        ("own.yaml:9", "wrong_amount"),
        ("own.yaml:10", "unknown_unit"),
        ("own.yaml:11", "wrong_amount"),
        ("own.yaml:12", "unknown_source"),
        ("own.yaml:13", "unknown_word"),
        ("own.yaml:14", "not_a_date"),
        ("own.yaml:15", "wrong_window"),
        ("own.yaml:17", "no_value"),
        ("own.yaml:18", "duplicate"),
        *[("own.yaml:19", "missing_field")] * 5,
        ("own.yaml:19", "unknown_field"),
    ]
    assert "extends?" in str(refused.value)
    assert "value?" in str(refused.value)


def test_bands_that_leave_a_gap_or_ask_nobody_are_faults(tmp_path: Path) -> None:
    """A trigger covers every amount, and who asks people says whom, how many and until when."""
    more = """sla: {S1: 15}
triggers:
  E01:
    name: {en: a, ja: a}
    unit: JPY
    source: OPERATOR
    on_timeout: approve
    bands: [{upto: 2, action: auto}, {upto: 1, action: auto}]
    unknown: {action: auto}
  E10:
    name: {en: b}
    unit: class
    source: NOBODY
    on_timeout: reject
    bands:
      - {is: [x], action: escalate, roles: [legal], approvals: 1, sla: S9}
      - {is: [x], action: auto}
      - {is: [y], action: escalate, roles: [wizard], approvals: 1, sla: S1}
  E11: {name: {en: c, ja: c}, unit: class, source: OPERATOR, on_timeout: reject, bands: []}
unknown:
  E99: {action: auto, note: "there is none"}
"""
    with pytest.raises(InputRefused) as refused:
        read_pack(written(tmp_path, f"  a: {entry()}\n", more=more))
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [
        ("own.yaml:10", "unclear_bands"),
        ("own.yaml:13", "unknown_word"),
        ("own.yaml:15", "no_grounds"),
        ("own.yaml:17", "missing_field"),
        ("own.yaml:17", "missing_translation"),
        ("own.yaml:17", "unclear_bands"),
        ("own.yaml:19", "unknown_source"),
        ("own.yaml:22", "incomplete_band"),
        ("own.yaml:24", "unknown_role"),
        ("own.yaml:25", "missing_field"),
        ("own.yaml:27", "unknown_trigger"),
    ]


@pytest.mark.parametrize(("text", "code"), [("", "empty"), ("a: [1\nb: }", "not_yaml"), ("- 1", "wrong_kind")])
def test_what_is_no_pack_at_all_is_refused_with_a_line(tmp_path: Path, text: str, code: str) -> None:
    """Also a file that is not YAML has a place where reading stopped."""
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(InputRefused) as refused:
        read_pack(path)
    assert refused.value.faults[0].code == code
    assert refused.value.faults[0].where.startswith("own.yaml:")


def test_a_demonstration_must_end_and_an_unknown_pack_is_refused(tmp_path: Path) -> None:
    """Assumptions do not last for ever; a name that is not there brings the names that are."""
    with pytest.raises(InputRefused, match="needs valid_to"):
        read_pack(written(tmp_path, f"  a: {entry()}\n", demonstration="true"))
    with pytest.raises(InputRefused, match="cannot be read"):
        read_pack(tmp_path / "absent.yaml")
    with pytest.raises(RuleBroken, match="known: at, au, de, jp, jp_demo"):
        load_pack("fr")


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [("9.44", "JPY/kWh", 9_440), ("-6.50", "JPY/kWh", -6_500), ("0.069", "share", 69_000), ("50", "kW", 50_000)],
)
def test_amounts_are_exact_in_the_programs_units(text: str, unit: str, amount: int) -> None:
    """Decimal text becomes a whole number without passing through a binary fraction."""
    assert whole(text, unit) == amount


@pytest.mark.parametrize("text", ["9.4455", "NaN", "Infinity", "", "1e-9"])
def test_an_amount_finer_than_its_unit_or_no_number_is_refused(text: str) -> None:
    """Nothing is rounded on reading."""
    with pytest.raises(ValueError, match=r"decimal number|finer than"):
        whole(text, "JPY/kWh")
