"""Words for facts: the writer's, or the stand-in's when the writer does not answer or fell back on it.

A text is asked for outside any transaction that writes: a model may take its time.
"""

from collections.abc import Callable

from domain.errors import ModelDown
from services.context import TradeContext
from services.ports import Writer


def in_words(ctx: TradeContext, write: Callable[[Writer], str]) -> tuple[str, str]:
    """The text and the name of who wrote it. ``write`` asks one writer for the text."""
    plain = write(ctx.stand_in)
    try:
        text = write(ctx.writer)
    except ModelDown:
        return plain, ctx.stand_in.name
    return text, ctx.stand_in.name if text == plain else ctx.writer.name
