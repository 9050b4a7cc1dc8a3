"""The free clause without a model: sentences for what was agreed beyond the template, from the fields alone."""

from collections.abc import Mapping

from contracts.paper.field import Values, fields
from contracts.paper.free_text import FreeText, Origin
from contracts.paper.paper_template import FIELD, fields_in

SENTENCES: tuple[Mapping[str, str], ...] = (
    {
        "ja": "売り手は、{delivery_starts}に始まる各コマで{volume_wh}を受け渡す予定とする。",
        "en": "The seller is to deliver {volume_wh} in each slot that begins at {delivery_starts}.",
    },
    {
        "ja": "買い手は、各コマの予定量の{flexibility_permille}までを引き取らないことができる。",
        "en": "The buyer may leave up to {flexibility_permille} of the volume of each slot.",
    },
)
NOTHING_SPECIAL = {"ja": "受渡しについて特に定めることはない。", "en": "Nothing special is agreed about delivery."}


def special_terms(values: Values) -> FreeText:
    """The free clause in both languages; the same for the same terms."""
    return FreeText(_said(values, "ja"), _said(values, "en"), Origin.TEMPLATE)


def _said(values: Values, language: str) -> str:
    written = {key: fields()[key].written(value, language) for key, value in values.items()}
    known = [each[language] for each in SENTENCES if fields_in(each[language]) <= values.keys()]
    said = [FIELD.sub(lambda found: written[found[1]], sentence) for sentence in known]
    return ("" if language == "ja" else " ").join(said) or NOTHING_SPECIAL[language]
