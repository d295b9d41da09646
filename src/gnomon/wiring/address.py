"""The address of the server that runs on a data folder, for those who open the folder beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = "address"
_LONGEST = 2_000


@contextmanager
def recorded(data: Path, address: str) -> Iterator[None]:
    """Keep the address in the data folder while the server runs."""
    file = data / _FILE
    file.write_text(f"{address}\n", encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def recorded_address(data: Path) -> str | None:
    """Return the address under which the folder's server is reached; None where none has said so."""
    try:
        text = (data / _FILE).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return text if text.startswith(("http://", "https://")) and len(text) <= _LONGEST else None
