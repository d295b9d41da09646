"""What of the web is within reach: as the operator has set it, shared by all tasks of a process."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_network
from typing import Any
from weakref import WeakKeyDictionary

from gnomon.outbound.gate import Gate, Wording
from gnomon.workloads.research.web import provider
from gnomon.workloads.research.web.brave import Brave
from gnomon.workloads.research.web.exa import Exa
from gnomon.workloads.research.web.fetch import WORDING, Pages
from gnomon.workloads.research.web.parsing import Parser
from gnomon.workloads.research.web.provider import Asker, Form
from gnomon.workloads.research.web.search import Paced, WebSearch
from gnomon.workloads.research.web.searxng import Searxng
from gnomon.workloads.research.web.tavily import Tavily

_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_KEYED: Mapping[str, tuple[type[Brave | Tavily | Exa], str]] = {
    "brave": (Brave, "BRAVE_API_KEY"),
    "tavily": (Tavily, "TAVILY_API_KEY"),
    "exa": (Exa, "EXA_API_KEY"),
}
PROVIDERS = ("searxng", *_KEYED)


class NoSuchProvider(ValueError):
    """The setting names no provider; the text says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The web as far as the server goes."""

    search: WebSearch | None
    """None when no provider is set."""
    pages: Pages
    gate: Gate
    """For what a task names itself, such as servers of tools: the same guard as for pages."""
    _own: Gate
    _parser: Parser

    async def close(self) -> None:
        """Close connections and stop processes."""
        await self._parser.close()
        await self.gate.close()
        await self._own.close()


def open_reach(settings: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Reach:
    """Make what `ctx.settings` and the environment's keys say; raises `NoSuchProvider`."""
    gate = guard(settings, WORDING)
    own = Gate(allow=_ANYWHERE, is_http_allowed=True, timeout=20.0, wording=provider.WORDING)
    parser = Parser()
    return Reach(
        search=_search(settings.get("search") or (), own, os.environ if environ is None else environ),
        pages=Pages(gate, parser, agent=f"Gnomon/{version('gnomon')}"),
        gate=gate,
        _own=own,
        _parser=parser,
    )


def guard(settings: Mapping[str, Any], wording: Wording) -> Gate:
    """Make the gate that strangers' addresses pass, opened as far as `fetch_allow` and `fetch_http` say."""
    allow = [ip_network(text) for text in settings.get("fetch_allow") or ()]
    return Gate(allow=allow, is_http_allowed=bool(settings.get("fetch_http")), timeout=20.0, wording=wording)


_SHARED: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Reach]]" = WeakKeyDictionary()


def shared_reach(settings: Mapping[str, Any]) -> Reach:
    """Return the reach that all tasks of this event loop with these settings share, so that they share its pace."""
    of_loop = _SHARED.setdefault(asyncio.get_running_loop(), {})
    named = json.dumps({name: settings.get(name) for name in ("search", "fetch_allow", "fetch_http")})
    if named not in of_loop:
        of_loop[named] = open_reach(settings)
    return of_loop[named]


async def close_shared() -> None:
    """Close what the tasks of this event loop shared."""
    for reach in _SHARED.pop(asyncio.get_running_loop(), {}).values():
        with suppress(OSError):
            await reach.close()


def read_provider(text: str) -> tuple[str, str]:
    """Read `searxng=URL`, `brave`, or `brave=URL` into name and address; raises `NoSuchProvider`."""
    name, _, address = text.strip().partition("=")
    if name not in PROVIDERS:
        raise NoSuchProvider(f"{name!r} is no search provider; take one of {', '.join(PROVIDERS)}.")
    if name == "searxng" and not address:
        raise NoSuchProvider("Say where SearXNG is: searxng=http://127.0.0.1:8888.")
    if address and not address.startswith(("http://", "https://")):
        raise NoSuchProvider(f"The address of {name} begins with http:// or https://.")
    return name, address


def _search(wanted: Sequence[str], gate: Gate, environ: Mapping[str, str]) -> WebSearch | None:
    forms, missing = [], []
    for text in dict.fromkeys(wanted):
        name, address = read_provider(text)
        form = _form(name, address, environ)
        if form is None:
            missing.append(f"{name} was not asked: it has no key; set {_KEYED[name][1]} in the environment.")
        else:
            forms.append(form)
    sets = [Paced(provider=Asker(form=form, gate=gate)) for form in forms]
    return WebSearch(sets, missing) if wanted else None


def _form(name: str, address: str, environ: Mapping[str, str]) -> Form | None:
    if name == "searxng":
        return Searxng(address=address)
    kind, variable = _KEYED[name]
    key = environ.get(variable, "").strip()
    if not key:
        return None
    return kind(key=key, address=address) if address else kind(key=key)
