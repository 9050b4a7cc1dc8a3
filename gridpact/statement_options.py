"""The options of ``gridpact statement``."""

import argparse
from pathlib import Path


def statement(command: argparse.ArgumentParser) -> None:
    """``gridpact statement``."""
    command.add_argument("who", metavar="SITE|PARTY", help="a site's id means the party that holds it")
    command.add_argument("--month", required=True, metavar="YYYY-MM", help="the month of delivery")
    for form in ("html", "pdf", "csv"):
        command.add_argument(f"--{form}", type=Path, metavar="FILE", help=f"write it as {form.upper()}")
    command.add_argument("--language", choices=("ja", "en"), help="language of the page")
