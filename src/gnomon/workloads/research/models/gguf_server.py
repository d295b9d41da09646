"""The process of a model on this machine: `python -m` this module, an order on its input, its address on its output.

It serves OpenAI's words on loopback, to who has the key of the order, and ends when its input does: with its parent.
"""

import json
import os
import sys
import threading
import urllib.request
from typing import Any


def main() -> None:
    """Load the model of the order, say where it is served, and stay until the input ends."""
    out = _take_output()
    order = json.loads(sys.stdin.readline())
    try:
        server, told = _serve(order)
    # Whatever loading raises is told to who has ordered it.
    except Exception as error:  # noqa: BLE001 - becomes the answer
        server, told = None, {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told), file=out, flush=True)
    threading.Thread(target=_end_with_input, daemon=True).start()
    if server is not None:
        threading.Event().wait()


def _take_output() -> Any:
    """Keep the output for the one answer, and send what the model's library prints elsewhere."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _serve(order: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    import xllamacpp

    wanted = xllamacpp.CommonParams()
    wanted.model.path = order["file"]
    wanted.model_alias = {order["name"]}
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = 0
    wanted.api_keys = [order["key"]]
    wanted.n_ctx = order["window"] * order["width"]
    wanted.n_parallel = order["width"]
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = order["threads"]
    wanted.ui = wanted.endpoint_slots = False
    wanted.warmup = False
    wanted.verbosity = 0
    server = xllamacpp.Server(wanted)
    return server, {"url": server.listening_address, "window": _window(server.listening_address, order)}


def _window(url: str, order: dict[str, Any]) -> int:
    """Return how many tokens one caller may use: what was ordered, and no more than the model was trained on."""
    asking = urllib.request.Request(  # noqa: S310 - its own address
        f"{url}/v1/models", headers={"authorization": f"Bearer {order['key']}"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asking, timeout=30) as answer:
        meta = json.load(answer)["data"][0].get("meta") or {}
    return int(min(order["window"], meta.get("n_ctx_train") or order["window"]))


if __name__ == "__main__":
    main()
