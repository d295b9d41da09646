"""A library in its own processes, and words to wait for what they do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gnomon.core.library import Found
from gnomon.library.client import KeptLibrary, Order
from gnomon.library.keeper.kept import Kept
from gnomon.library.keeper.wire import Provided

PATIENCE = 60.0
"""Seconds, far more than anything takes: what is waited for never comes, or the machine is busy."""
GLANCE = 0.02


@asynccontextmanager
async def kept(
    data: Path,
    *folders: Path,
    own: Sequence[Path] = (),
    patience: float = PATIENCE,
    is_semantic: bool = False,
    **given: Any,
) -> AsyncIterator[KeptLibrary]:
    """Keep a library whose shared folders are these, and those of the server's own documentation."""
    provided = (
        *(Provided(path=str(folder), label=folder.name) for folder in folders),
        *(Provided(path=str(folder), label=folder.name, is_own=True) for folder in own),
    )
    library = KeptLibrary(
        Order(data=str(data), public_url="http://host", folders=provided, is_semantic=is_semantic, **given),
        patience=patience,
        delay=0,
    )
    await library.start()
    try:
        yield library
    finally:
        await library.stop()


async def until(is_so: Callable[[], Awaitable[Any]], patience: float = PATIENCE) -> Any:
    """Ask until the answer is a yes, and return it."""
    async with asyncio.timeout(patience):
        while True:
            if answer := await is_so():
                return answer
            await asyncio.sleep(GLANCE)


async def texts(library: KeptLibrary, query: str) -> list[str]:
    """Search, and return the passages' texts."""
    return [passage.text for passage in (await library.search("w", query)).passages]


async def until_found(library: KeptLibrary, query: str, patience: float = PATIENCE) -> Found:
    """Wait until a search finds something."""

    async def look() -> Found | None:
        found = await library.search("w", query)
        return found if found.passages else None

    found: Found = await until(look, patience)
    return found


async def until_lost(library: KeptLibrary, query: str, patience: float = PATIENCE) -> None:
    """Wait until a search finds nothing."""

    async def look() -> bool:
        return not await texts(library, query)

    await until(look, patience)


async def until_read(library: KeptLibrary, documents: int, patience: float = PATIENCE) -> None:
    """Wait until the library holds so many documents, and nothing waits."""

    async def look() -> bool:
        holdings = await library.holdings("w")
        return (holdings.documents, holdings.pending) == (documents, 0)

    await until(look, patience)


async def until_running(part: Kept) -> int:
    """Wait until a process of the library has been started, and return its number."""

    async def look() -> int | None:
        return part.pid

    pid: int = await until(look)
    return pid


def is_alive(pid: int) -> bool:
    """Say whether a process lives."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def family(pid: int) -> list[int]:
    """List a process and all that it has started."""
    below = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in below for each in family(child))]


async def until_gone(pids: list[int], patience: float = PATIENCE) -> None:
    """Wait until all these processes have ended."""

    async def look() -> bool:
        return not any(map(is_alive, pids))

    await until(look, patience)


def fill(folder: Path, count: int, words: int = 300) -> None:
    """Write many documents, each with a word of its own: `mark<number>`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = " ".join(f"word{n % 97} stands here." for n in range(words))
    for number in range(count):
        (folder / f"{number:05}.md").write_text(f"# Document {number}\n\nmark{number} {text}\n")
