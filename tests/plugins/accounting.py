"""The accounting programs of other authors that audit exported books: where they are, and how they are asked."""

import shutil
from pathlib import Path

import pytest

BEAN_CHECK = Path(__file__).parents[2] / ".venv-beancount/bin/bean-check"


def program(form: str, file: Path) -> list[str]:
    """The command that checks a file. Skips where the program is not installed."""
    if form == "beancount":
        if not BEAN_CHECK.exists():
            pytest.skip("no bean-check: make beancount")
        return [str(BEAN_CHECK), "--no-cache", str(file)]
    if not shutil.which("hledger"):
        pytest.skip("no hledger: apt-get install hledger")
    return ["hledger", "--file", str(file), "check", "--strict"]
