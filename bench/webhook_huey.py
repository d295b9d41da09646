"""The peer of `webhooks.py`: the same signed POSTs as Huey tasks on SQLite, by worker threads.

    python bench/webhook_huey.py FOLDER URL SECRET COUNT WORKERS

Every task and every outcome is a row of Huey's database, synced as ours is (`fsync=True`). A worker keeps one
connection to the receiver. It says `ready` when all tasks are queued, and begins when it reads a line.
"""

import http.client
import json
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from huey import SqliteHuey
from standardwebhooks import Webhook

_own = threading.local()
# As long as a delivery of a small task is.
PADDING = {f"field_{n}": "2026-01-01T00:00:00.000000Z" for n in range(18)}


def connection(host: str) -> http.client.HTTPConnection:
    """Return this thread's connection."""
    if getattr(_own, "kept", None) is None:
        _own.kept = http.client.HTTPConnection(host, timeout=15)
    kept: http.client.HTTPConnection = _own.kept
    return kept


def main() -> None:
    folder, url, secret, count, workers = sys.argv[1:]
    target = urlsplit(url)
    huey = SqliteHuey(filename=str(Path(folder) / "huey.db"), fsync=True, results=True, store_none=True)
    signer = Webhook(secret)

    @huey.task(retries=8)
    def deliver(number: int) -> dict[str, object]:
        """Send one event, and return what is recorded of the attempt."""
        now, begin, name = datetime.now(UTC), time.perf_counter(), f"msg_{number}"
        body = json.dumps({"type": "task.queued", "timestamp": now.isoformat(), "data": PADDING})
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(name, now, body),
        }
        kept = connection(target.netloc)
        kept.request("POST", target.path, body, headers)
        answer = kept.getresponse()
        answer.read()
        if not 200 <= answer.status < 300:
            raise ConnectionError(f"answered {answer.status}")
        return {"status": answer.status, "at": now.isoformat(), "seconds": time.perf_counter() - begin}

    for number in range(int(count)):
        deliver(number)
    print("ready", flush=True)
    sys.stdin.readline()
    consumer = huey.create_consumer(workers=int(workers), worker_type="thread", periodic=False, initial_delay=0.01,
                                    max_delay=0.05)  # fmt: skip
    consumer.start()
    while huey.result_count() < int(count):
        time.sleep(0.05)
    print("recorded", flush=True)
    sys.stdin.readline()
    consumer.stop(graceful=True)


if __name__ == "__main__":
    main()
