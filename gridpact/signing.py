"""Who types a command that somebody answers for: the account of a key in a file, or of a login at the terminal."""

import argparse
import os
import sys
from getpass import getpass
from pathlib import Path

from domain.errors import Fault, InputRefused, SignInRefused
from gridpact.wiring import House, open_reception
from identity.authorisation import Principal
from services.access.signing_in import sign_in, sign_out
from services.access.who_asks import of_key, of_session

KEY_CHARACTERS_MAX = 4_096
AT_THE_TERMINAL = "terminal"


def whoever_asks(house: House, options: argparse.Namespace) -> Principal:
    """The account behind ``--key-file`` or ``--login``. Raises SignInRefused, InputRefused when the file is none."""
    return _by_key(house, options.key_file) if options.key_file else _by_login(house, options.login)


def write_key(path: Path, key: str) -> None:
    """Write a key where only its owner reads it. Raises InputRefused when something stands there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as taken:
        raise InputRefused([Fault(str(path), "not_written", f"the key cannot go there: {taken.strerror}")]) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")


def _by_key(house: House, path: Path) -> Principal:
    try:
        key = path.read_text()[:KEY_CHARACTERS_MAX].strip()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise InputRefused([Fault(str(path), "not_read", f"this is no file with a key: {unreadable}")]) from None
    found = of_key(open_reception(house), key)
    if found is None:
        raise SignInRefused(f"the key in {path} is unknown, revoked or too old, or its account may not sign in")
    return found


def _by_login(house: House, login: str) -> Principal:
    """Signed in for this one command."""
    reception = open_reception(house)
    opened = sign_in(reception, login, said("password: "), said("code: "), AT_THE_TERMINAL)
    found = of_session(reception, opened.token)
    assert found is not None, "a session that was just opened is good"
    sign_out(reception, opened.account_id, found.session_id)
    return found.principal


def said(question: str) -> str:
    """What is answered to a question: a line that nobody sees at a terminal, or the next one of what is piped in."""
    return getpass(question) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
