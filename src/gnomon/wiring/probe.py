"""Looks, once at the start, whether the servers that research shall ask are there."""

import asyncio
import logging
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from gnomon.settings import Settings

log = logging.getLogger(__name__)

_PATIENCE = 5.0
_PORTS = {"http": 80, "https": 443}


async def warn_of_absent(settings: Settings, patience: float = _PATIENCE) -> None:
    """Warn of each server of the settings that nobody answers for; its tasks would fail, and say so, too."""
    async with asyncio.TaskGroup() as group:
        for name, address in _addresses(settings):
            group.create_task(_look(name, address, patience))


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.model_url:
        yield "model", settings.model_url
    for text in settings.search:
        provider, _, address = text.partition("=")
        if address:
            yield provider, address


async def _look(name: str, address: str, patience: float) -> None:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return  # a proxy answers for all
    try:
        async with asyncio.timeout(patience):
            _, writer = await asyncio.open_connection(host, parts.port or _PORTS[parts.scheme])
    except (OSError, ValueError) as error:
        cause = str(error) or f"no connection within {patience:g} seconds"
        log.warning("server.absent", extra={"asked_for": name, "address": address, "cause": cause})
    else:
        writer.close()
