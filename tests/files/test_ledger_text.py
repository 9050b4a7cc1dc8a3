"""The exported books, read by two accounting programs of other authors: they add up alone and agree to the last one."""

import subprocess
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from accounting import program

from gateways.files.ledger_text import FORMS
from settlement.books import balances
from settlement.ledger import Balance, Transfer, TransferState, Unit, post, void

HELD = Transfer("h:reserved", "member:S001", "retailer", 1_000, "p2p_purchase", 3, TransferState.PENDING)
BOOKED = [
    HELD,
    post(HELD, 600, "h"),
    Transfer("n:reserved", "member:S002", "retailer", 9, "k", 3, TransferState.PENDING),
    void(Transfer("n:reserved", "member:S002", "retailer", 9, "k", 3, TransferState.PENDING), "n"),
    Transfer('odd "id" \\ ; x, y\nnext', "member:s001", "pool", 2**62, 'kind | "quoted" ; a\n2026', 1),
    Transfer("nothing", "pool", "retailer", 0, "k", 2),
    Transfer("e", "roof:東 3", "cellar", 12_345, "energy", 2, unit=Unit.WH),
    Transfer("w", "mint:1", "member:S001:watt", 5, "token", 4, unit=Unit.WATT),
    Transfer("t", "mint:t", "member:S001:tsl", 5, "token", 4, unit=Unit.TSL),
]


def day_of(slot: int) -> date:
    return date(2026, 5, 20) + timedelta(days=slot)


def checked(form: str, folder: Path, transfers: Sequence[Transfer], said: dict[str, Balance]) -> bool:
    """Whether the program accepts what is written."""
    file = folder / "books"
    in_order = sorted(transfers, key=lambda each: each.slot)
    file.write_text("".join(FORMS[form](in_order, said, day_of)), encoding="utf-8")
    done = subprocess.run(program(form, file), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode or not done.stdout + done.stderr, done
    return not done.returncode


@pytest.mark.parametrize("form", FORMS)
def test_a_program_of_others_agrees_with_our_books(form: str, tmp_path: Path) -> None:
    """All units, odd names and words, what was posted in part, nothing of what was given up."""
    assert checked(form, tmp_path, BOOKED, balances(BOOKED))


@pytest.mark.parametrize("form", FORMS)
def test_empty_books_are_good_books(form: str, tmp_path: Path) -> None:
    """A world that has not traded yet can be exported too."""
    assert checked(form, tmp_path, [], {})


@pytest.mark.parametrize("form", FORMS)
def test_a_program_of_others_finds_what_is_one_off(form: str, tmp_path: Path) -> None:
    """A balance that is one too large, a transfer that is missing, one that is there twice."""
    said = balances(BOOKED)
    wrong = said | {"pool": Balance(credits_posted=2**62 + 1)}
    assert not checked(form, tmp_path, BOOKED, wrong)
    assert not checked(form, tmp_path, BOOKED[2:], said)
    assert not checked(form, tmp_path, [*BOOKED, BOOKED[6]], said)
