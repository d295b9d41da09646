"""A server whose processors all glean, and the vendor's client of it."""

from typing import Any

from parallel import Parallel

from .server import Server

GLEANER = ("--workload", "gnomon_gleaner", "--processor", "*=glean", "--log-level", "warning")

NOTES = "The oldest gnomon known stands in Taosi.\nHeight: 2.5 m\nStars in view: 3,200\nFound: 2002-05-14"


def sdk(server: Server, **options: Any) -> Parallel:
    """Make the vendor's client; nothing of it is changed but the address and the key."""
    return Parallel(base_url=server.url, api_key=server.keys()["api_key"], **options)
