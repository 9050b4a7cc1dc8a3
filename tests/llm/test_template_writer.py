"""The writer without a model."""

from gateways.llm.template_writer import TemplateWriter, finding_text

CASE = {"findings": [{"trigger": "E01", "text_ja": "契約額が基準を超える", "text_en": "The value is above the limit"}]}


def test_a_template_says_that_it_is_one() -> None:
    """What a template wrote is never mistaken for a model's words or a person's."""
    assert TemplateWriter().name == "template"
    assert TemplateWriter().summarise_case(CASE, "en").startswith("[template]")
    assert TemplateWriter().summarise_case(CASE, "ja").startswith("【定型文】")


def test_every_finding_has_its_line_in_the_readers_language() -> None:
    """No reason for asking a person is left out."""
    assert TemplateWriter().summarise_case(CASE, "ja").splitlines()[1:] == ["1. 契約額が基準を超える [E01]"]
    assert TemplateWriter().summarise_case({}, "en").splitlines()[1:] == ["No reason was given."]


def test_a_findings_text_is_found_in_each_of_its_forms() -> None:
    """Findings come from rules and from planted cases alike."""
    assert finding_text({"trigger": "E05", "text": {"ja": "単価", "en": "price"}}, "en") == "price [E05]"
    assert finding_text({"ja": "単価", "en": "price"}, "ja") == "単価"
    assert finding_text("as it is", "ja") == "as it is"


def test_a_trade_is_explained_line_by_line_with_units() -> None:
    """Milli-yen and Wh are for machines; people read yen and kWh."""
    lines = TemplateWriter().explain_trade({"price_mjpy_per_kwh": 15_250, "energy_wh": 812}, "ja").splitlines()
    assert lines[1:] == ["約定価格: 15.25 JPY/kWh", "電力量: 0.812 kWh"]
