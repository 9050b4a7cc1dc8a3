"""The writer behind any OpenAI-compatible endpoint.

The model's answer is data: it must have the asked form, or the model counts as down; and whatever it invents (a
number, a link, a trigger that was not shown) makes the template write instead, so no invented number reaches a page.
"""

import json
from typing import Any, TypeVar

from langchain.chat_models import init_chat_model
from openai import OpenAIError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from contracts.paper.vocabulary import unfit
from domain.errors import ModelDown
from gateways.llm import prompts
from gateways.llm.facts import clean, readable
from gateways.llm.speech import invented
from gateways.llm.template_writer import TemplateWriter

POINT_LENGTH_MAX = 400
TEXT_LENGTH_MAX = 1_200
SHOWN_LENGTH_MAX = 24_000
HEAD = {
    "ja": "【AIによる要約・{model}】根拠を確認してください。",
    "en": "[written by {model}] Check it against the evidence.",
}


class Point(BaseModel):
    """One point of a summary and the finding it rests on."""

    model_config = ConfigDict(strict=True)
    text: str = Field(min_length=1, max_length=POINT_LENGTH_MAX)
    trigger: str = Field(max_length=40)


class Summary(BaseModel):
    """The form of a case summary."""

    model_config = ConfigDict(strict=True)
    points: list[Point] = Field(min_length=1, max_length=6)


class Explanation(BaseModel):
    """The form of an explanation."""

    model_config = ConfigDict(strict=True)
    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)


Form = TypeVar("Form", bound=BaseModel)


class OpenAIWriter:
    """Writes with a model; falls back to ``fallback`` when the model invents. One call to the model per text.

    base_url: None for the default endpoint. timeout_s holds for each try. A refused or failed call (429, 5xx,
    broken connection) is tried again up to ``tries`` times with growing pauses.
    """

    def __init__(
        self,
        model: str,
        api_key: str,
        base_url: str | None = None,
        *,
        fallback: TemplateWriter | None = None,
        timeout_s: float = 20.0,
        tokens_max: int = 800,
        tries: int = 3,
    ) -> None:
        self.model = model
        self._fallback = fallback or TemplateWriter()
        self._chat = init_chat_model(
            model,
            model_provider="openai",
            api_key=SecretStr(api_key),
            base_url=base_url,
            use_responses_api=False,
            timeout=timeout_s,
            max_completion_tokens=tokens_max,
            max_retries=tries - 1,
        ).bind(response_format={"type": "json_object"})

    @property
    def name(self) -> str:
        """Who writes, for the case file: model and version of the prompt."""
        return f"openai:{self.model}:{prompts.VERSION}"

    def summarise_case(self, case: dict[str, Any], language: str) -> str:
        """Numbered points, each with its trigger. Raises ModelDown."""
        triggers = [str(finding["trigger"]) for finding in case.get("findings", ()) if "trigger" in finding]
        told = prompts.CASE.format(language=prompts.LANGUAGE_NAMES[language], triggers=", ".join(triggers))
        summary, shown = self._ask(told, case, Summary)
        said = [clean(point.text, POINT_LENGTH_MAX) for point in summary.points]
        if invented("\n".join(said), shown) or any(point.trigger not in triggers for point in summary.points):
            return self._fallback.summarise_case(case, language)
        lines = [
            f"{place}. {text} [{point.trigger}]"
            for place, (text, point) in enumerate(zip(said, summary.points, strict=True), start=1)
        ]
        return "\n".join([HEAD[language].format(model=self.model), *lines])

    def explain_trade(self, facts: dict[str, Any], language: str) -> str:
        """A few sentences. Raises ModelDown."""
        told = prompts.TRADE.format(language=prompts.LANGUAGE_NAMES[language])
        explanation, shown = self._ask(told, facts, Explanation)
        said = clean(explanation.text, TEXT_LENGTH_MAX)
        if invented(said, shown):
            return self._fallback.explain_trade(facts, language)
        return f"{HEAD[language].format(model=self.model)}\n{said}"

    def word_clause(self, facts: dict[str, Any], language: str) -> str:
        """The free clause of a contract; the template's when the model says what the terms do not, or in words of
        other matters. Raises ModelDown."""
        told = prompts.CLAUSE.format(language=prompts.LANGUAGE_NAMES[language])
        clause, _ = self._ask(told, facts, Explanation)
        said = clean(clause.text, TEXT_LENGTH_MAX)
        return self._fallback.word_clause(facts, language) if unfit(said, language, facts) else said

    def _ask(self, told: str, facts: dict[str, Any], form: type[Form]) -> tuple[Form, str]:
        """The model's answer in the asked form, and exactly what it was shown."""
        shown = json.dumps(readable(facts), ensure_ascii=False, sort_keys=True)[:SHOWN_LENGTH_MAX]
        try:
            answer = self._chat.invoke([("system", told), ("user", shown)])
            return form.model_validate_json(str(answer.content)), shown
        except ValidationError as broken:
            raise ModelDown(f"the model {self.model} answered out of form: {broken.error_count()} faults") from broken
        except OpenAIError as failed:
            raise ModelDown(f"the model {self.model} does not answer: {type(failed).__name__}") from failed
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as strange:
            raise ModelDown(f"the endpoint of {self.model} answered something else than a completion") from strange
