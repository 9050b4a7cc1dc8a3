"""With GRIDPACT_REQUIRE_ALL=1 a skipped test fails.

On a newcomer's machine a test that needs node, anvil, solc or chromium skips with one line. CI installs all of them,
so there a skip means that something went unchecked.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest

REQUIRED = os.environ.get("GRIDPACT_REQUIRE_ALL") == "1"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    found = report.longrepr
    return found[2] if isinstance(found, tuple) else str(found)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = _reason(report)
        report.outcome = "failed"
        report.longrepr = f"GRIDPACT_REQUIRE_ALL=1 allows no skip: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that skips, or whose fixture does."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, pytest.CollectReport]:
    """A whole module that skips."""
    report: pytest.CollectReport = yield
    _refuse_skip(report)
    return report
