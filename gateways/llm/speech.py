"""What a model said, held against what it was shown: a number, a link or a tag that was not shown is invented.

The check is on numbers alone, not on their meaning: a shown number beside a wrong word passes, which is why the page
puts the evidence next to the text and calls it a summary to be checked.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
KANJI_NUMBER = re.compile(r"[〇一二三四五六七八九十百千万億兆]+(?=円|%|割|倍|[kM]W|キロ|ワット|年|か月|名|人|件)")
KANJI_SCALE = re.compile(r"\d\s*[十百千万億兆]+")
FOREIGN = re.compile(r"https?:|www\.|\]\(|</?[a-z!]|[\w.]+@[\w.]+", re.I)
ENGLISH = {
    word: Decimal(value)
    for word, value in (
        ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7), ("eight", 8), ("nine", 9),
        ("ten", 10), ("eleven", 11), ("twelve", 12), ("fifteen", 15), ("twenty", 20), ("thirty", 30), ("forty", 40),
        ("fifty", 50), ("sixty", 60), ("seventy", 70), ("eighty", 80), ("ninety", 90), ("hundred", 100),
        ("thousand", 1_000), ("million", 1_000_000), ("billion", 10**9), ("half", "0.5"), ("double", 2), ("twice", 2),
    )
}  # fmt: skip
HALF_HOUR = re.compile(r"half[- ](?:an[- ])?hour")
KANJI_DIGITS = "〇一二三四五六七八九"


def numbers(text: str) -> frozenset[Decimal]:
    """Every number that is written in digits, full-width digits included."""
    folded = unicodedata.normalize("NFKC", text)
    return frozenset(Decimal(found.replace(",", "")) for found in NUMBER.findall(folded))


def invented(said: str, shown: str) -> list[str]:
    """What was said and not shown: numbers in digits and words, then links, tags and addresses. Empty when none."""
    folded, known = unicodedata.normalize("NFKC", said), numbers(shown)
    strange = sorted(str(number) for number in numbers(said) - known)
    strange += [written for written, value in _worded(folded) if value not in known and written not in shown]
    return strange + [link for link in FOREIGN.findall(folded) if link not in shown]


def _worded(text: str) -> Iterator[tuple[str, Decimal | None]]:
    """Numbers in words with their values; None where only the very same writing may stand."""
    for word in re.findall(r"[a-z]+", HALF_HOUR.sub("", text.lower())):
        if word in ENGLISH:
            yield word, ENGLISH[word]
    for written in KANJI_NUMBER.findall(text):
        yield written, Decimal(KANJI_DIGITS.index(written)) if written in KANJI_DIGITS else None
    for written in KANJI_SCALE.findall(text):
        yield written, None
