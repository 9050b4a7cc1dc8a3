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


def test_a_trade_is_explained_in_sentences_that_its_facts_fill() -> None:
    """What is not known is not spoken of; milli-yen and Wh are for machines, people read yen and kWh."""
    facts = {"site": "S1", "slot": "2026-05-20 13:00", "bid_wh": 812, "bid_limit_mjpy_per_kwh": 15_250}
    assert TemplateWriter().explain_trade(facts, "en").splitlines() == [
        "[template] Why this price:",
        "For 2026-05-20 13:00, site S1 bid for up to 0.812 kWh at 15.25 JPY/kWh at most.",
    ]
    assert "15.25円/kWh以下" in TemplateWriter().explain_trade(facts, "ja")
    assert TemplateWriter().explain_trade({}, "ja") == "【定型文】 なぜこの価格か:"
