"""The options of ``gridpact contracts``."""

import argparse
from pathlib import Path

from gridpact.options import also_after, signs_in


def contracts(command: argparse.ArgumentParser) -> None:
    """``gridpact contracts``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list the deals that go on paper (default)")
    show = verbs.add_parser("show", help="show a deal's papers and what its sides did")
    pdf = verbs.add_parser("pdf", help="write a document as PDF, or its pages as pictures (.png)")
    templates = verbs.add_parser("templates", help="list the templates' versions; approve one, as one of two people")
    invite = verbs.add_parser("invite", help="have two sites negotiate a deal that goes on paper")
    opening = verbs.add_parser("open", help="open the explanation as one of the two sides")
    consent = verbs.add_parser("consent", help="consent to a contract as one of the two sides")
    withdraw = verbs.add_parser("withdraw", help="withdraw within the cooling-off time, without a reason")
    state = verbs.add_parser("state", help="state what papers need of the market or a site")
    show.add_argument("contract", metavar="DEAL", help="id of the deal, N-...")
    pdf.add_argument("contract", metavar="CONTRACT", help="id of a deal, digest of a contract, or master")
    for verb in (opening, consent, withdraw):
        verb.add_argument("contract", metavar="DEAL", help="id of the deal, N-...")
        signs_in(verb)
    for verb in (show, pdf, opening):
        verb.add_argument("--language", choices=("ja", "en"), default="ja")
    for verb in (pdf, opening):
        verb.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")
    pdf.add_argument("--document", choices=("individual", "pre_contract"), default="individual")
    templates.add_argument("--approve", metavar="NAME", help="approve the version in use, under your name")
    who = templates.add_mutually_exclusive_group()
    who.add_argument("--key-file", type=Path, metavar="FILE", help="file with your key")
    who.add_argument("--login", metavar="LOGIN", help="your login; password and code are asked for")
    invite.add_argument("seller", metavar="SELLER", help="site that sells")
    invite.add_argument("buyer", metavar="BUYER", help="site that buys")
    invite.add_argument("--months", type=int, metavar="N", help="settle the tenor instead of negotiating it")
    state.add_argument("subject", metavar="SUBJECT", help="market, or the id of a site")
    state.add_argument("particulars", nargs="+", metavar="FIELD=VALUE", help="e.g. contract_w='6 kW'")
    also_after(listing, show, pdf, templates, invite, opening, consent, withdraw, state)
