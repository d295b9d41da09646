"""A trade that holds its slot until it is let go, and one that is told secrets."""

import hashlib
from pathlib import Path

from gnomon.core.task import Json
from gnomon.core.workload import Context, Workload


def hold(given: Json, _: Context) -> Json:
    """Read from a pipe that nobody writes to before the test lets go."""
    return Path(given["until"]).read_text()


def keep_quiet(_: Json, ctx: Context) -> Json:
    """Give the digests of the secrets, from which nobody reads them."""
    return {
        name: hashlib.sha256(str(secret).encode()).hexdigest()[:16] for name, secret in ctx.secrets.items()
    }


QUIET = Workload(kind="quiet", run=keep_quiet)
HOLD = Workload(kind="hold", run=hold)
