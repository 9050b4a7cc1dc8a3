"""A traded day's books, written out and added up again by programs of other authors."""

import subprocess
from pathlib import Path

import pytest
from accounting import program
from worlds import World


@pytest.mark.parametrize("form", ["beancount", "hledger"])
def test_the_books_of_a_day_add_up_in_a_program_of_others(finished: World, form: str, tmp_path: Path) -> None:
    """Every account as our books say it is; with one transfer less it is found out."""
    file = tmp_path / "books"
    check = program(form, file)
    written = finished.command("ledger", "export", "--to", form, str(file))
    assert written.returncode == 0, written.stderr
    said = subprocess.run(check, capture_output=True, text=True, timeout=120, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    head, first, rest = file.read_text().partition("p2p_purchase")
    assert first
    file.write_text(head + first + rest.replace("  -", "  -1", 1))
    assert subprocess.run(check, capture_output=True, timeout=120, check=False).returncode
