"""The options of ``gridpact payments`` and ``gridpact costs``."""

import argparse
from datetime import date
from pathlib import Path

from domain.payment import Rail
from gridpact.options import also_after, signs_in


def payments(command: argparse.ArgumentParser) -> None:
    """``gridpact payments``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list runs and their payments (default)")
    entries = verbs.add_parser("entries", help="list what was booked, and what became of it")
    account = verbs.add_parser("account", help="say where a party is paid, or from where the platform pays")
    draft = verbs.add_parser("draft", help="net what everybody is owed and owes, and draft a run of payments")
    release = verbs.add_parser("release", help="release a run that somebody else drafted")
    file = verbs.add_parser("file", help="write a released run as the file that a bank or the retailer takes")
    book = verbs.add_parser("book", help="take a bank's statement (camt.053) or the retailer's answer")
    assign = verbs.add_parser("assign", help="say of which payment an entry in suspense is")
    fail = verbs.add_parser("fail", help="say that a bank did not carry a payment out")
    account.add_argument("party", metavar="PARTY")
    account.add_argument("--bank", required=True, metavar="4_DIGITS")
    account.add_argument("--branch", required=True, metavar="3_DIGITS")
    account.add_argument("--kind", default="ordinary", choices=("ordinary", "current", "savings"))
    account.add_argument("--number", required=True, metavar="7_DIGITS")
    account.add_argument("--holder", required=True, metavar="KANA", help="the holder's name in kana or Latin capitals")
    draft.add_argument(
        "--rail", choices=[*Rail], default=Rail.RETAILER_BILL, help="by which way (default: the retailer's bill)"
    )
    draft.add_argument("--day", required=True, type=date.fromisoformat, metavar="DAY", help="on which banks shall book")
    for verb in (release, file):
        verb.add_argument("run", metavar="RUN", help="its id, as the list shows it")
    file.add_argument("--to", type=Path, required=True, metavar="FILE")
    file.add_argument("--code", default="0", metavar="10_DIGITS", help="what the bank calls the payer (zengin)")
    for verb in (book, assign):
        verb.add_argument("rail", choices=[*Rail], help="by which way it was paid")
    book.add_argument("file", type=Path, metavar="FILE")
    assign.add_argument("entry", metavar="ENTRY", help="as payments entries shows it")
    for verb in (assign, fail):
        verb.add_argument("reference", metavar="PAYMENT", help="its reference, GP...")
    fail.add_argument("--reason", required=True, help="what the bank said")
    for verb in (draft, release, book, assign, fail):
        signs_in(verb)
    also_after(listing, entries, account, draft, release, file, book, assign, fail)


def costs(command: argparse.ArgumentParser) -> None:
    """``gridpact costs``."""
    command.add_argument(
        "--baseline",
        type=int,
        nargs=3,
        metavar=("LOW", "HIGH", "CONTRACTS"),
        help="what the same costs otherwise, mJPY a kWh from LOW to HIGH, measured on so many contracts",
    )
