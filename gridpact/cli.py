"""The command line.

Exit status: 0 good, 1 a rule was broken, 2 wrong usage, 3 the outside failed. With ``--json`` one JSON document goes to
standard output and nothing else does; progress and errors go to standard error.
"""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path

from gridpact.case_options import case_options
from gridpact.dispute_options import dispute_options
from gridpact.emergency_options import island, manual
from gridpact.options import also_after, devices, ledger, mandates, people, signs_in, vault
from gridpact.paper_options import contracts
from gridpact.payment_options import costs, payments
from gridpact.policy_options import policies
from gridpact.statement_options import statement

MOVES_TEXT = {
    "lock": "let an account do nothing until it is unlocked",
    "unlock": "let a locked account sign in again",
    "leave": "end an account for good",
}
GOOD, RULE_BROKEN, USAGE, OUTSIDE_FAILED = 0, 1, 2, 3


def parser() -> argparse.ArgumentParser:
    """Every command and option with its meaning."""
    top = argparse.ArgumentParser(
        prog="gridpact",
        description="Homes, shops and batteries of one neighbourhood trade electricity by themselves.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _demo(_command(commands, "demo", "run a real trading day, fast-forwarded, and print its figures"))
    _up(_command(commands, "up", "run the market in real time with API and scheduler"))
    _import(_command(commands, "import", "check a folder of CSV files, or take files of the systems around"))
    _plans(_command(commands, "plans", "write a day's plans of the balancing group as files"))
    _feeder(_command(commands, "feeder", "check the wires of a grid model, and write them as CSV files"))
    case_options(_command(commands, "cases", "list, claim, ask about, amend and decide cases that wait for people"))
    dispute_options(_command(commands, "disputes", "open, answer and follow disputes about money between parties"))
    _orders(_command(commands, "orders", "place, amend, cancel a member's own orders; show a slot's book"))
    _accounts(_command(commands, "accounts", "say who may sign in, and as what"))
    _keys(_command(commands, "keys", "make, list and revoke keys for programs"))
    devices(_command(commands, "devices", "register meters and equipment, rotate and stop keys"))
    mandates(_command(commands, "mandates", "show, give or stop what a site's agent may do"))
    people(_command(commands, "people", "register people and firms, their evidence, consents and agreements; export"))
    policies(_command(commands, "policies", "draft, compare, try, approve and activate versions of the rules"))
    vault(_command(commands, "vault", "keep secrets of outside systems, which are never shown"))
    payments(_command(commands, "payments", "pay out and collect what is settled; draft, release, write, book"))
    costs(_command(commands, "costs", "say what bringing contracts about cost, beside a baseline"))
    _clients(_command(commands, "clients", "register, list and revoke programs that use OAuth"))
    _webhooks(_command(commands, "webhooks", "show where events are sent, or send once what is owed"))
    _alarms(_command(commands, "alarms", "list what somebody should look at"))
    _readings(_command(commands, "readings", "list the partitions of readings, or let old ones go"))
    _mqtt(_command(commands, "mqtt", "give meters and homes their credential at the broker, or take it away"))
    _ocpp(_command(commands, "ocpp", "give charge points their credential, or take it away"))
    _explain(_command(commands, "explain", "say why a site traded at its price in a slot"))
    _negotiate(_command(commands, "negotiate", "let two members' agents negotiate a deal, or show what they said"))
    contracts(_command(commands, "contracts", "show contracts on paper, approve templates, open, consent, withdraw"))
    _day_ahead(_command(commands, "day-ahead", "file, withdraw and show orders for tomorrow"))
    statement(_command(commands, "statement", "bill a person's month line by line; as HTML, PDF, CSV"))
    _report(_command(commands, "report", "write the day as one HTML page that opens offline"))
    _audit(_command(commands, "audit", "re-check every signature, chain, proof, balance and digest"))
    ledger(
        _command(commands, "ledger", "list accounts, open one with a limit, write the books for beancount or hledger")
    )
    _grid(_command(commands, "grid", "show grid operators' signals; stop trading, resume it with two people"))
    manual(_command(commands, "manual", "run a day by hand: sheets out, forms in, two approvals, meters compared"))
    _hub(_command(commands, "hub", "bring a home's own devices to the market, over ECHONET Lite or SunSpec"))
    _bench(_command(commands, "bench", "measure one part beside a floor or a peer"))
    _graph(_command(commands, "graph", "print the graph of the trading day as a picture"))
    _command(commands, "openapi", "print the description of the API, OpenAPI 3.1")
    _command(commands, "doctor", "say what is missing on this machine and how to get it")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    # Threads that wait for each other by spinning cost more than they bring on arrays of this size.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    options = parser().parse_args(arguments)
    keep_compiled(Path(__file__).parent.parent, options.data or Path(".gridpact"))
    name = options.command.replace("import", "import_").replace("-", "_")
    module = import_module(f"gridpact.commands.{name}")
    from domain.errors import OutsideFailed, RuleBroken

    try:
        return int(module.run(options))
    except RuleBroken as broken:
        print(f"gridpact {options.command}: {broken}", file=sys.stderr)
        return RULE_BROKEN
    except OutsideFailed as failure:
        print(f"gridpact {options.command}: {failure}", file=sys.stderr)
        return OUTSIDE_FAILED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(
            f"gridpact {options.command}: the disk is full; free space, then run the same again: {error}",
            file=sys.stderr,
        )
        return OUTSIDE_FAILED
    except KeyboardInterrupt:
        again = "the same command with --resume" if options.command == "demo" else "the same command"
        print(f"gridpact {options.command}: stopped; {again} goes on", file=sys.stderr)
        return OUTSIDE_FAILED


def keep_compiled(source: Path, data: Path) -> None:
    """Where the source cannot be written, what numba compiles goes to the data directory: it must go somewhere."""
    if not os.access(source, os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", str((data / "compiled").resolve()))


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.add_argument("--data", type=Path, metavar="DIR", help="data directory")
    command.add_argument("--json", action="store_true", help="print one JSON document on standard output")
    return command


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--date", type=date.fromisoformat, default=date(2026, 5, 20), help="first delivery day")
    command.add_argument("--days", type=_positive, default=1, help="how many days to trade")
    command.add_argument("--slots", type=_positive, help="trade only the first slots of the first day")
    command.add_argument("--sites", type=_positive, help="trade only so many sites")
    command.add_argument("--community", default="1-LV-rural3--2-sw", help="SimBench code, or a folder of CSV files")
    command.add_argument("--seed", type=int, default=7, help="seed of everything that is made up")
    command.add_argument("--memory", choices=("on", "off"), default="on", help="whether past days change orders")
    command.add_argument("--experts", choices=("scripted", "human"), default="scripted", help="who decides cases")
    command.add_argument(
        "--grid-limit",
        type=_positive,
        default=100,
        metavar="PERCENT",
        help="what each line may carry of neighbours' trades, in percent of its rating",
    )
    command.add_argument("--resume", action="store_true", help="go on with the run that was interrupted")


def _up(command: argparse.ArgumentParser) -> None:
    command.add_argument("--community", default="1-LV-rural3--2-sw", help="SimBench code of the neighbourhood")
    command.add_argument("--seed", type=int, default=7, help="seed of everything that is made up")
    command.add_argument("--ticks", type=_from_zero, help="stop after so many ticks; 0: once the market is open")


def _import(command: argparse.ArgumentParser) -> None:
    kinds = "meter-values, green-button, wholesale, imbalance or area"
    command.add_argument(
        "folder", type=Path, help=f"folder with sites.csv and readings.csv; or a kind of file: {kinds}"
    )
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="the files of that kind")
    command.add_argument("--points", type=Path, metavar="FILE", help="sites.csv whose supply points the files name")
    command.add_argument("--site", metavar="SITE", help="whose Green Button files these are")
    command.add_argument("--area", metavar="AREA", help="whose supply and demand it is; that of the settings")
    command.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")


def _plans(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("export",), help="export: write the plans of a cleared day")
    command.add_argument("--day", type=date.fromisoformat, required=True, help="the delivery day, e.g. 2026-05-20")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the files go")
    command.add_argument("--group", default="00000", metavar="CODE", help="the demand balancing group")
    command.add_argument("--generation-group", default="00001", metavar="CODE", help="the generation balancing group")
    command.add_argument("--market", default="00002", metavar="CODE", help="who is traded with outside")


def _feeder(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("check",), help="check: say what it holds, or every fault at once")
    command.add_argument("source", metavar="SOURCE", help="SimBench code, pandapower JSON file, or folder of CSV files")
    command.add_argument("--to", type=Path, metavar="FOLDER", help="write nodes.csv and branches.csv there")


def _alarms(command: argparse.ArgumentParser) -> None:
    command.add_argument("--language", choices=("en", "ja"), help="language of the alarms")


def _orders(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    book, place = verbs.add_parser("book", help="show a slot's book"), verbs.add_parser("place", help="place an order")
    amend, cancel = verbs.add_parser("amend", help="amend an order"), verbs.add_parser("cancel", help="cancel an order")
    for verb in (book, place, amend, cancel):
        verb.add_argument("--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="data directory")
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    for verb in (book, place):
        verb.add_argument("slot", type=int, help="slot number")
    place.add_argument("site", help="site id")
    place.add_argument("side", choices=("buy", "sell"))
    for verb in (amend, cancel):
        verb.add_argument("order", help="the order's name")
    for verb in (place, amend):
        verb.add_argument("limit_mjpy_per_kwh", type=int, metavar="MJPY_PER_KWH", help="limit at the seller's meter")
        verb.add_argument("energy_wh", type=int, metavar="WH", help="energy of the whole order")
    for verb in (place, amend, cancel):
        verb.add_argument("--person", required=True, help="your member id")
        verb.add_argument("--key", required=True, help="a word of yours; the same again is done once")


def _accounts(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list every account (default)")
    invite = verbs.add_parser("invite", help="make an account of a party, or begin its sign-in anew")
    invite.add_argument("login", help="what its person will type, e.g. an e-mail address")
    register = verbs.add_parser("register", help="make an account that only uses keys")
    register.add_argument("account", help="id of the new account")
    for verb in (invite, register):
        verb.add_argument("--party", required=True, help="id of the party it stands for")
        verb.add_argument("--role", action="append", default=[], metavar="ROLE", help="may be given several times")
    moves = [verbs.add_parser(name, help=text) for name, text in MOVES_TEXT.items()]
    one_time = verbs.add_parser("code", help="print the one-time code of a demonstration's expert")
    roles = verbs.add_parser("roles", help="give and take roles; say who gave and took which when")
    for verb in (*moves, roles, one_time):
        verb.add_argument("account")
    roles.add_argument("--give", action="append", default=[], metavar="ROLE")
    roles.add_argument("--take", action="append", default=[], metavar="ROLE")
    also_after(listing, invite, register, *moves, roles, one_time)


def _keys(command: argparse.ArgumentParser) -> None:
    command.set_defaults(account=None)
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list every key (default)")
    listing.add_argument("--account", help="of this account only")
    create = verbs.add_parser("create", help="make a key of an account")
    create.add_argument("account")
    create.add_argument("--name", required=True, help="what it is for")
    create.add_argument("--scope", action="append", default=[], metavar="SCOPE", help="may be given several times")
    create.add_argument("--days", type=_positive, default=90, help="how long it is good")
    create.add_argument(
        "--to", type=Path, metavar="FILE", help="write the key there, for you alone, and show it nowhere"
    )
    revoke = verbs.add_parser("revoke", help="make a key useless, now")
    revoke.add_argument("key", help="its id, as the list shows it")
    also_after(listing, create, revoke)


def _webhooks(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("list", "deliver"), nargs="?", default="list")


def _readings(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("list", "let-go"), nargs="?", default="list")
    command.add_argument("day", type=date.fromisoformat, metavar="DAY", nargs="?", help="the first day to keep")


def _clients(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", metavar="VERB")
    listing = verbs.add_parser("list", help="list every client (default)")
    register = verbs.add_parser(
        "register", help="make a client: a service of an account, or a program that asks people"
    )
    register.add_argument("name", help="what it is called")
    register.add_argument("--account", help="a service acts for this account, which has the role client")
    register.add_argument("--scope", action="append", default=[], metavar="SCOPE", help="of a service; several times")
    register.add_argument("--jwk", type=Path, metavar="FILE", help="of a service: its public key, instead of a secret")
    register.add_argument("--redirect", action="append", default=[], metavar="URL", help="of a program; several times")
    revoke = verbs.add_parser("revoke", help="make a client and its tokens useless, now")
    revoke.add_argument("client", help="its id, as the list shows it")
    also_after(listing, register, revoke)


def _mqtt(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("list", "admit", "withdraw"), nargs="?", default="list")
    command.add_argument("kind", choices=("meter", "home"), nargs="?", help="a meter sends readings, a home looks on")
    command.add_argument("subject", metavar="ID", nargs="?", help="device id of the meter, site id of the home")
    command.add_argument("--may-resume", action="store_true", help="the home may take its own pause back")
    command.add_argument(
        "--reserve", type=int, nargs=2, metavar=("MIN", "MAX"), default=(0, 0), help="and move the reserve inside, Wh"
    )


def _ocpp(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("list", "admit", "withdraw"), nargs="?", default="list")
    command.add_argument("charger", metavar="CHARGER", nargs="?", help="device id of the charger, as it is registered")


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("site", metavar="SITE", nargs="?", help="site id; left out, the known ones are listed")
    command.add_argument(
        "slot",
        metavar="SLOT_OR_TIME",
        nargs="?",
        help="slot number, 13:00 or 2026-05-20T13:00; left out, they are listed",
    )
    command.add_argument("--language", choices=("en", "ja"), help="language of the explanation")


def _negotiate(command: argparse.ArgumentParser) -> None:
    command.add_argument("seller", metavar="SELLER", nargs="?", help="site that sells")
    command.add_argument("buyer", metavar="BUYER", nargs="?", help="site that buys")
    command.add_argument("--months", type=_positive, metavar="N", help="settle the tenor instead of negotiating it")
    command.add_argument("--show", metavar="ID", help="print a negotiation's transcript and verify its hash chain")
    command.add_argument("--side", choices=("buy", "sell"), help="with --show: what each offer was worth to this side")


def _day_ahead(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    file = verbs.add_parser("file", help="file the orders of a JSON or CSV file")
    withdraw = verbs.add_parser("withdraw", help="take orders back before the book closes")
    show = verbs.add_parser("show", help="show what was filed for a day and what became of it")
    for verb in (file, withdraw, show):
        verb.add_argument("--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="data directory")
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
        verb.add_argument("day", type=date.fromisoformat, help="the delivery day, e.g. 2026-05-21")
    file.add_argument("orders", type=Path, metavar="FILE", help="JSON list or CSV table; docs/products.md shows both")
    withdraw.add_argument("ids", nargs="+", metavar="SITE/KEY", help="the orders, e.g. S005/wash")
    show.add_argument("site", nargs="?", metavar="SITE", help="only the orders of one site")
    show.add_argument("--language", choices=("en", "ja"), help="language of the words")


def _grid(command: argparse.ArgumentParser) -> None:
    verbs = command.add_subparsers(dest="verb", metavar="VERB", required=True)
    signals = verbs.add_parser("signals", help="list what grid operators ask, and which stops hold")
    state = verbs.add_parser("state", help="say in which state the wires are, from normal to emergency")
    source = verbs.add_parser("source", help="register a grid operator's key")
    stop = verbs.add_parser("stop", help="hold all new trading")
    resume = verbs.add_parser("resume", help="say that a stop may end; it ends when two people have said so")
    poll = verbs.add_parser("poll", help="ask an OpenADR 2.0b VTN once for its events, and follow them")
    poll.add_argument("vtn", metavar="VTN", help="its name in the settings")
    for verb in (signals, state, source, stop, resume, poll, island(verbs)):
        verb.add_argument("--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="data directory")
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    signals.add_argument("--all", action="store_true", help="also what is over")
    source.add_argument("source", metavar="SOURCE", help="the operator's name, as its signals bear it")
    source.add_argument("public_key", metavar="PUBLIC_KEY", help="its Ed25519 key, 64 hex digits")
    resume.add_argument("signal", metavar="STOP", help="the stop's name, as gridpact grid signals shows it")
    resume.add_argument("--role", choices=("operator", "grid", "admin"), help="in which of your roles you speak")
    signs_in(resume)
    for verb in (source, stop):
        verb.add_argument("--person", required=True, help="your name")
    for verb in (stop, resume):
        verb.add_argument("--reason", required=True, help="why; to resume, at least 20 characters")


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, default=Path("report.html"), help="where to write the page")
    command.add_argument("--language", choices=("en", "ja"), help="language the page opens in")


def _audit(command: argparse.ArgumentParser) -> None:
    command.add_argument("verb", choices=("verify",), help="verify: re-check everything, name the first broken record")


def _graph(command: argparse.ArgumentParser) -> None:
    command.add_argument("--svg", type=Path, metavar="FILE", help="write the picture as SVG instead")


def _hub(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "verb",
        choices=("key", "look", "echonet", "sunspec"),
        help="key: print what the market must know; look: print the devices and their values; the others: run",
    )
    command.add_argument("--config", type=Path, required=True, metavar="FILE", help="the hub's settings, TOML")
    command.add_argument("--ticks", type=_positive, help="stop after so many ticks (for tests)")


def _bench(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", help="clearing, day, ...; an unknown name lists them")
    command.add_argument("--orders", type=_positive, metavar="N", help="orders in the book, for benches that take it")
    command.add_argument("--sites", type=_positive, metavar="N", help="homes, for benches that take it")
    command.add_argument("--grid", metavar="NAME", help="the grid, for benches that take it")
    command.add_argument("--peers", metavar="DIR", help="folder of the peers' Python environments, one a peer")
    command.add_argument(
        "--kill", action="store_true", default=None, help="kill database and broker midway, for benches that take it"
    )
    command.add_argument("--readings", type=_positive, metavar="N", help="readings, for benches that take it")
    command.add_argument("--trades", type=_positive, metavar="N", help="trades, for benches that take it")
    command.add_argument("--cases", type=_positive, metavar="N", help="cases, for benches that take it")
    command.add_argument("--days", type=_positive, metavar="N", help="demonstration days, for benches that take it")
    command.add_argument("--histories", type=_positive, metavar="N", help="seeded histories, for benches that take it")
    command.add_argument("--kills", type=_positive, metavar="N", help="kill -9 so often, for benches that take it")


def _from_zero(text: str) -> int:
    return 0 if text == "0" else _positive(text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"one or more, not {text}")
    return number
