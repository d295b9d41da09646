"""Webhook deliveries a second, from the outbox of a real store to a receiver that answers after 20 ms.

Run: python bench/webhook_office.py [--deliveries 5000] [--delay 0.02]
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import uvloop

from gnomon.core.delivery import NewEndpoint
from gnomon.core.event import EventType
from gnomon.core.hub import Hub
from gnomon.core.ports import Submit
from gnomon.core.task import NewTask, task_id
from gnomon.delivery.office import PostOffice
from gnomon.outbound.gate import Gate
from gnomon.store.sqlite import SqliteStore
from gnomon.store.vault import KeyVault
from gnomon.web.native.render.hook import payload
from gnomon.wiring import SystemClock

SECRET = b"whsec_" + b"A" * 43 + b"="


class Receiver:
    """Answers each POST after a delay."""

    def __init__(self, delay: float) -> None:
        self.count = 0
        self._delay = delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                await asyncio.sleep(self._delay)
                self.count += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()


async def run(count: int, delay: float, folder: Path) -> None:
    hub, clock, vault = Hub(), SystemClock(), KeyVault(bytes(32))
    store = SqliteStore.open(folder, hub)
    receiver = Receiver(delay)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    new = NewEndpoint(
        id="whe_1",
        workspace="w",
        url=url,
        sealed=vault.seal(SECRET),
        event_types=frozenset({EventType.QUEUED}),
    )
    await store.create_endpoint(new, clock.now())
    for start in range(0, count, 500):
        tasks = [
            NewTask(id=task_id(clock.now(), start + n), workspace="w", kind="k", input={})
            for n in range(min(500, count - start))
        ]
        await asyncio.gather(*(store.submit(Submit(task=task, now=clock.now())) for task in tasks))
    office = PostOffice(
        store=store,
        gate=Gate(allow=[ip_network("127.0.0.1")], is_http_allowed=True),
        vault=vault,
        clock=clock,
        bell=hub.post_bell,
        bodies={"native": payload},
        timeout=timedelta(seconds=15),
    )
    began, used = time.perf_counter(), time.process_time()
    await office.start()
    while await store.next_delivery_due() is not None:  # noqa: ASYNC110 - the store tells nobody that all is sent
        await asyncio.sleep(0.05)
    took, used = time.perf_counter() - began, time.process_time() - used
    print(
        f"{count} deliveries in {took:.2f} s: {count / took:.0f} a second, {1000 * used / count:.2f} ms each "
        f"(sender, store and receiver in one process; {delay * 1000:g} ms at the receiver)"
    )
    await office.stop()
    server.close()
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5000)
    parser.add_argument("--delay", type=float, default=0.02)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(run(given.deliveries, given.delay, Path(folder)))


if __name__ == "__main__":
    main()
