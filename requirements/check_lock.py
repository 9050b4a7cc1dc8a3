"""Do pyproject.toml, the lock and this environment agree? Asks no network.

Follows every requirement of pyproject.toml (with the extra ``demo`` and the group ``dev``) through the metadata of
the installed distributions, and holds the lock to it: each distribution reached is pinned once, in the version asked
for and installed, with hashes and without an address; nothing stands in the lock that nobody asks for. Lines of the
lock meant for other systems or Pythons are checked for form only.

Run by ``make check-lock``; prints every fault and ends with 1 when there is one.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parent.parent
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"[a-z+]+://", re.IGNORECASE)
SEEDS = {"pip", "setuptools", "uv", "wheel"}  # what environments are born with, and uv itself


@dataclass(frozen=True, slots=True)
class Pin:
    """One entry of a lock: a name, one version, perhaps a marker, and how many hashes."""

    requirement: Requirement
    hashes: int

    @property
    def name(self) -> NormalizedName:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")

    @property
    def applies(self) -> bool:
        """Is the entry meant for the system and Python that run this?"""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def pins(text: str) -> list[Pin]:
    """The entries of a lock, in its order. Raises InvalidRequirement on a line that is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    entries = " ".join(line.rstrip("\\") if line.startswith(" ") else "\n" + line.rstrip("\\") for line in lines)
    return [
        Pin(Requirement(HASH.sub("", entry).strip()), len(HASH.findall(entry)))
        for entry in entries.split("\n")
        if entry.strip()
    ]


def asked_for(pyproject: Path) -> list[Requirement]:
    """What pyproject.toml asks for: dependencies, the extra demo, the group dev."""
    table = tomllib.loads(pyproject.read_text())
    project = table["project"]
    texts = [*project["dependencies"], *project["optional-dependencies"]["demo"], *table["dependency-groups"]["dev"]]
    return [Requirement(text) for text in texts]


def wanted_by(requirement: Requirement) -> Iterator[Requirement]:
    """What an installed distribution asks for in turn, with the extras named. Nothing when it is not installed."""
    try:
        lines = metadata.requires(requirement.name) or []
    except metadata.PackageNotFoundError:
        return
    extras = requirement.extras or {""}
    for wanted in map(Requirement, lines):
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            yield wanted


def closure(roots: list[Requirement]) -> list[tuple[Requirement, str]]:
    """Every requirement reached from the roots, each with who asks for it."""
    seen: set[str] = set()
    found: list[tuple[Requirement, str]] = []
    waiting = [(root, "pyproject.toml") for root in roots]
    while waiting:
        requirement, asker = waiting.pop()
        found.append((requirement, asker))
        key = f"{canonicalize_name(requirement.name)}{sorted(requirement.extras)}"
        if key not in seen:
            seen.add(key)
            waiting += [(wanted, requirement.name) for wanted in wanted_by(requirement)]
    return found


def form_faults(name: str, text: str) -> list[str]:
    """Faults that show without knowing who asks: no hash, an address, not exactly one version."""
    faults = [
        f"{name}:{number}: an address stands in the lock"
        for number, line in enumerate(text.splitlines(), 1)
        if ADDRESS.search(line)
    ]
    for pin in pins(text):
        if not str(pin.requirement.specifier).startswith("=="):
            faults.append(f"{name}: {pin.name} is not pinned to one version")
        if not pin.hashes:
            faults.append(f"{name}: {pin.name} has no hash")
    return faults


def agreement_faults(lock: list[Pin], wanted: list[tuple[Requirement, str]]) -> list[str]:
    """Where the lock, what is asked for and what is installed differ, for the system that runs this."""
    pinned = {pin.name: pin for pin in lock if pin.applies}
    faults: set[str] = set()
    for requirement, asker in wanted:
        pin = pinned.get(canonicalize_name(requirement.name))
        if pin is None:
            faults.add(f"{asker} asks for {requirement.name}, the lock has none; run make lock")
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            faults.add(f"{asker} asks for {requirement}, the lock has {pin.version}; run make lock")
    reached = {canonicalize_name(requirement.name) for requirement, _ in wanted}
    faults |= {f"nobody asks for {name}, yet the lock has it; run make lock" for name in pinned.keys() - reached}
    return sorted(faults | set(_installed_faults(pinned)))


def _installed_faults(pinned: dict[NormalizedName, Pin]) -> Iterator[str]:
    installed = {canonicalize_name(found.metadata["Name"]): found.version for found in metadata.distributions()}
    for name, pin in pinned.items():
        if installed.get(name) != pin.version:
            yield f"the lock has {name} {pin.version}, installed is {installed.get(name, 'none')}; run make setup"
    for name in installed.keys() - pinned.keys() - SEEDS - {"gridpact"}:
        yield f"{name} is installed but not locked; run make setup"


def main() -> int:
    """Print every fault and return the exit status."""
    folder = ROOT / "requirements"
    texts = {path.name: path.read_text() for path in sorted(folder.glob("*.txt"))}
    faults = [fault for name, text in texts.items() for fault in form_faults(name, text)]
    lock = pins(texts["lock.txt"])
    faults += agreement_faults(lock, closure(asked_for(ROOT / "pyproject.toml")))
    print(*faults or [f"{len(lock)} locked distributions agree with pyproject.toml and this environment"], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
