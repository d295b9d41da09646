"""A workload that only searches, for the tests of the library beside a server."""

from gnomon.core.library import found_json
from gnomon.core.workload import Workload


async def look_up(order, ctx):
    """Search the library."""
    return found_json(await ctx.search(order["query"], limit=3))


WORKLOADS = (Workload(kind="test.look_up", run=look_up, where="io"),)
