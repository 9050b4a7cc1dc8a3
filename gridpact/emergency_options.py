"""The options of ``gridpact manual`` and ``gridpact grid island``."""

import argparse
from datetime import date, datetime
from pathlib import Path

from gridpact.options import also_after, signs_in


def manual(command: argparse.ArgumentParser) -> None:
    """``gridpact manual``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    export = verbs.add_parser("export", help="write the sheets of a day, to fill in by hand")
    export.add_argument("--day", type=date.fromisoformat, required=True, help="like 2026-05-20")
    export.add_argument("--to", type=Path, required=True, metavar="DIR", help="a folder that is not there, or empty")
    taking = verbs.add_parser("import", help="file a form that was filled in; all its faults come back at once")
    taking.add_argument("file", type=Path, metavar="FILE", help="form.csv as it was exported, with blanks filled in")
    listing = verbs.add_parser("list", help="list what was filed, and who approved it")
    approve = verbs.add_parser("approve", help="approve a filing; it counts when two people have")
    approve.add_argument("filing", metavar="FILING", help="its id: gridpact manual list")
    approve.add_argument("--reason", required=True, help="what you checked, at least 20 characters")
    reconcile = verbs.add_parser("reconcile", help="compare an approved day with the meters, and settle it once")
    reconcile.add_argument("--day", type=date.fromisoformat, required=True, help="like 2026-05-20")
    for verb in (taking, approve):
        signs_in(verb)
    also_after(export, taking, listing, approve, reconcile)


def island(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """``gridpact grid island``."""
    plan = verbs.add_parser("island", help="plan a slot of an island: whom to serve, what storage gives, what to shed")
    plan.add_argument("--slot", type=_moment, required=True, metavar="START", help="like 2026-05-20T12:00+09:00")
    plan.add_argument("--first", nargs="*", default=[], metavar="SITE", help="sites whose use is critical")
    plan.add_argument("--last", nargs="*", default=[], metavar="SITE", help="sites to shed before any other")
    return plan


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} lacks its offset from UTC, e.g. +09:00")
    return moment
