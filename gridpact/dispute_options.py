"""What ``gridpact disputes`` takes on the command line."""

import argparse
from datetime import date

from domain.dispute import DisputeWord
from gridpact.options import also_after, signs_in

HELP = {
    DisputeWord.ACCEPT: "accept an offered correction, or the claim itself, for one's own side",
    DisputeWord.REFUSE: "refuse it",
    DisputeWord.REVIEW: "ask that other people review what a mediator ruled",
    DisputeWord.WITHDRAW: "withdraw one's own dispute",
}


def dispute_options(command: argparse.ArgumentParser) -> None:
    """The verbs of both sides, of who writes down what an outside body ruled, and of the clockwork."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list disputes with what is held (default)")
    listing.add_argument("--party", help="only those of one party")
    show = verbs.add_parser("show", help="show one dispute with its evidence and what was said")
    show.add_argument("dispute")
    types = verbs.add_parser("types", help="list what can be disputed, the steps and their deadlines")
    notice = verbs.add_parser("notice", help="search a settled day for trouble, and open what data can settle")
    notice.add_argument("day", type=date.fromisoformat, help="the delivery day, e.g. 2026-05-20")
    attend = verbs.add_parser("attend", help="do what is due in every dispute")
    opened = verbs.add_parser("open", help="dispute what one's own site was billed")
    opened.add_argument("site")
    opened.add_argument("type", help="as gridpact disputes types lists them")
    opened.add_argument("slot", type=int, help="the first slot it is about")
    opened.add_argument("--to", type=int, metavar="SLOT", help="the last one, by default the same")
    opened.add_argument("--jpy", required=True, metavar="AMOUNT", help="what is disputed; this much is held")
    opened.add_argument("--says", required=True, help="what happened, at least 20 characters")
    opened.add_argument("--contract", metavar="DIGEST", help="when it is about one with another member")
    ruling = verbs.add_parser("rule", help="write down what an outside body ruled")
    ruling.add_argument("dispute")
    ruling.add_argument("jpy", help="how much of the held part goes to the claimant")
    ruling.add_argument("--body", required=True, help="who ruled")
    said = [verbs.add_parser(str(word), help=text) for word, text in HELP.items()]
    for verb in said:
        verb.add_argument("dispute")
    for verb in (*said, ruling):
        verb.add_argument("--reason", required=True, help="why, at least 20 characters")
    for verb in (*said, ruling, opened):
        signs_in(verb)
    also_after(listing, show, types, notice, attend, opened, ruling, *said)
