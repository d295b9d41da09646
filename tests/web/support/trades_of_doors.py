"""A trade that holds its slot until it is let go."""

from pathlib import Path

from gnomon.core.task import Json
from gnomon.core.workload import Context, Workload


def hold(given: Json, _: Context) -> Json:
    """Read from a pipe that nobody writes to before the test lets go."""
    return Path(given["until"]).read_text()


HOLD = Workload(kind="hold", run=hold)
