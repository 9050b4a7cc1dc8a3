"""``gridpact contracts`` on a finished demonstration: the page's lines run, and a contract's words can be had."""

import json
import re
import shlex
from pathlib import Path

from worlds import World, Worlds, document

from memory.database import Database
from memory.trading import contracts

PAGE = Path(__file__).parents[2] / "docs/contracts.md"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_shell_lines_of_the_page_run(worlds: Worlds, finished: World, tmp_path: Path) -> None:
    """One after the other, as they stand, on a world of their own."""
    world = worlds.copy(finished)
    lines = [line for block in SHELL.findall(PAGE.read_text()) for line in block.strip().splitlines()]
    assert len(lines) == 4
    for line in lines:
        words = [str(tmp_path / word) if word.endswith(".pdf") else word for word in shlex.split(line)[1:]]
        ended = world.command(*words)
        assert ended.returncode == 0, f"{line}\n{ended.stderr}"
    assert (tmp_path / "master.pdf").read_bytes().startswith(b"%PDF-")


def test_templates_of_a_demonstration_are_approved_by_two_experts(finished: World) -> None:
    """Each version that the program has, by two parties."""
    said = json.loads(finished.command("contracts", "templates", "--json").stdout)
    assert [each["template"] for each in said] == ["individual", "master", "pre_contract"]
    assert all(each["approved_by"] == ["expert-finance", "expert-legal"] for each in said)


def test_a_standard_contract_is_its_master_terms_as_pdf(finished: World, tmp_path: Path) -> None:
    """Twice the same bytes, and the digest that the command says."""
    database = Database(finished.url)
    with database.read() as tx:
        standard = next(each for each in contracts.all(tx) if each.standard and each.trade_id)
    database.close()
    files = [tmp_path / "once.pdf", tmp_path / "again.pdf"]
    said = [
        document(finished.command("contracts", "pdf", standard.digest, "--out", str(file), "--json")) for file in files
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert said[0]["document"] == "master"
    assert said[0]["sha256"] == said[1]["sha256"]


def test_what_is_wrong_with_particulars_is_said_at_once(finished: World, tmp_path: Path) -> None:
    """A unit nobody knows, a field that is another's, a field that no paper has; and a deal that nobody drew up."""
    ended = finished.command("contracts", "state", "S005", "contract_w=6 MJ", "due_days=30 days", "moon=full")
    assert ended.returncode == 1
    assert all(word in ended.stderr for word in ("contract_w", "does not state this", "moon"))
    unknown = finished.command("contracts", "show", "N-000000000000")
    assert unknown.returncode == 1
    assert "no papers are drawn up" in unknown.stderr
