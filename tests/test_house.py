"""What a machine can check of the house style.

Each test gathers every fault, so that one run shows them all. A fault that is right to keep stands in a table here
with its reason.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = (
    ("domain",),
    ("market", "forecasting", "settlement", "contracts", "policies"),
    ("memory",),
    ("identity",),
    ("services",),
    ("agents",),
    ("workflows",),
    ("gateways", "review_ui", "simulation"),
    ("gridpact",),
)
PACKAGES = tuple(package for floor in FLOORS for package in floor)
PURE = tuple(package for floor in FLOORS[:7] for package in floor)

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50  # a screen, docstring not counted

FORBIDDEN_WORDS = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "stuff"}
UNITS = {"wh", "kwh", "kw", "ujpy", "mjpy", "jpy", "ppm", "permille", "ms"}
MAY_FOLLOW_A_UNIT = {"max", "min", "total", "worst", "mean", "per"}
QUANTITIES = {"energy", "price", "power", "money", "amount", "cost", "fee", "saving", "capacity"}

# Where clock, chance, environment or network are touched below the gateways, each with why it is right there.
MAY_TOUCH_THE_WORLD = {
    ("identity/keys.py", "os.urandom"): "a new key must be unguessable; the demonstration passes a seed instead",
    ("memory/embedded.py", "os.environ"): "initdb reads its locale from the environment and nowhere else",
    ("memory/embedded.py", "time.monotonic"): "waits, with a bound, until the database has replayed its log",
    ("memory/embedded.py", "time.sleep"): "the same wait",
}
MAY_STAND_OUTSIDE_THE_TREE = {
    ("gateways/http/problem.py", "Refused"): "a request at fault as HTTP, before anything of ours is asked",
}
# What is public and called by no line of the product, each with who calls it. A command's ``run`` and what a decorator
# registers need no entry.
MAY_BE_CALLED_FROM_OUTSIDE = {
    "domain.quantity.Price": "the word for a single price; the first tutorial teaches the quantities with it",
    "domain.quantity.Price.from_jpy": "the same",
    "contracts.merkle.verify": "what whoever holds a contract runs to check its proof without us; the second tutorial",
    "gateways.chain.provider.EmbeddedProvider.make_request": "web3 asks its providers so",
    "gateways.chain.store.BlockStore.atomic_batch": "py-evm writes blocks so",
    "market.auction.matching.pair": "the plain trade list, for books without places; gridpact bench clearing",
    "market.continuous.closing.close": "the closing call after them; gridpact bench continuous",
    "market.storage.deadline.waiting_loads": "loads that can wait, for mandates that will name them",
    "market.negotiation.manner.timed": "opponents of gridpact bench negotiation",
    "market.negotiation.rehearsal.rehearse": "the same",
    "market.negotiation.protocol.read_message": "a person's own message in a negotiation, as docs/negotiation.md shows",
    "market.negotiation.protocol.expire": "the same, for whoever watches the clock",
    "market.negotiation.term_sheet.check": "what whoever holds a transcript runs to check it without us",
    "market.negotiation.valuation.reservation_price": "a member's walk-away price, as docs/negotiation.md shows",
    "gateways.echonet.controller.Controller.datagram_received": "asyncio calls its protocols so",
    "gateways.echonet.controller.Controller.error_received": "the same",
    "gridpact.warm.warm": "make setup calls it",
    "identity.access.grant": "an operator's lever on an agent, pulled from Python until a command has it",
    "identity.access.revoke": "the same",
    "market.grid.voltage_clearing.clear_within_voltages": "bench grid; the trading day checks by AC and relieves",
    "market.grid.voltage_clearing.voltage_reason": "whoever shows such a clearing to people",
    "memory.checkpoints.StrictSerializer.with_msgpack_allowlist": "LangGraph calls it when it compiles a graph",
    "identity.equipment.certificate_of": "what an issuer's own program runs, as docs/integrate/devices.md shows",
    "identity.status_list.list_claims": "the same",
    "identity.grid_signals.sealed": "what a grid operator's own program runs, as docs/integrate/grid-signals.md shows",
}
MIGRATIONS = "memory/migrations/versions/"  # Alembic calls what stands in them
# What it calls is not in use for that.
CALLS_ONLY_TO_COMPILE = {"gridpact/warm.py"}
MAY_HOLD_FLOATS = {
    "market/storage/plan.py": "the exact optimum in parts of a Wh, before it is rounded to whole ones",
    "market/storage/program.py": "what a linear program returns, before it is rounded to whole Wh",
}


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@lru_cache
def sources() -> dict[str, str]:
    """Every source file of the product by its path inside the repository."""
    paths = [
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts
    ]
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(paths)}


@lru_cache
def trees() -> dict[str, ast.Module]:
    """The same, parsed."""
    return {path: ast.parse(text) for path, text in sources().items()}


@lru_cache
def checks() -> dict[str, ast.Module]:
    """Every test file, parsed."""
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(ROOT.glob("tests/**/test_*.py"))
    }


def listed(faults: Iterable[str] | Mapping[str, object]) -> str:
    """Every fault on a line of its own."""
    lines = [f"{name}: {value}" for name, value in faults.items()] if isinstance(faults, Mapping) else list(faults)
    return "\n" + "\n".join(lines)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in a tree, methods and inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a chain of names, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def words(name: str) -> list[str]:
    """The words of a snake_case or CamelCase name, lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)]


def test_every_floor_has_its_folders() -> None:
    """The folders of the architecture page exist, and no Python package stands at the top that no floor names."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found - {"benchmarks", "client"} == set(PACKAGES)


def test_a_file_stays_short() -> None:
    """A file is usually 150 lines and never past 400."""
    faults = {path: lines for path, text in sources().items() if (lines := len(text.splitlines())) > FILE_LINES_MAX}
    assert not faults, listed(faults)


def test_a_function_fits_a_screen() -> None:
    """A function always fits a screen."""
    faults = {
        f"{path}:{function.lineno} {function.name}": lines
        for path, tree in trees().items()
        for function in functions(tree)
        if (lines := body_lines(function)) > FUNCTION_LINES_MAX
    }
    assert not faults, listed(faults)


def test_no_file_or_class_is_named_after_nothing() -> None:
    """One noun per file: a drawer called utils or manager has no noun."""
    files = [path for path in sources() if FORBIDDEN_WORDS & set(words(path))]
    classes = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and FORBIDDEN_WORDS & set(words(node.name))
    ]
    faults = files + classes
    assert not faults, listed(faults)


def test_a_module_opens_with_what_it_is_for() -> None:
    """Every module has a docstring that starts with a sentence."""
    faults = [path for path, tree in trees().items() if len((ast.get_docstring(tree) or "").split()) < 4]
    assert not faults, listed(faults)


def test_package_files_hold_a_docstring_only() -> None:
    """An __init__.py imports nothing: a name is imported from where it is defined, and the command stays fast."""
    faults = [path for path, tree in trees().items() if path.endswith("__init__.py") and len(tree.body) != 1]
    assert not faults, listed(faults)


def test_public_names_say_what_they_do() -> None:
    """Every public class and function has a docstring, but where one statement or a protocol says it all."""
    faults = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        for node in public_definitions(tree)
        if not ast.get_docstring(node) and (isinstance(node, ast.ClassDef) or len(node.body) > 1)
    ]
    assert not faults, listed(faults)


def public_definitions(tree: ast.Module) -> Iterator[Definition]:
    """Public classes, functions and methods of a module; of a protocol the class only."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef) and "Protocol" not in map(dotted, node.bases):
                yield from (inner for inner in functions(node) if not inner.name.startswith("_"))


def test_every_public_name_is_called() -> None:
    """Nothing public is there for tests alone: product code names it, a decorator registers it, or the table says who.

    Functions and classes are followed through imports. A method counts as called when anything asks for an attribute
    of that name, or when a protocol promises it.
    """
    called = names_called()
    faults = [
        name
        for path, tree in trees().items()
        for name, asked, node in public_names(path, tree)
        if not path.startswith(MIGRATIONS) and not registered(path, node) and not called & asked
    ]
    unlisted = set(faults) ^ MAY_BE_CALLED_FROM_OUTSIDE.keys()
    assert not unlisted, listed(sorted(unlisted))


def module_of(path: str) -> str:
    """``a.b`` of ``a/b.py``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def public_names(path: str, tree: ast.Module) -> Iterator[tuple[str, set[str], Definition]]:
    """Full name, how it is asked for, and node of what a module defines for others, methods of its classes too."""
    inside = {inner: node for node in tree.body if isinstance(node, ast.ClassDef) for inner in node.body}
    for node in public_definitions(tree):
        if not node.name.startswith("_"):
            owner = f"{inside[node].name}." if node in inside else ""
            name = f"{module_of(path)}.{owner}{node.name}"
            yield name, {name, f".{node.name}"} if owner else {name}, node


def registered(path: str, node: Definition) -> bool:
    """Does a router register it, or the command line find it by the name of its file?"""
    routed = any(dotted(each.func).startswith("ROUTER.") for each in node.decorator_list if isinstance(each, ast.Call))
    return routed or (path.startswith("gridpact/commands/") and node.name == "run")


def names_called() -> set[str]:
    """Every name that product code asks for outside its own definition: full ones, and ``.x`` for an attribute."""
    found: set[str] = set()
    for path, tree in trees().items():
        if path in CALLS_ONLY_TO_COMPILE:
            continue
        known = imported_names(tree)
        for node in tree.body:
            own = getattr(node, "name", None)
            found |= {name for name in named_in(node, known, module_of(path)) if name != f"{module_of(path)}.{own}"}
    return found


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each name stands for that a module imports, anywhere in it."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def named_in(tree: ast.AST, known: Mapping[str, str], module: str) -> Iterator[str]:
    """Names that a piece of code asks for: its module's, imported ones, attributes, methods that a port promises."""
    promised = isinstance(tree, ast.ClassDef) and "Protocol" in map(dotted, tree.bases)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield known.get(node.id, f"{module}.{node.id}")
        elif isinstance(node, ast.Attribute):
            head, *rest = dotted(node).split(".")
            yield ".".join([known[head], *rest]) if head in known and rest else f".{node.attr}"
        elif promised and isinstance(node, ast.FunctionDef):
            yield f".{node.name}"


def test_units_stand_last_in_names() -> None:
    """``energy_wh``, never ``wh_energy``; only a bound may follow a unit."""
    faults = [
        f"{path}:{line} {name}"
        for path, tree in trees().items()
        for name, _, line in annotated_names(tree)
        if unit_is_misplaced(name)
    ]
    assert not faults, listed(faults)


def unit_is_misplaced(name: str) -> bool:
    """Does a word follow a unit that is neither a bound nor part of the unit?"""
    parts = words(name)
    return any(
        part in UNITS and parts[at + 1] not in MAY_FOLLOW_A_UNIT | UNITS for at, part in enumerate(parts[:-1]) if at > 0
    )


def test_a_quantity_has_a_unit() -> None:
    """A whole number called energy, price or cost bears its unit, or its class says the unit of all its fields."""
    unit = re.compile(r"Wh|JPY|\bW\b|ppm|permille")
    faults = [
        f"{path}:{line} {node.name}.{name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not unit.search(ast.get_docstring(node) or "")
        for name, annotation, line in fields(node)
        if annotation in {"int", "Column", "int | None"} and words(name)[-1] in QUANTITIES
    ]
    assert not faults, listed(faults)


def fields(node: ast.ClassDef) -> Iterator[tuple[str, str, int]]:
    """Name, annotation and line of every field of a class."""
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id, ast.unparse(line.annotation), line.lineno


def annotated_names(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Name, annotation and line of every field and parameter that has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from fields(node)
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, ast.unparse(node.annotation), node.lineno


def test_energy_and_money_are_whole_numbers() -> None:
    """Nothing that ends in Wh, mJPY/kWh or uJPY is a float."""
    faults = [
        f"{path}:{line} {name}: {annotation}"
        for path, tree in trees().items()
        for name, annotation, line in annotated_names(tree)
        if name.endswith(("_wh", "_ujpy", "_mjpy_per_kwh")) and "float" in annotation and path not in MAY_HOLD_FLOATS
    ]
    assert not faults, listed(faults)


WORLD_CALLS = re.compile(
    r"(time\.(time|time_ns|sleep|monotonic)|(datetime\.)?(datetime|date)\.(now|utcnow|today)|os\.(environ|getenv|urandom)"
    r"|random\.\w+|secrets\.\w+|uuid\.uuid[14]|socket\.\w+|np\.random\.(rand|randint|seed|random|choice|normal))"
)
WORLD_MODULES = {"random", "secrets", "socket", "urllib.request", "http.client", "requests", "httpx"}


def test_the_world_is_passed_in_below_the_gateways() -> None:
    """No clock, chance, environment variable or network below the gateways, but for the tables' reasons."""
    faults = [
        f"{path}:{line} {what}"
        for path, tree in trees().items()
        if path.split("/")[0] in PURE
        for what, line in touches_of_the_world(tree)
        if (path, what) not in MAY_TOUCH_THE_WORLD
    ]
    assert not faults, listed(faults)


def touches_of_the_world(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Calls and imports that reach outside the program, each once a line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and WORLD_CALLS.fullmatch(dotted(node)):
            yield dotted(node), node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in WORLD_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in {*WORLD_MODULES, "time", "os"}:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from ((name, node.lineno) for name in sorted(names) if WORLD_CALLS.fullmatch(name))


def test_values_are_frozen_and_slotted() -> None:
    """A dataclass is slotted, and frozen unless it keeps a cache, in fields that begin with an underscore.

    What moves (a clock, a run, the made-up world) lives on the two top floors and may change.
    """
    faults = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator)
        and not required(path, node) <= set(re.findall(r"\w+=\w+", ast.unparse(decorator)))
    ]
    assert not faults, listed(faults)


def required(path: str, node: ast.ClassDef) -> set[str]:
    """The arguments its dataclass decorator must have."""
    keeps_cache = any(name.startswith("_") for name, _, _ in fields(node))
    moves = path.split("/")[0] in {"gridpact", "simulation"}
    return {"slots=True"} if keeps_cache or moves else {"frozen=True", "slots=True"}


def test_nothing_is_swallowed() -> None:
    """No bare except, and no handler or suppress that makes every error vanish."""
    faults = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if swallows(node)
    ]
    assert not faults, listed(faults)


def swallows(node: ast.AST) -> bool:
    """Does it drop an error of any kind?"""
    if isinstance(node, ast.ExceptHandler):
        wide = node.type is None or dotted(node.type) in {"Exception", "BaseException"}
        silent = all(isinstance(line, ast.Pass | ast.Continue) or is_ellipsis(line) for line in node.body)
        return node.type is None or (wide and silent)
    return (
        isinstance(node, ast.Call)
        and dotted(node.func) in {"suppress", "contextlib.suppress"}
        and any(dotted(argument) in {"Exception", "BaseException"} for argument in node.args)
    )


def is_ellipsis(node: ast.stmt) -> bool:
    """Is the statement ``...``?"""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is Ellipsis


def test_one_error_tree_is_drawn_in_full() -> None:
    """Every error class stands in domain/errors.py, and its docstring draws each one."""
    drawn = ast.get_docstring(trees()["domain/errors.py"]) or ""
    faults = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(base_is_error(dotted(base)) for base in node.bases)
        and (path != "domain/errors.py" or node.name not in drawn)
        and (path, node.name) not in MAY_STAND_OUTSIDE_THE_TREE
    ]
    assert not faults, listed(faults)


def base_is_error(base: str) -> bool:
    """Is the base class an exception, of Python's or of ours?"""
    ours = {node.name for node in trees()["domain/errors.py"].body if isinstance(node, ast.ClassDef)} - {"Fault"}
    return base.endswith(("Error", "Exception")) or base in ours


def test_comments_are_neither_banners_nor_steps() -> None:
    """Comments say why: no rules of dashes, no numbered steps, no open promises, no paths of one machine."""
    banner = re.compile(r"#\s*([-=#*~]{4,}|step \d|\d+[.)] )|\b(TODO|FIXME|XXX|HACK)\b|/work/|/tmp/s/", re.IGNORECASE)
    faults = [
        f"{path}:{number} {line.strip()}"
        for path, text in sources().items()
        for number, line in enumerate(text.splitlines(), 1)
        if banner.search(line)
    ]
    assert not faults, listed(faults)


def test_only_the_command_line_prints() -> None:
    """Below gridpact/ nothing writes to standard output."""
    faults = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        if not path.startswith("gridpact/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) in {"print", "sys.stdout.write"}
    ]
    assert not faults, listed(faults)


def test_every_test_is_named_by_a_sentence() -> None:
    """A test's name has three words or more and its docstring states the law it holds."""
    faults = [
        f"{path}:{function.lineno} {function.name}"
        for path, tree in checks().items()
        for function in functions(tree)
        if function.name.startswith("test_")
        if len(function.name.split("_")) < 4 or not ast.get_docstring(function)
    ]
    assert not faults, listed(faults)


def test_no_two_test_files_share_a_name() -> None:
    """Test folders are no packages, so a file's name must be its own."""
    names = [Path(path).name for path in checks()]
    assert sorted(names) == sorted(set(names))


def test_fakes_are_code_not_patches() -> None:
    """No test imports a mocking library."""
    faults = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path, tree in checks().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        if "mock" in {*[alias.name.split(".")[-1] for alias in node.names], getattr(node, "module", None)}
    ]
    assert not faults, listed(faults)
