"""SearXNG: the operator's own meta search, by its JSON API; https://docs.searxng.org/dev/search_api.html."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from gnomon.outbound.gate import Request
from gnomon.workloads.research.web.hit import Filters, Hit
from gnomon.workloads.research.web.operators import with_sites
from gnomon.workloads.research.web.provider import get, words

_RANGES = {"day": 1, "month": 30, "year": 365}
_LONGEST_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Searxng:
    """Asks for pages; knows of days only in steps of a day, a month or a year."""

    address: str
    today: Callable[[], date] = date.today
    name: ClassVar[str] = "SearXNG"
    remedies: ClassVar[Mapping[int, str]] = {
        403: "it does not give JSON; add `json` to `search.formats` in its settings.yml.",
        429: "its limiter holds the server back; let the server's address pass in its limiter.toml.",
        404: "there is no SearXNG at this address; set the one of its start page.",
    }

    def request(self, query: str, limit: int, filters: Filters) -> Request:
        """Write the request; one page of results has about twenty, whatever the limit."""
        del limit
        asked = {"q": with_sites(query, filters, longest=_LONGEST_QUERY), "format": "json"}
        if within := self._range(filters.after):
            asked["time_range"] = within
        return get(f"{self.address.rstrip('/')}/search?{urlencode(asked)}", {})

    def read(self, answer: Any) -> list[Hit]:
        """Read the answer's JSON."""
        return [
            Hit(
                url=result["url"],
                title=words(result.get("title")),
                excerpt=words(result.get("content")),
                published=result.get("publishedDate"),
            )
            for result in answer["results"]
            if isinstance(result.get("url"), str)
        ]

    def _range(self, after: date | None) -> str | None:
        """Return the shortest span that reaches back to the day; None when there is no such."""
        if after is None:
            return None
        days = (self.today() - after).days + 1
        return next((name for name, most in _RANGES.items() if days <= most), None)
