"""The page's commands, as they stand there, at the units that it shows."""

import os
import re
import subprocess
import sys
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

from test_sunspec_units import HOUSE
from units import served

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/integrate/sunspec.md"


def blocks(language: str) -> str:
    return "".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))


def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path) -> None:
    """But for the port, which may be taken here; the hub's round ends well though no market answers."""
    with served(HOUSE) as peer:
        (tmp_path / "home.toml").write_text(blocks("toml").replace("1502", str(peer.port)))
        for part in re.split(r"^\$ ", blocks("console"), flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            done = subprocess.run(
                [sys.executable, "-m", *command.split()],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT), "GRIDPACT_DATA": str(tmp_path / "d")},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            wanted = expected.replace("1502", str(peer.port))
            assert OutputChecker().check_output(wanted, done.stdout, ELLIPSIS), f"{command}\n{done.stdout}"
