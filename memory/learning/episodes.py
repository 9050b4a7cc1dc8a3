"""What past days and cases were like, found again by meaning: Chroma on disk, one collection a kind.

An episode is words, which are compared, and facts, which are used. Remembering the same episode again changes nothing,
so it may be repeated after a crash. One process writes at a time. Nothing is ever forgotten.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from domain.errors import OutsideFailed, StorageFull
from memory.learning.embeddings import E5Embeddings, Vectors

EPISODE = "memory.episode"
"""The outbox topic under which episodes are owed."""

BATCH = 1_000
WIDER = 32
DISTANCE_DIGITS = 6

Facts = Mapping[str, int | str]


@contextmanager
def _failures() -> Iterator[None]:
    """What Chroma raises becomes our own errors. Raises StorageFull or OutsideFailed; repeating is safe."""
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as error:
        if "full" in str(error):
            raise StorageFull(
                f"the disk under the vector memory is full: free space, then run the same again ({error})"
            ) from error
        raise OutsideFailed(f"the vector memory does not answer: run the same again ({error})") from error


class Embeddings(Protocol):
    """What turns words into vectors."""

    def passages(self, texts: Sequence[str]) -> Vectors: ...
    def query(self, text: str) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Episode:
    """Something remembered. distance: cosine distance to what was asked, 0 when nothing was."""

    id: str
    text: str
    facts: dict[str, int | str]
    distance: float = 0.0


class Episodes:
    """The vector memory under ``path``. embeddings: multilingual E5 unless another is given."""

    def __init__(self, path: Path, embeddings: Embeddings | None = None) -> None:
        self._path = path
        self._embeddings: Embeddings = embeddings or E5Embeddings()
        self._client: Any = None
        self._collections: dict[str, Any] = {}

    @_failures()
    def remember_many(self, episodes: Iterable[Mapping[str, Any]]) -> None:
        """Keep episodes, each with ``kind``, ``id``, ``text`` and ``facts``. Words already known cost nothing again."""
        ordered = sorted(episodes, key=lambda episode: (episode["kind"], episode["id"]))
        for kind, group in groupby(ordered, key=lambda episode: str(episode["kind"])):
            of_kind = list({episode["id"]: episode for episode in group}.values())
            for first in range(0, len(of_kind), BATCH):
                self._keep(kind, of_kind[first : first + BATCH])

    @_failures()
    def recall(self, kind: str, query_text: str, k: int, where: Facts | None = None) -> list[Episode]:
        """The ``k`` nearest episodes of a kind whose facts equal ``where``, by distance, then id."""
        collection = self._collection(kind)
        known = collection.count()
        if not known or k <= 0:
            return []
        # The index is approximate: asking for more than is needed makes the nearest ones certain and ties decidable.
        found = collection.query(
            query_embeddings=self._embeddings.query(query_text)[None, :],
            n_results=min(known, max(WIDER, 4 * k)),
            where=_condition(where),
            include=["documents", "metadatas", "distances"],
        )
        columns = (found["ids"][0], found["documents"][0], found["metadatas"][0], found["distances"][0])
        episodes = [_episode(*row) for row in zip(*columns, strict=True)]
        return sorted(episodes, key=lambda episode: (episode.distance, episode.id))[:k]

    @_failures()
    def all(self, kind: str) -> list[Episode]:
        """Every episode of a kind, by id."""
        found = self._collection(kind).get(include=["documents", "metadatas"])
        rows = zip(found["ids"], found["documents"], found["metadatas"], strict=True)
        return sorted((_episode(*row) for row in rows), key=lambda episode: episode.id)

    @_failures()
    def count(self, kind: str) -> int:
        """How many episodes of a kind are kept."""
        return int(self._collection(kind).count())

    def close(self) -> None:
        """Let go of the files; the object may be used again."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._collections.clear()

    def _keep(self, kind: str, episodes: Sequence[Mapping[str, Any]]) -> None:
        collection = self._collection(kind)
        kept = collection.get(ids=[episode["id"] for episode in episodes], include=["documents", "metadatas"])
        known = {row[0]: _episode(*row) for row in zip(kept["ids"], kept["documents"], kept["metadatas"], strict=True)}
        new = [each for each in episodes if not _same(known.get(each["id"]), each)]
        if not new:
            return
        collection.upsert(
            ids=[each["id"] for each in new],
            documents=[each["text"] for each in new],
            metadatas=[_metadata(each["facts"]) for each in new],
            embeddings=self._embeddings.passages([each["text"] for each in new]),
        )

    def _collection(self, kind: str) -> Any:
        if kind not in self._collections:
            self._collections[kind] = self._opened().get_or_create_collection(
                f"episodes-{kind}", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        return self._collections[kind]

    def _opened(self) -> Any:
        if self._client is None:
            from chromadb import PersistentClient
            from chromadb.config import Settings

            self._path.mkdir(parents=True, exist_ok=True)
            self._client = PersistentClient(str(self._path), Settings(anonymized_telemetry=False))
        return self._client


def _condition(where: Facts | None) -> dict[str, Any] | None:
    """Chroma takes one fact bare and several only under ``$and``."""
    facts: list[dict[str, Any]] = [{name: value} for name, value in sorted((where or {}).items())]
    if not facts:
        return None
    return facts[0] if len(facts) == 1 else {"$and": facts}


def _same(known: Episode | None, given: Mapping[str, Any]) -> bool:
    return known is not None and (known.text, known.facts) == (given["text"], dict(given["facts"]))


def _metadata(facts: Facts) -> dict[str, int | str] | None:
    """Chroma takes no empty mapping."""
    return dict(facts) or None


def _episode(episode_id: str, text: str, metadata: Mapping[str, Any] | None, distance: float = 0.0) -> Episode:
    return Episode(episode_id, text, dict(metadata or {}), round(float(distance), DISTANCE_DIGITS))
