"""``gridpact alarms``: what somebody should look at in a world, in the order in which it was noticed."""

import argparse
import json
from typing import Any

from gridpact.existing import open_existing
from memory import alarms
from memory.alarms import AlarmRow
from services.grid.grid_words import VIOLATION_ALARM, finding_words


def run(options: argparse.Namespace) -> int:
    """List every alarm; good even when there are some: they are for people, not for the exit status."""
    with open_existing(options) as world, world.house.database.read() as tx:
        sounded, language = alarms.in_order(tx), options.language or world.house.settings.language
    if options.json:
        print(json.dumps([_record(alarm) for alarm in sounded], ensure_ascii=False))
        return 0
    for alarm in sounded:
        print(f"{alarm.at:%Y-%m-%d %H:%M} UTC  {alarm.kind}  {alarm.subject}  {_said(alarm, language)}")
    if not sounded:
        print("no alarm")
    return 0


def _said(alarm: AlarmRow, language: str) -> str:
    """The alarm in words where there are some, else all it holds."""
    if alarm.kind == VIOLATION_ALARM:
        return finding_words(alarm.body, language)
    own = "text_ja" if language == "ja" else "text"
    return str(alarm.body[own] if own in alarm.body else json.dumps(alarm.body, ensure_ascii=False))


def _record(alarm: AlarmRow) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "at": alarm.at.isoformat(),
        "kind": alarm.kind,
        "subject": alarm.subject,
        "body": alarm.body,
    }
