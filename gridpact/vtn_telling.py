"""What is known of a VTN from outside the process that asks it: one small file, replaced after every visit."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Telling:
    """The file of one VTN."""

    path: Path
    clock: Callable[[], datetime]

    def heard(self, events: Mapping[str, str], reports: int) -> None:
        """The VTN answered. events: by id, empty when we follow it, else why not. reports: that it waits for."""
        self._write({"failures": 0, "events": dict(events), "reports": reports})

    def failed(self, error: str, failures: int) -> None:
        """Nobody answered, or nobody whom we trust, so many times in a row."""
        self._write({"failures": failures, "error": error})

    def _write(self, said: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps({"at": self.clock().isoformat(timespec="seconds"), **said}, ensure_ascii=False))
        beside.replace(self.path)


def told(path: Path) -> tuple[bool, str]:
    """Whether the last visit went well, and what it found, for people."""
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError):
        return False, "not asked yet by gridpact up here"
    if said["failures"]:
        return False, f"{said['at']}: failed {said['failures']} times in a row: {said['error']}"
    refused = [f"{event} ({reason})" for event, reason in said["events"].items() if reason]
    words = f"{said['at']}: {len(said['events']) - len(refused)} events followed, {said['reports']} reports stand"
    return not refused, words + (f"; refused {', '.join(refused)}" if refused else "")
