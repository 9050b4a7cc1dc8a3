"""What ``gridpact cases`` takes on the command line."""

import argparse

from domain.case import QueueOrder, ReasonCode
from domain.party import Expertise
from gridpact.options import also_after, signs_in


def case_options(command: argparse.ArgumentParser) -> None:
    """The verbs of people who work on cases, and of the parties whom they ask."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list the open cases (default)")
    listing.add_argument("--role", choices=[str(each) for each in Expertise], help="only those that ask for it")
    listing.add_argument("--text", help="only those with these words")
    listing.add_argument("--order", choices=[str(each) for each in QueueOrder], help="what comes first")
    show, file = (
        verbs.add_parser("show", help="show one case with its evidence"),
        verbs.add_parser("file", help="all of it"),
    )
    for each in (show, file):
        each.add_argument("case")
    also_after(listing, show, file)
    _decide(verbs.add_parser("decide", help="decide a case, or several small ones alike"))
    _work(verbs)


def _decide(decide: argparse.ArgumentParser) -> None:
    decide.add_argument("case", nargs="+")
    decide.add_argument("verdict", choices=("approve", "reject"))
    decide.add_argument("--reason", required=True, help="why, at least 20 characters")
    decide.add_argument("--reason-code", choices=[str(each) for each in ReasonCode], help="the kind of reason")
    decide.add_argument("--shown", metavar="HASH", help="of the evidence you saw; by default what stands now")
    signs_in(decide)
    also_after(decide)


def _work(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, help_text, takes in (
        ("claim", "take a case in hand for half an hour", ("case",)),
        ("release", "let it go", ("case",)),
        ("delegate", "hand it to another account", ("case", "to")),
        ("ask", "ask a party of the case", ("case", "party", "text")),
        ("answer", "answer a question", ("case", "number", "text")),
        ("escalate", "ask for one more expertise", ("case", "to", "--reason")),
        ("amend", "propose other terms, as JSON", ("case", "changes", "--reason")),
        ("consent", "consent to other terms for one's own side", ("amendment",)),
    ):
        verb = verbs.add_parser(name, help=help_text)
        for each in takes:
            if each.startswith("--"):
                verb.add_argument(each, required=True, help="why, at least 20 characters")
            else:
                verb.add_argument(each, type=int if each == "number" else str)
        signs_in(verb)
        also_after(verb)
