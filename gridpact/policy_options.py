"""The options of ``gridpact policies``."""

import argparse
from datetime import date
from pathlib import Path

from gridpact.options import also_after, signs_in


def policies(command: argparse.ArgumentParser) -> None:
    """``gridpact policies``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="list the versions, who approved them, from when they are active")
    show = verbs.add_parser("show", help="show a version's triggers, routes, checks, emergency states and disputes")
    diff = verbs.add_parser("diff", help="show what a version says otherwise than another")
    checks = verbs.add_parser("checks", help="show how the compliance checks stand, as far as the books say")
    draft = verbs.add_parser("draft", help="keep a draft of the rules under the next number")
    test = verbs.add_parser(
        "backtest", help="judge stored days again: which contracts would flip, figures before and after"
    )
    approve = verbs.add_parser("approve", help="approve a version; it takes two people besides who drafted it")
    activate = verbs.add_parser("activate", help="let an approved version hold from a day on that is not traded yet")
    rollback = verbs.add_parser("rollback", help="let the version hold again that held before")
    for verb in (show, checks):
        verb.add_argument(
            "version", metavar="VERSION", type=int, nargs="?", default=1, help="its number; 1 if left out"
        )
    for verb in (diff, test, approve, activate):
        verb.add_argument("version", metavar="VERSION", type=int, help="its number, as list prints it")
    diff.add_argument("other", metavar="OTHER", type=int, help="the version that comes after")
    checks.add_argument("--day", type=date.fromisoformat, help="the delivery day; today if left out")
    draft.add_argument("file", type=Path, metavar="FILE", help="the rules as YAML, usually extending a shipped pack")
    test.add_argument("--first", type=date.fromisoformat, metavar="DAY", help="first delivery day; the first on record")
    test.add_argument("--last", type=date.fromisoformat, metavar="DAY", help="last delivery day; the last on record")
    for verb in (activate, rollback):
        verb.add_argument("--from", dest="day", type=date.fromisoformat, required=True, metavar="DAY", help="first day")
    for verb in (draft, approve, activate, rollback):
        verb.add_argument("--reason", required=True, help="why, in at least 20 characters")
        signs_in(verb)
    also_after(listing, show, diff, checks, draft, test, approve, activate, rollback)
