"""What was sent for the work and is shown to nobody: a mapping that does not tell its values when it is printed."""

import json
from collections.abc import Iterator, Mapping

from gnomon.core.task import Json


class Secrets(Mapping[str, Json]):
    """Secrets by name, for reading; its `repr` gives the names alone, so that a log or a traceback tells none."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Json:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<secrets: {', '.join(self._values) or 'none'}>"


NO_SECRETS = Secrets({})


def read_secrets(content: bytes) -> Secrets:
    """Read the secrets that came with an order as bytes beside its JSON; nothing came, there are none."""
    return Secrets(json.loads(content)) if content else NO_SECRETS
