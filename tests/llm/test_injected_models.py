"""A model that does what strangers tell it: nothing of it reaches a contract."""

import json
from pathlib import Path

from model_server import Reply, serving

from gateways.llm.openai_writer import OpenAIWriter
from gateways.llm.template_writer import TemplateWriter

CORPUS = json.loads((Path(__file__).parents[1] / "contracts/golden/injections.json").read_text(encoding="utf-8"))
FACTS = {"volume_wh": 420, "delivery_starts": ["10:00", "10:30"], "flexibility_permille": 100, "tenor_days": 180}
GOOD = {
    "en": "The seller is to deliver 0.42 kWh in each slot from 10:00 and from 10:30; the buyer may leave 10%.",
    "ja": "売り手は、10:00と10:30に始まる各コマで420Whを受け渡す予定とする。",
}


def test_whatever_a_turned_model_answers_the_template_words_the_clause() -> None:
    """The whole corpus, alone and behind a good clause: each time the template's words, in both languages."""
    with serving() as server:
        writer = OpenAIWriter("test-model", "sk-test", server.url)
        for each in CORPUS:
            language = each["language"]
            plain = TemplateWriter().word_clause(FACTS, language)
            for said in (each["text"], f"{GOOD[language]} {each['text']}"):
                server.replies = [Reply(json.dumps({"text": said}, ensure_ascii=False))]
                assert writer.word_clause(FACTS, language) == plain


def test_a_model_that_keeps_to_the_terms_words_the_clause() -> None:
    """The fence lets through what it should, and the model was shown no name, point or digest."""
    with serving() as server:
        writer = OpenAIWriter("test-model", "sk-test", server.url)
        for language, said in GOOD.items():
            server.replies = [Reply(json.dumps({"text": said}, ensure_ascii=False))]
            assert writer.word_clause(FACTS, language) == said
