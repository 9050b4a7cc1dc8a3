"""What was said, in order, each entry bound to the one before by its hash, so that nothing can be changed later."""

from typing import NamedTuple

from domain.canonical import digest
from domain.errors import AuditBroken


class Entry(NamedTuple):
    """One message as it was sent. ``hash`` covers all other fields.

    number: from 0. sender: 0 the buyer, 1 the seller. act: offer, accept or withdraw. offers: the alternatives of an
    offer, or the one that is accepted, as whole numbers in the order of Offer. reason: why it withdrew. note: what a
    person wrote; kept for people, read by no rule. previous: the hash before, of the agenda for the first.
    """

    number: int
    sender: int
    act: str
    offers: tuple[tuple[int, ...], ...]
    reason: str
    note: str
    previous: str
    hash: str


def entry(
    number: int, sender: int, act: str, offers: tuple[tuple[int, ...], ...], reason: str, note: str, previous: str
) -> Entry:
    """An entry with its hash."""
    fields = (number, sender, act, offers, reason, note, previous)
    return Entry(*fields, digest(fields))


def verify(transcript: tuple[Entry, ...], root: str) -> None:
    """Check every number and link. Raises AuditBroken naming the first entry that does not hold."""
    previous = root
    for number, each in enumerate(transcript):
        if each.number != number or each.previous != previous or each.hash != digest(each[:-1]):
            raise AuditBroken(f"entry {number} of the transcript does not follow from the one before it")
        previous = each.hash
