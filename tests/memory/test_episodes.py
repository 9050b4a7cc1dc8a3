"""Vector memory: found by meaning in both languages, remembered once, deterministic, offline."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.learning.embeddings import E5Embeddings
from memory.learning.episodes import Episodes

ROOT = Path(__file__).parents[2]
CASES = {
    "value": "The contract is worth more than the limit: a shop buys for a whole year",
    "licence": "The retailer's registration has expired and its name differs",
    "battery": "A battery of a type that the equipment register does not know",
}
WRITER = """
import sys
from pathlib import Path
from memory.learning.episodes import Episodes
episodes = Episodes(Path(sys.argv[1]))
for number in range(1000):
    told = {"kind": "case", "id": f"C-{number:04}", "text": f"case number {number}", "facts": {"number": number}}
    episodes.remember_many([told])
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def embeddings() -> E5Embeddings:
    return E5Embeddings()


@pytest.fixture
def episodes(tmp_path: Path, embeddings: E5Embeddings) -> Iterator[Episodes]:
    memory = Episodes(tmp_path / "episodes", embeddings)
    yield memory
    memory.close()


def remember(episodes: Episodes, kind: str, episode_id: str, words: str, facts: dict[str, int | str]) -> None:
    episodes.remember_many([{"kind": kind, "id": episode_id, "text": words, "facts": facts}])


def remember_cases(episodes: Episodes) -> None:
    episodes.remember_many(
        {"kind": "case", "id": name, "text": text, "facts": {"outcome": "approve", "number": number}}
        for number, (name, text) in enumerate(CASES.items())
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("expired licence of the supplier", "licence"),
        ("a shop's yearly contract of high value", "value"),
        ("unknown battery type, not certified", "battery"),
    ],
)
def test_the_nearest_episode_is_the_one_that_means_the_same(episodes: Episodes, asked: str, expected: str) -> None:
    """Words need not be the same."""
    remember_cases(episodes)
    found = episodes.recall("case", asked, 2)
    assert found[0].id == expected
    assert found[0].facts["outcome"] == "approve"
    assert found[0].distance < found[1].distance


def test_japanese_is_understood(episodes: Episodes) -> None:
    """Half of the users write Japanese."""
    remember(episodes, "case", "licence", "小売電気事業者の登録が失効しています", {})
    remember(episodes, "case", "battery", "登録されていない型式の蓄電池です", {})
    assert [each.id for each in episodes.recall("case", "登録が切れた小売事業者", 2)] == ["licence", "battery"]


def test_remembering_again_changes_nothing_and_a_later_version_replaces(episodes: Episodes) -> None:
    """An effect of the outbox is carried out at least once."""
    for _ in range(2):
        remember(episodes, "profile", "S1:2026-05-20", "used 10 kWh", {"used_wh": 10_000})
    assert episodes.count("profile") == 1
    remember(episodes, "profile", "S1:2026-05-20", "used 10 kWh", {"used_wh": 10_001})
    assert [kept.facts for kept in episodes.all("profile")] == [{"used_wh": 10_001}]


def test_facts_narrow_what_is_recalled(episodes: Episodes) -> None:
    """One fact or several; what does not match is not found."""
    remember_cases(episodes)
    assert [each.id for each in episodes.recall("case", "contract", 5, {"number": 1})] == ["licence"]
    assert [each.id for each in episodes.recall("case", "contract", 5, {"number": 1, "outcome": "approve"})] == [
        "licence"
    ]
    assert episodes.recall("case", "contract", 5, {"number": 1, "outcome": "reject"}) == []


def test_equal_distances_come_in_order_of_ids(episodes: Episodes) -> None:
    """Recall is the same in every run, whatever order things were remembered in."""
    for number in (3, 1, 2):
        remember(episodes, "price_pattern", f"day-{number}", "Wednesday, working day, May", {"day": number})
    assert [each.id for each in episodes.recall("price_pattern", "Wednesday, working day, May", 2)] == [
        "day-1",
        "day-2",
    ]
    assert [each.id for each in episodes.all("price_pattern")] == ["day-1", "day-2", "day-3"]


def test_kinds_do_not_mix_and_an_empty_memory_recalls_nothing(episodes: Episodes) -> None:
    """Each kind is a collection of its own."""
    remember_cases(episodes)
    assert episodes.recall("profile", "contract", 3) == []
    assert episodes.all("profile") == []


def test_a_new_process_finds_what_was_remembered_even_after_a_kill(tmp_path: Path, embeddings: E5Embeddings) -> None:
    """What ``remember_many`` returned from is there after SIGKILL, and can be recalled."""
    path = tmp_path / "episodes"
    for acknowledged_min in (5, 20):
        last = _write_and_kill(path, acknowledged_min)
        episodes = Episodes(path, embeddings)
        assert {f"C-{number:04}" for number in range(last + 1)} <= {each.id for each in episodes.all("case")}
        assert episodes.recall("case", f"case number {last}", 1)[0].text.startswith("case number")
        episodes.close()


def test_the_same_words_give_the_same_vector_alone_or_in_a_batch(embeddings: E5Embeddings) -> None:
    """Recall may not depend on how things were grouped when they were remembered."""
    words = ["battery", "登録", "battery", "a shop's yearly contract"]
    together = embeddings.passages(words)
    assert together.shape == (4, 384)
    for row, word in zip(together, words, strict=True):
        assert (embeddings.passages([word])[0] == row).all()


def _write_and_kill(path: Path, acknowledged_min: int) -> int:
    """Remember in another process until so many were acknowledged, kill it; the last number acknowledged."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert writer.stdout is not None
    last = -1
    for line in writer.stdout:
        last = int(line)
        if last >= acknowledged_min:
            writer.send_signal(signal.SIGKILL)
            break
    writer.wait()
    return max([last, *map(int, writer.stdout.read().split())])
