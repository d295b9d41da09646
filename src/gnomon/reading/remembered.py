"""Vectors that were made once: the same sentences come back with many questions."""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from gnomon.reading.ranking import Embed

MOST: Final = 4096
"""Texts whose vectors are kept, 6 MB of them; those that were asked for the longest ago go first."""
_DIGEST: Final = 16
"""Bytes that stand for a text."""


class Remembered:
    """An `Embed` that makes the vector of a text once, as long as it is asked for now and then."""

    def __init__(self, embed: Embed, most: int = MOST) -> None:
        self._embed = embed
        self._most = most
        self._known: OrderedDict[bytes, array[float]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return a vector for each text, in their order."""
        keys = [blake2b(text.encode(errors="replace"), digest_size=_DIGEST).digest() for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        with self._lock:
            found = {key: self._known[key] for key in wanted if key in self._known}
        new = [key for key in wanted if key not in found]
        if new:
            vectors = self._embed([wanted[key] for key in new])
            found.update((key, array("f", vector)) for key, vector in zip(new, vectors, strict=True))
        self._keep(found)
        return [found[key] for key in keys]

    def _keep(self, found: dict[bytes, "array[float]"]) -> None:
        with self._lock:
            for key, vector in found.items():
                self._known[key] = vector
                self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
