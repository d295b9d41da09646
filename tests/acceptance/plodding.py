"""A trade that takes its time, in steps that are kept: a run of it outlives the server that began it."""

import time
from typing import Any

from gnomon.core.workload import Context, Workload


def plod(given: dict[str, float], ctx: Context) -> dict[str, Any]:
    """Take as long as it is told, a second at a time at most."""
    steps = max(round(given["seconds"]), 4)

    def rest() -> int:
        time.sleep(given["seconds"] / steps)
        return ctx.attempt

    attempts = []
    for step in range(steps):
        attempts.append(ctx.step(f"step {step}", rest))
        ctx.progress(100 * (step + 1) / (steps + 1), "plodding")
        ctx.checkpoint()
    return {"seconds": given["seconds"], "steps": steps, "attempts": sorted(set(attempts))}


WORKLOADS = (Workload(kind="plod", run=plod),)
