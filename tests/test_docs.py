"""The pages are true: their code runs, their links lead somewhere, and what they list is what there is."""

import ast
import importlib.metadata
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import pytest
from brokers import free_port
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
TUTORIAL = sorted((DOCS / "tutorial").glob("*.md"))
GRID = DOCS / "integrate/grid-signals.md"
EMERGENCIES = DOCS / "emergencies.md"
EVENTS = DOCS / "integrate/events.md"
OPENADR = DOCS / "integrate/openadr.md"
TELEMETRY = DOCS / "integrate/telemetry.md"
DEVICES = DOCS / "integrate/devices.md"
LEDGER = DOCS / "ledger.md"
RUN = [
    *TUTORIAL,
    *(GRID, EMERGENCIES, EVENTS, OPENADR, TELEMETRY, DEVICES, LEDGER),
    *(
        DOCS / f"{page}.md"
        for page in (
            "bill",
            "clearing",
            "contracts",
            "identity",
            "integrate/auth",
            "integrate/mcp",
            "negotiation",
            "policies",
            "products",
        )
    ),
]
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_S_MAX = 300

# How distributions spell their licence, where it differs from the SPDX expression of docs/dependencies.md.
SPELLINGS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
    "PSFL": "PSF-2.0",
}


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language, in order."""
    return [body for found, body in FENCE.findall(page.read_text()) if found == language]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty one, not under pytest's own, which other pytest runs of the same user close to the database's user."""
    with tempfile.TemporaryDirectory(prefix="gridpact-page-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path) -> None:
    """The Python blocks of a page run one after the other in one interpreter; their assertions hold."""
    names: dict[str, object] = {"__name__": page.stem}
    with redirect_stdout(io.StringIO()):
        for number, block in enumerate(blocks(page, "python"), 1):
            exec(compile(block, f"{page.name}, block {number}", "exec"), names)


@pytest.mark.parametrize(
    "page",
    [page for page in (*TUTORIAL, GRID, EMERGENCIES, EVENTS, TELEMETRY, DEVICES, LEDGER) if blocks(page, "console")],
    ids=lambda page: page.stem,
)
def test_the_commands_of_a_tutorial_page_succeed(page: Path, folder: Path) -> None:
    """Each command line ends well and prints what the page shows; ``...`` stands for any text."""
    for block in blocks(page, "console"):
        for command, expected in commands(block):
            done = run(command, folder)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            assert OutputChecker().check_output(expected, done.stdout, ELLIPSIS), f"{command}\n{done.stdout}"


@pytest.mark.parametrize(
    ("opened", "pages"),
    [
        ("", ["integrate/neighbourhood"]),
        ("", ["payments"]),
        ("gridpact up --ticks 0\n", ["integrate/mqtt", "integrate/home-assistant"]),
    ],
    ids=["neighbourhood", "payments", "mqtt and home-assistant"],
)
def test_the_shell_lines_of_a_page_run(opened: str, pages: list[str], folder: Path) -> None:
    """All of them in one shell, in an empty folder, as a newcomer pastes them once the market is open; none fails."""
    lines = "".join(body for page in pages for body in blocks(DOCS / f"{page}.md", "sh"))
    names = {"GRIDPACT_HTTP_PORT": str(free_port()), "GRIDPACT_MQTT_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", opened + lines],
        cwd=folder,
        env={**os.environ, **names, "PATH": path},
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def run(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a ``gridpact`` command line in a folder, with its data there."""
    program, *arguments = shlex.split(command)
    assert program == "gridpact"
    return subprocess.run(
        [sys.executable, "-m", "gridpact", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GRIDPACT_DATA": str(folder / "d"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        check=False,
    )


def test_every_link_leads_somewhere() -> None:
    """A link to a file of the repository names one that exists, and a link to a section one that the page has."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if "://" not in target and not exists(page, target)
    ]
    assert broken == []


def exists(page: Path, target: str) -> bool:
    """Does a relative link lead to a file, and to a heading in it?"""
    name, _, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists():
        return False
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE) if anchor else []
    return not anchor or anchor in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


def test_every_folder_has_its_purpose_on_the_architecture_page() -> None:
    """A newcomer finds every folder of the application in docs/architecture.md."""
    page = (DOCS / "architecture.md").read_text()
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"tests", "docs", "requirements"}
    assert [folder for folder in sorted(folders) if f"`{folder}/`" not in page] == []


def test_every_figure_is_defined() -> None:
    """Each figure of ``gridpact demo --json`` stands in the architecture page's table."""
    defined = (DOCS / "architecture.md").read_text().split("## How the figures are defined")[1]
    promised = (
        "matching_success matched_over_offered welfare_ratio settlement_completion contract_automation "
        "settlement_automation escalated self_sufficiency self_sufficiency_without_trade self_consumption "
        "feeder_import_kwh co2_kg lines_full congestion_jpy grid_violations "
        "matching_s_max contract_s_max settlement_s_max saving_jpy_total saving_jpy_worst "
        "forecast_pinball_ratio ledger_sum_ujpy chain_records chain_records_verified"
    )
    assert [name for name in promised.split() if f"`{name}`" not in defined] == []


def test_every_setting_of_the_parts_table_exists() -> None:
    """A variable that a page names is one that settings know."""
    known = {f"GRIDPACT_{name.upper()}" for name in setting_names()} | {"GRIDPACT_REQUIRE_ALL", "GRIDPACT_ANVIL"}
    named = {name for page in PAGES for name in re.findall(r"\bGRIDPACT_[A-Z_]+[A-Z]", page.read_text())}
    assert sorted(named - known) == []


def setting_names() -> list[str]:
    """The fields of the settings class, read without importing it."""
    tree = ast.parse((ROOT / "gridpact/settings.py").read_text())
    settings = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    return [
        line.target.id
        for line in settings.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    ]


def test_the_glossary_has_every_word_of_the_trade() -> None:
    """Each public class of domain/ stands in the glossary, whose every row has English, Japanese and a meaning."""
    rows = [line.strip("|").split("|") for line in (DOCS / "glossary.md").read_text().splitlines() if line[:1] == "|"]
    assert [row for row in rows if len(row) != 3 or not all(cell.strip() for cell in row)] == []
    terms = {word.strip() for row in rows for word in row[0].split(",")}
    missing = {word for word in domain_words() if word not in terms}
    assert sorted(missing) == []


def domain_words() -> Iterator[str]:
    """Public classes of domain/, errors apart, as words: ``ContractState`` is ``contract state``."""
    for path in sorted((ROOT / "domain").glob("*.py")):
        if path.name != "errors.py":
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    word = re.sub(r"(?<!^)(?=[A-Z])", " ", node.name).lower()
                    yield word.removesuffix("s") if word == "trades" else word


def test_every_dependency_has_its_row() -> None:
    """docs/dependencies.md lists each direct dependency once, with the licence that its own metadata states."""
    rows = {cells[0]: cells[2] for cells in dependency_rows()}
    assert len(rows) == len(list(dependency_rows())), "a package stands there twice"
    declared = {canonicalize_name(Requirement(text).name) for text in declared_texts()}
    npm = {name for name in rows if name == "solc" or name.startswith("@")}
    assert sorted(declared ^ (rows.keys() - npm)) == []
    wrong = {name: (rows[name], licence(name)) for name in declared if rows[name] not in licence(name)}
    assert wrong == {}


def dependency_rows() -> Iterator[list[str]]:
    """Name, reason and licence of each row."""
    for line in (DOCS / "dependencies.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] not in {"Package", "---"}:
            yield cells


def declared_texts() -> list[str]:
    """Every requirement of pyproject.toml."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = table["project"], table["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), *groups.values()]
    return [text for texts in lists for text in texts]


def licence(name: str) -> str:
    """What a distribution's metadata says of its licence, in one line."""
    found = importlib.metadata.metadata(name)
    classifiers = [text.split("::")[-1].strip() for text in found.get_all("Classifier") or [] if "License" in text]
    stated = [*(found.get_all("License-Expression") or []), *(found.get_all("License") or []), *classifiers]
    stated = stated or [heading(importlib.metadata.distribution(name).read_text("licenses/LICENSE") or "")]
    return "; ".join(SPELLINGS.get(text, text).split("\n")[0] for text in stated)


def heading(text: str) -> str:
    """The licence whose text a distribution brings, where its metadata names none: by the heading of the text."""
    headings = {("Apache", "License", "Version", "2.0,"): "Apache-2.0", ("MIT", "License"): "MIT"}
    return next((name for words, name in headings.items() if tuple(text.split()[: len(words)]) == words), "")


def test_decisions_are_numbered_and_one_page_long() -> None:
    """Records are numbered without a gap, have the three parts, fit a page, and stand in the index."""
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    index = (DOCS / "decisions/README.md").read_text()
    for path in records:
        text = path.read_text()
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What pressed", "What was decided", "What follows"]
        assert len(text.splitlines()) <= 60, path.name
        assert f"]({path.name})" in index


def test_the_changelog_has_this_version() -> None:
    """The version of pyproject.toml has its section."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_licence_is_apache_and_the_data_is_credited() -> None:
    """LICENSE is the Apache License 2.0 in full; NOTICE and README credit the demonstration's data."""
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    for page in ("NOTICE", "README.md"):
        assert "SimBench" in (ROOT / page).read_text()
        assert "Open Database" in (ROOT / page).read_text()
