"""The options of the commands about devices, people and secrets, and those that several commands share."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

EQUIPMENT = ("meter", "pv", "battery", "ev_charger", "heat_pump")


def also_after(*verbs: argparse.ArgumentParser) -> None:
    """The options of every command, before the verb or after it, as one likes."""
    for verb in verbs:
        verb.add_argument("--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="data directory")
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")


def signs_in(verb: argparse.ArgumentParser) -> None:
    """How the person who answers for a command says who it is."""
    who = verb.add_mutually_exclusive_group(required=True)
    who.add_argument("--key-file", type=Path, metavar="FILE", help="file with your key (gridpact keys create --to)")
    who.add_argument("--login", metavar="LOGIN", help="your login; password and code are asked for")


def devices(command: argparse.ArgumentParser) -> None:
    """``gridpact devices``."""
    command.set_defaults(site=None)
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list devices, their keys and certificates (default)")
    listing.add_argument("--site", metavar="SITE", help="of this site only")
    add = verbs.add_parser("add", help="register a meter with its key, or equipment without a certificate")
    add.add_argument("device", metavar="DEVICE", help="its id: letters, digits, _ and -")
    add.add_argument("--site", required=True, metavar="SITE", help="the site it stands at")
    add.add_argument("--kind", choices=EQUIPMENT, default="meter")
    add.add_argument("--public-key", metavar="HEX", help="of a meter: its Ed25519 key, 64 hex digits")
    add.add_argument("--power-w", type=int, default=0, metavar="W", help="of equipment: its rated power")
    add.add_argument("--capacity-wh", type=int, default=0, metavar="WH", help="of a battery: what it holds")
    rotate = verbs.add_parser("rotate", help="give a meter a new key; the old one is good for the overlap")
    rotate.add_argument("device", metavar="DEVICE")
    rotate.add_argument("public_key", metavar="PUBLIC_KEY", help="the new key, 64 hex digits")
    rotate.add_argument("--overlap-h", type=int, default=24, metavar="HOURS", help="how long the old key is good")
    stop = verbs.add_parser("stop-key", help="stop a stolen key now, and list what rests on its readings")
    stop.add_argument("device", metavar="DEVICE")
    stop.add_argument("--reason", required=True, help="why, for the record and the expert")
    stop.add_argument("--since", type=moment, metavar="MOMENT", help="since when it may be stolen; now by default")
    issuer = verbs.add_parser("issuer", help="believe an issuer's certificates")
    issuer.add_argument("issuer", metavar="ISSUER", help="its name, as iss in its certificates")
    issuer.add_argument("jwk", type=Path, metavar="JWK", help="file with its public key")
    issuer.add_argument("--kind", choices=("operator", "installer"), required=True)
    certify = verbs.add_parser("certify", help="take a certificate and register what it certifies")
    status = verbs.add_parser("status", help="take an issuer's status list; names what counts no more")
    for verb in (certify, status):
        verb.add_argument("file", type=Path, metavar="FILE")
    also_after(listing, add, rotate, stop, issuer, certify, status)


def mandates(command: argparse.ArgumentParser) -> None:
    """``gridpact mandates``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    show = verbs.add_parser("show", help="show the mandate in force at a site")
    give = verbs.add_parser("give", help="give a new version; what is not said stays")
    stop = verbs.add_parser("stop", help="pause a site's trading by its stop word, typed or piped in")
    for verb in (show, give, stop):
        verb.add_argument("site", metavar="SITE")
    for name, unit, text in (
        ("--sell-min", "MJPY_PER_KWH", "the least price it sells at"),
        ("--buy-max", "MJPY_PER_KWH", "the highest price it buys at"),
        ("--order-max-wh", "WH", "the most energy of one order"),
        ("--reserve-wh", "WH", "what the battery keeps for an outage"),
        ("--spend-max-jpy", "JPY", "the most that a delivery day's purchases may cost, all in"),
        ("--trade-max-wh", "WH", "the most energy traded on a delivery day"),
    ):
        give.add_argument(name, type=int, metavar=unit, help=text)
    give.add_argument("--valid-until", type=date.fromisoformat, metavar="DAY", help="the last delivery day")
    give.add_argument("--trading", choices=("pause", "resume"), help="pause or resume trading")
    give.add_argument(
        "--stop-word", action="store_true", help="ask for a word that pauses trading; empty takes it away"
    )
    signs_in(give)
    also_after(show, give, stop)


def people(command: argparse.ArgumentParser) -> None:
    """``gridpact people``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    add = verbs.add_parser("add", help="register a person or firm")
    ask = verbs.add_parser("challenge", help="print what a person signs today to prove who it is")
    prove = verbs.add_parser("prove", help="take evidence of who a party is")
    consent = verbs.add_parser("consent", help="write down a consent to a version of a text")
    withdraw = verbs.add_parser("withdraw", help="end a consent")
    agree = verbs.add_parser("agree", help="write down an agreement, kept for the legal period")
    show = verbs.add_parser("show", help="show what is on record")
    export = verbs.add_parser("export", help="write all data about a party to a JSON file or a ZIP of pages")
    reputation = verbs.add_parser("reputation", help="show how well a party kept to what it said, and why")
    contest = verbs.add_parser("contest", help="contest a part of the own reputation; it does not count until ruled on")
    dispute = verbs.add_parser("dispute", help="raise a dispute about a party's part in a contract with one's own")
    rule = verbs.add_parser("rule", help="rule, as a mediator, whether a dispute counts against the party")
    erase = verbs.add_parser("erase", help="ask that a person's data be erased; two people in two roles do")
    signed = (contest, dispute, rule, erase)
    for verb in (add, ask, prove, consent, withdraw, agree, show, export, reputation, *signed):
        verb.add_argument("party", metavar="PARTY")
    add.add_argument("--name", required=True, help="the name, as on the papers")
    add.add_argument("--role", choices=("member", "retailer", "platform"), default="member")
    add.add_argument("--corporate-number", default="", metavar="13_DIGITS", help="of a firm")
    add.add_argument("--invoice-number", default="", metavar="T13_DIGITS", help="of who issues qualified invoices")
    prove.add_argument("--method", choices=("manual", "jpki"), default="manual")
    prove.add_argument("--document", default="", help="manual: which papers you saw, never their number")
    prove.add_argument("--chain", type=Path, metavar="PEM", help="jpki: certificates, the person's first")
    prove.add_argument("--signature", type=Path, metavar="FILE", help="jpki: over the challenge")
    prove.add_argument("--ocsp", type=Path, metavar="DER", help="jpki: what its authority answers about revocation")
    prove.add_argument("--crl", type=Path, metavar="DER", help="jpki: instead, its authority's list of revoked ones")
    for verb in (consent, withdraw, agree):
        verb.add_argument("name", metavar="TEXT", help="what the text is called, e.g. privacy-notice")
    for verb in (consent, agree):
        verb.add_argument("version", metavar="VERSION")
        verb.add_argument("text", type=Path, metavar="FILE", help="the text itself; its SHA-256 is kept")
    export.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="a new file: .json, or .zip for pages and CSV tables"
    )
    erase.add_argument("--reason", required=True, help="who asked and when, at least 20 characters")
    contest.add_argument("part", metavar="PART", help="payment, delivery or data")
    dispute.add_argument("contract", metavar="DIGEST", help="the contract it is about")
    for verb in (contest, dispute):
        verb.add_argument("--says", required=True, help="what happened, at least 20 characters")
    rule.add_argument("number", type=int, metavar="NUMBER", help="of the dispute, as people show prints it")
    rule.add_argument("ruling", choices=("counts", "not"), help="whether it counts against the party")
    rule.add_argument("--reason", required=True, help="on what grounds, at least 20 characters")
    for verb in signed:
        signs_in(verb)
    also_after(add, ask, prove, consent, withdraw, agree, show, export, reputation, *signed)


def vault(command: argparse.ArgumentParser) -> None:
    """``gridpact vault``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list what the vault holds, never a secret (default)")
    put = verbs.add_parser("set", help="set a secret, typed without being seen or piped in")
    put.add_argument("name", metavar="NAME", help="e.g. openai_api_key")
    rotate = verbs.add_parser("rotate", help="make a new master key and seal every secret anew")
    also_after(listing, put, rotate)


def ledger(command: argparse.ArgumentParser) -> None:
    """``gridpact ledger``."""
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("accounts", help="list every account with its unit and balance (default)")
    opened = verbs.add_parser("open", help="open an account with a unit and a limit; it never changes")
    opened.add_argument("name", metavar="NAME", help="e.g. deposit:S001")
    opened.add_argument("--unit", choices=("uJPY", "Wh", "WATT", "TSL"), default="uJPY", help="what it counts")
    limits = ("none", "debits_within_credits", "credits_within_debits")
    opened.add_argument("--limit", choices=limits, default="none", help="what it may not do")
    export = verbs.add_parser("export", help="write all posted transfers and balances as one file")
    export.add_argument("--to", choices=("beancount", "hledger"), required=True, help="for which program")
    export.add_argument("file", type=Path, metavar="FILE")
    also_after(listing, opened, export)


def moment(text: str) -> datetime:
    """A moment with its offset. Raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a moment is like 2026-05-20T04:00:00Z, not {text}") from None
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError("say the offset too, e.g. 2026-05-20T04:00:00Z")
    return found.astimezone(UTC)
