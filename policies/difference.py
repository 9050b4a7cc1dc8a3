"""What one version of the rules says otherwise than another, entry by entry."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from policies.articles import Article
from policies.bands import Band, Trigger
from policies.pack import RulePack
from policies.unit import CLASS, TEXT
from policies.value import DatedValue
from policies.words import in_unit, measured


class Change(NamedTuple):
    """One entry that differs. part: of the pack. before, after: what it says, empty where it does not stand."""

    part: str
    name: str
    before: str
    after: str


def between(before: RulePack, after: RulePack) -> list[Change]:
    """Every entry that differs: head, values, background, triggers, deadlines, then articles, each by name."""
    head = ("id", "version", "jurisdiction", "demonstration", "valid_from", "valid_to", "currency", "time_zone")
    heads = ({name: str(getattr(pack, name)) for name in head} for pack in (before, after))
    return [
        *_changes("head", *heads),
        *_changes("value", *(_told(pack.values, _dated) for pack in (before, after))),
        *_changes("background", *(_told(pack.background, _dated) for pack in (before, after))),
        *_changes("trigger", *(_told(pack.triggers, _trigger) for pack in (before, after))),
        *_changes("deadline", *(_told(pack.sla_min, lambda minutes: f"{minutes} min") for pack in (before, after))),
        *(
            change
            for part in before.articles
            for change in _changes(part, *(_told(pack.articles[part], _article) for pack in (before, after)))
        ),
    ]


def _told(entries: Mapping[str, Any], tell: Callable[[Any], str]) -> dict[str, str]:
    return {name: tell(entry) for name, entry in entries.items()}


def _changes(part: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    for name in sorted({*before, *after}):
        said, says = before.get(name, ""), after.get(name, "")
        if said != says:
            yield Change(str(part), name, said, says)


def _dated(dated: tuple[DatedValue, ...]) -> str:
    return "; ".join(
        f"{_amount(each)} from {each.valid_from}{f' to {each.valid_to}' if each.valid_to else ''} "
        f"({each.confidence}, {each.use}: {', '.join(source.id for source in each.sources)})"
        for each in dated
    )


def _amount(each: DatedValue) -> str:
    if each.value is None or each.unit == TEXT:
        return str(each.value or "unknown")
    return in_unit(int(each.value), each.unit)


def _trigger(trigger: Trigger) -> str:
    bands = "; ".join(_band(trigger, each) for each in trigger.bands)
    return f"{trigger.name_en}: {bands}; unknown: {_band(trigger, trigger.unknown)}"


def _band(trigger: Trigger, band: Band) -> str:
    if band.classes:
        where = ", ".join(sorted(band.classes))
    else:
        where = (
            "" if trigger.unit == CLASS else f"up to {measured(trigger, band.upto)}" if band.upto is not None else ""
        )
    people = (
        f" {band.approvals} of {', '.join(band.roles)} within {band.sla}, else {band.on_timeout}" if band.roles else ""
    )
    return f"{where or 'any'} {band.action}{people}"


def _article(article: Article) -> str:
    said = ", ".join(f"{name} {text}" for name, text in article.says.items())
    return f"{article.name_en} / {article.name_ja}: {said} ({article.confidence})"
