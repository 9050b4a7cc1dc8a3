"""A writer whose model takes a key: it is looked up for each text, and whoever holds the writer cannot reach it."""

from collections.abc import Callable
from typing import Any

from services.ports import Writer

Words = Callable[[dict[str, Any], str], str]
WithKey = Callable[[Callable[[str], str]], str]


class KeyedWriter:
    """Words as the model does that ``model`` makes of a key. with_key: a call in which the key is used."""

    __slots__ = ("_explained", "_summarised", "_worded", "name")

    def __init__(self, model: Callable[[str], Writer], with_key: WithKey) -> None:
        self.name = with_key(lambda key: model(key).name)
        self._summarised: Words = lambda case, language: with_key(lambda key: model(key).summarise_case(case, language))
        self._explained: Words = lambda facts, language: with_key(lambda key: model(key).explain_trade(facts, language))
        self._worded: Words = lambda facts, language: with_key(lambda key: model(key).word_clause(facts, language))

    def summarise_case(self, case: dict[str, Any], language: str) -> str:
        """A case in a few points. Raises ModelDown."""
        return self._summarised(case, language)

    def explain_trade(self, facts: dict[str, Any], language: str) -> str:
        """A price in a few sentences. Raises ModelDown."""
        return self._explained(facts, language)

    def word_clause(self, facts: dict[str, Any], language: str) -> str:
        """A clause of a contract. Raises ModelDown."""
        return self._worded(facts, language)
