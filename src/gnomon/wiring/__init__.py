"""The fuse box: settings become objects; the only room that knows every other."""

from gnomon.wiring.office import Office, open_office
from gnomon.wiring.plugins import load_plugins
from gnomon.wiring.research import url_host
from gnomon.wiring.schemas import with_schema_check
from gnomon.wiring.server import OpenedServer, SystemClock, open_server

__all__ = [
    "Office",
    "OpenedServer",
    "SystemClock",
    "load_plugins",
    "open_office",
    "open_server",
    "url_host",
    "with_schema_check",
]
