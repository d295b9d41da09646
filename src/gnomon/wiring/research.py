"""What research is told of the settings, and the address that its citations begin with."""

import ipaddress
from collections.abc import Collection, Mapping
from typing import Final

from gnomon.core.task import Json
from gnomon.core.workload import Workload
from gnomon.settings import Settings


def research_settings(settings: Settings, address: str | None = None) -> dict[str, Json]:
    """Return the settings of the kind `research`, as `ctx.settings` shows them; what is not set is None or empty.

    Parameters
    ----------
    settings
        The server's.
    address
        Where the server listens, when that is known better than by the settings: a free port was taken.
    """
    return {
        "model": settings.model or None,
        "model_url": settings.model_url or None,
        "model_concurrency": settings.model_concurrency,
        "model_window": settings.model_window,
        "model_timeout": settings.model_timeout,
        "model_threads": settings.model_threads,
        "fallback": settings.model_fallback,
        "search": list(settings.search),
        "fetch_allow": list(settings.fetch_allow),
        "fetch_http": settings.fetch_http,
        "max_cost": settings.max_cost,
        "semantic": settings.semantic,
        "documents": [str(folder.absolute()) for folder in settings.documents],
        "document_links": settings.document_links,
        "public_url": public_url(settings, address),
    }


WEB_KINDS: Final[Mapping[str, Collection[str]]] = {
    "web_search": ("search",),
    "web_fetch": ("search", "fetch_allow"),
}
"""Kinds that use the web, and the settings of which one must be set so that they are offered."""


def settings_of_kinds(settings: Settings, address: str | None = None) -> dict[str, dict[str, Json]]:
    """Return what each kind of research is told of the settings."""
    return dict.fromkeys(("research", *WEB_KINDS), research_settings(settings, address))


def without_unset(workloads: Mapping[str, Workload], settings: Settings) -> Mapping[str, Workload]:
    """Leave out the kinds that use the web where the operator has not set it up: they could not work."""
    unset = {kind for kind, names in WEB_KINDS.items() if not any(getattr(settings, name) for name in names)}
    return {kind: workload for kind, workload in workloads.items() if kind not in unset}


def public_url(settings: Settings, address: str | None = None) -> str:
    """Return the address under which clients reach the server, without a slash at its end."""
    return (settings.public_url or address or _address(settings)).rstrip("/")


def _address(settings: Settings) -> str:
    return f"http://{url_host(settings.host)}:{settings.port}"


def url_host(host: str) -> str:
    """Write a host as it stands in an address; one that means every address is this machine's own.

    >>> url_host("::1"), url_host("0.0.0.0"), url_host("example.com")
    ('[::1]', '127.0.0.1', 'example.com')
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"
