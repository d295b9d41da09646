"""A wire that is made when it is first used, away from the loop: providers' packages take more than a second."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gnomon.workloads.research.models.wire import Call, Said, Trouble, Wire

STARTING = ThreadPoolExecutor(1, thread_name_prefix="model")
"""What imports and starts: many tasks that wait for that must not keep the loop's own threads from other work."""
Make = Callable[[], Wire]


class Late:
    """A wire to come; made again after it has been closed."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._wire: Wire | None = None
        self._making = asyncio.Lock()

    async def open(self) -> None:
        """Make the wire, once."""
        await self._made()

    async def _made(self) -> Wire:
        async with self._making:
            if self._wire is None:
                try:
                    wire = await asyncio.get_running_loop().run_in_executor(STARTING, self._make)
                except ImportError as error:
                    raise Trouble("model_extra_missing", str(error)) from error
                await wire.open()
                self._wire = wire
            return self._wire

    @property
    def takes_schema(self) -> bool:
        """Say whether the server can hold an answer to a schema; known once the wire is made."""
        return self._wire is not None and self._wire.takes_schema

    @property
    def takes_loose(self) -> bool:
        """Say whether it also takes a schema that is not strict."""
        return self._wire is not None and self._wire.takes_loose

    @property
    def window(self) -> int | None:
        """Return the tokens of the model's window, where they are known."""
        return self._wire.window if self._wire else None

    @property
    def is_priced(self) -> bool:
        """Say whether it is known what its calls cost; known once the wire is made."""
        return self._wire is not None and self._wire.is_priced

    async def ask(self, call: Call) -> Said:
        """Ask once."""
        return await (await self._made()).ask(call)

    async def close(self) -> None:
        """Hang up."""
        async with self._making:
            wire, self._wire = self._wire, None
            if wire is not None:
                await wire.close()
