"""The wire to a model on this machine."""

import asyncio

import httpx2
from pydantic_ai.messages import ModelResponse

from gnomon.workloads.research.models.direct import Direct
from gnomon.workloads.research.models.late import STARTING
from gnomon.workloads.research.models.providers import make_compatible
from gnomon.workloads.research.models.resident import Address, Resident
from gnomon.workloads.research.models.wire import Call, Said


class Local:
    """A model of this machine; asking it starts it, also after it has died."""

    def __init__(self, resident: Resident, name: str) -> None:
        self._resident = resident
        self._name = name
        self._line: tuple[Address, Direct] | None = None
        self._connecting = asyncio.Lock()

    @property
    def takes_schema(self) -> bool:
        """Say that the server holds answers to schemas."""
        return True

    @property
    def takes_loose(self) -> bool:
        """Say that it takes any schema."""
        return True

    @property
    def window(self) -> int | None:
        """Return the tokens that one caller may use, once it has been started."""
        return self._line[0].window if self._line else None

    @property
    def is_priced(self) -> bool:
        """Say that its price is known: it costs nothing."""
        return True

    async def open(self) -> None:
        """Start the model, if it is not running."""
        await self._connected()

    async def _connected(self) -> Direct:
        async with self._connecting:
            loop = asyncio.get_running_loop()
            address = await loop.run_in_executor(STARTING, self._resident.address)
            if self._line is not None and self._line[0] == address:
                return self._line[1]
            await self._hang_up()
            # What the environment says of proxies is not for a call within the machine.
            client = httpx2.AsyncClient(trust_env=False)
            direct = make_compatible(address.url, self._name, key=address.key, client=client, pricing=_free)
            await direct.open()
            self._line = (address, direct)
            return direct

    async def ask(self, call: Call) -> Said:
        """Ask once."""
        return await (await self._connected()).ask(call)

    async def close(self) -> None:
        """Hang up; the model stays for others."""
        async with self._connecting:
            await self._hang_up()

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line[1].close()


def _free(response: ModelResponse) -> float:
    del response
    return 0.0
