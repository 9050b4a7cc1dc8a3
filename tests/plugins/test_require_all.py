"""With GRIDPACT_REQUIRE_ALL=1 nothing goes unchecked."""

import os
import subprocess
import sys
from pathlib import Path

MODULES = {
    "test_one.py": "import pytest\n\ndef test_it():\n    pytest.skip('no anvil')\n",
    "test_two.py": "import pytest\n\n@pytest.mark.skipif(True, reason='no node')\ndef test_it():\n    pass\n",
}


def outcome(folder: Path, required: str) -> tuple[int, str]:
    """Exit status and closing line of a pytest run over two modules that skip."""
    for name, text in MODULES.items():
        (folder / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "require_all", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "GRIDPACT_REQUIRE_ALL": required},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip().splitlines()[-1]


def test_a_skip_is_a_skip_on_a_newcomers_machine(tmp_path: Path) -> None:
    """Without the variable the run is good and counts the skips."""
    status, closing = outcome(tmp_path, "")
    assert status == 0
    assert "2 skipped" in closing


def test_a_skip_is_a_failure_where_all_is_required(tmp_path: Path) -> None:
    """With it each skip fails and the run ends badly, wherever in the test the skip was."""
    status, closing = outcome(tmp_path, "1")
    assert status == 1
    assert "skipped" not in closing
