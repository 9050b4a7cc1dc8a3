"""What disputes about a party's conduct come to: what does not count, and what counts against it.

Two kinds are on record. A party contests a part of its own score: what the part lacked then does not count until a
person has ruled that it does. Somebody who traded with it raises a dispute about a contract: that counts only once a
person has ruled so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from memory.members.person_records import PersonRecord, RecordKind


class Outcome(NamedTuple):
    """spared: permille that were found not to hold, by part of the score. waiting: the same of what is contested and
    not ruled on yet. against: disputes that were found to hold."""

    spared: Mapping[str, int]
    waiting: Mapping[str, int]
    against: int


def outcome(records: Sequence[PersonRecord]) -> Outcome:
    """What one party's disputes and rulings come to. Other records are passed over."""
    counts, against = rulings(records), 0
    spared, waiting = Counter[str](), Counter[str]()
    for each in records:
        if each.kind is not RecordKind.DISPUTE:
            continue
        if "part" in each.body:
            if not counts.get(each.number):
                kept = spared if each.number in counts else waiting
                kept[each.body["part"]] += each.body["permille"]
        else:
            against += bool(counts.get(each.number))
    return Outcome(dict(spared), dict(waiting), against)


def rulings(records: Sequence[PersonRecord]) -> dict[int, bool]:
    """Whether each dispute that was ruled on counts against the party, by its number."""
    return {each.body["dispute"]: each.body["counts"] for each in records if each.kind is RecordKind.RULING}
