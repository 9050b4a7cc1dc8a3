"""A YAML document read with its line numbers, so that every fault in it is reported at once and can be found.

Scalars are taken as the text a person wrote: a price never passes through a binary fraction.
"""

from collections.abc import Collection
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Self, TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from domain.errors import Fault, InputRefused

Word = TypeVar("Word", bound=StrEnum)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LANGUAGES = ("en", "ja")
NULL = "tag:yaml.org,2002:null"


class Document:
    """One file and the faults found in it so far."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.root = self._compose(text)

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """A file's document. Raises InputRefused when it cannot be read."""
        try:
            return cls(path.name, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InputRefused([Fault(str(path), "unreadable", f"cannot be read: {error}")]) from None

    def where(self, node: Node) -> str:
        """What a person opens: file and line, counted from one."""
        return f"{self.name}:{node.start_mark.line + 1}"

    def fault(self, node: Node, code: str, message: str) -> None:
        self.faults.append(Fault(self.where(node), code, message))

    def raise_faults(self) -> None:
        """Raise InputRefused with all faults, in the order of the file, if there are any."""
        if self.faults:
            raise InputRefused(sorted(self.faults, key=lambda fault: int(fault.where.rsplit(":", 1)[1])))

    def mapping(self, node: Node, what: str) -> dict[str, Node]:
        """The entries of a mapping by name; none, with a fault, when it is something else. A name holds once."""
        if not isinstance(node, MappingNode):
            self.fault(node, "wrong_kind", f"{what} is a mapping of names to values")
            return {}
        entries: dict[str, Node] = {}
        for name, value in node.value:
            if name.value in entries:
                self.fault(name, "duplicate", f"{name.value} is written twice in {what}")
            entries.setdefault(name.value, value)
        return entries

    def fields(self, node: Node, what: str, required: Collection[str], optional: Collection[str]) -> dict[str, Node]:
        """The entries of a mapping whose names are known. Faults: a name missing, or unknown (with the nearest)."""
        entries = self.mapping(node, what)
        if isinstance(node, MappingNode):
            for name in required:
                if name not in entries:
                    self.fault(node, "missing_field", f"{what} lacks {name}")
        known = [*required, *optional]
        for name, value in entries.items():
            if name not in known:
                near = get_close_matches(name, known, 1)
                self.fault(value, "unknown_field", f"{what} knows no {name}" + (f"; {near[0]}?" if near else ""))
        return entries

    def items(self, node: Node) -> list[Node]:
        """The items of a sequence; anything else stands for a sequence of one."""
        return list(node.value) if isinstance(node, SequenceNode) else [node]

    def text(self, node: Node | None) -> str:
        """A scalar as written; empty when absent or null."""
        if node is None or node.tag == NULL:
            return ""
        if not isinstance(node, ScalarNode):
            self.fault(node, "wrong_kind", "a single value is wanted here")
            return ""
        return str(node.value)

    def texts(self, node: Node | None) -> tuple[str, ...]:
        """The scalars of a sequence, or of the one that stands for it; none when absent."""
        return tuple(self.text(item) for item in self.items(node)) if node is not None else ()

    def day(self, node: Node | None, default: date) -> date:
        return self.day_or_none(node) or default

    def day_or_none(self, node: Node | None) -> date | None:
        """A date, None when absent or null; a fault when it is not ``2026-04-01``."""
        text = self.text(node)
        if node is None or not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fault(node, "not_a_date", f"{text!r} is not a date such as 2026-04-01")
            return None

    def translated(self, node: Node | None, what: str) -> dict[str, str]:
        """A text in both languages; a fault for each that is missing or empty."""
        fields = self.fields(node, f"the name of {what}", (), LANGUAGES) if node is not None else {}
        texts = {language: self.text(fields.get(language)) for language in LANGUAGES}
        for language, text in texts.items():
            if node is not None and not text:
                self.fault(node, "missing_translation", f"{what} has no {language} name")
        return texts

    def word(self, node: Node | None, words: type[Word], default: Word) -> Word:
        """One of a set of words; the default when absent, a fault and the default when it is another."""
        text = self.text(node)
        if node is None or text in set(words):
            return words(text) if text else default
        self.fault(node, "unknown_word", f"{text!r} is none of {', '.join(words)}")
        return default

    def count(self, node: Node | None) -> int:
        """A whole number, zero when absent."""
        text = self.text(node)
        if node is None or text.isdecimal():
            return int(text or 0)
        self.fault(node, "not_a_count", f"{text!r} is not a whole number")
        return 0

    def _compose(self, text: str) -> Node:
        try:
            root = yaml.compose(text, Loader=LOADER)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise InputRefused([Fault(f"{self.name}:{line}", "not_yaml", str(error.problem or error))]) from None
        except (yaml.YAMLError, RecursionError) as error:
            raise InputRefused([Fault(f"{self.name}:1", "not_yaml", str(error) or "nested too deep")]) from None
        if root is None:
            raise InputRefused([Fault(f"{self.name}:1", "empty", "the file is empty")])
        assert isinstance(root, Node)
        return root
