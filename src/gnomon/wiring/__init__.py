"""The fuse box: settings become objects; the only room that knows every other."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
_WHERE = {
    "Office": "office",
    "open_office": "office",
    "load_plugins": "plugins",
    "url_host": "research",
    "with_schema_check": "schemas",
    "OpenedServer": "server",
    "SystemClock": "server",
    "open_server": "server",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and no more: the web's packages take two seconds that a question needs not wait."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
