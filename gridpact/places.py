"""Where a world keeps its things on disk."""

from dataclasses import dataclass
from pathlib import Path

DEMO, LIVE = Path(".gridpact/demo"), Path(".gridpact/live")


@dataclass(frozen=True, slots=True)
class Places:
    """One data directory: a world with its database, chain, memory and keys."""

    data: Path
    cache: Path

    @classmethod
    def of(cls, data: Path, cache: Path | None = None) -> "Places":
        """The places below ``data``, made when missing; ``cache`` may be shared between worlds."""
        places = cls(data.resolve(), (cache or data / "cache").resolve())
        places.data.mkdir(parents=True, exist_ok=True)
        places.cache.mkdir(parents=True, exist_ok=True)
        return places

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def chain(self) -> Path:
        return self.data / "chain.sqlite"

    @property
    def episodes(self) -> Path:
        return self.data / "episodes"

    @property
    def keys(self) -> Path:
        return self.data / "keys.json"

    @property
    def experts(self) -> Path:
        return self.data / "experts.json"

    @property
    def vault(self) -> Path:
        return self.data / "vault.key"

    @property
    def chargers(self) -> Path:
        return self.data / "chargers"

    @property
    def vtns(self) -> Path:
        return self.data / "vtns"

    @property
    def broker(self) -> Path:
        return self.data / "broker"

    @property
    def homes(self) -> Path:
        return self.data / "homes.jsonl"

    @property
    def models(self) -> Path:
        return self.cache / "models"
