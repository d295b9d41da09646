"""The command line by a clock that showed `SHIFTED_NOW` (seconds since 1970) when the process began."""

import os
import time
from datetime import datetime, timedelta


def main() -> None:
    """Run it; what it sleeps, it sleeps in real seconds."""
    from gnomon.cli.main import main as gnomon
    from gnomon.wiring import server

    shift = timedelta(seconds=float(os.environ["SHIFTED_NOW"]) - time.time())

    class ShiftedClock(server.SystemClock):
        def now(self) -> datetime:
            return super().now() + shift

    server.SystemClock = ShiftedClock  # type: ignore[misc]  # a class is put in the place of another: this process has one clock
    gnomon()


if __name__ == "__main__":
    main()
