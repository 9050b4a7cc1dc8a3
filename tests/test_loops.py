"""The market's compiled loops: all of them are compiled at set-up, and kept."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from gridpact.cli import keep_compiled
from gridpact.warm import LOOPS, warm

ROOT = Path(__file__).parent.parent
TREES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text())
    for path in sorted(ROOT.glob("[!.]*/**/*.py"))
    if path.relative_to(ROOT).parts[0] not in {"tests", "benchmarks"} and "node_modules" not in path.parts
}
COUNT_COMPILED = """
import sys
from gridpact.warm import LOOPS, warm
warm()
loops = {loop for name in LOOPS for loop in vars(sys.modules[name]).values() if hasattr(loop, "stats")}
stats = [loop.stats for loop in loops]
print(sum(sum(each.cache_hits.values()) for each in stats), sum(sum(each.cache_misses.values()) for each in stats))
"""


def is_loop(node: ast.AST) -> bool:
    """Is it a function that numba compiles?"""
    return isinstance(node, ast.FunctionDef) and any("njit" in ast.unparse(each) for each in node.decorator_list)


def loops_called_from_python() -> Iterator[tuple[str, str]]:
    """Module and name of each loop that code outside of loops calls: the others are compiled into these."""
    for module, tree in TREES.items():
        known = {node.name: (module, node.name) for node in tree.body if isinstance(node, ast.FunctionDef)}
        known |= {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for plain in [node for node in tree.body if not is_loop(node)]:
            for call in ast.walk(plain):
                if isinstance(call, ast.Call):
                    head, _, name = ast.unparse(call.func).partition(".")
                    found = known.get(head, ("", ""))
                    yield (".".join(found), name) if name else found


def test_every_module_of_loops_is_compiled_at_set_up() -> None:
    """The table names each module that has a compiled loop, and no other."""
    assert {module for module, tree in TREES.items() if any(map(is_loop, tree.body))} == LOOPS.keys()


def test_every_loop_is_reached_at_set_up() -> None:
    """After it no loop that Python calls is left without compiled code."""
    warm()
    loops = {(module, node.name) for module in LOOPS for node in TREES[module].body if is_loop(node)}  # type: ignore[attr-defined]
    called = loops & set(loops_called_from_python())
    assert len(called) > len(LOOPS)
    assert [name for module, name in sorted(called) if not getattr(import_module(module), name).signatures] == []


def test_the_next_process_compiles_nothing() -> None:
    """What was compiled is loaded: every loop is found in the cache, whoever compiled it."""
    warm()
    done = subprocess.run([sys.executable, "-c", COUNT_COMPILED], cwd=ROOT, check=True, capture_output=True, text=True)
    found, compiled = map(int, done.stdout.split())
    assert found >= len(LOOPS)
    assert compiled == 0


def test_what_cannot_stand_beside_the_source_goes_to_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the source cannot be written the data directory keeps what is compiled; a choice that was made stands."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    keep_compiled(tmp_path, tmp_path / "data")
    assert "NUMBA_CACHE_DIR" not in os.environ
    keep_compiled(tmp_path / "read only", tmp_path / "data")
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "data" / "compiled")
    keep_compiled(tmp_path / "read only", tmp_path / "elsewhere")
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "data" / "compiled")
