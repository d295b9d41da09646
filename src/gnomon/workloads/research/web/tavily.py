"""Tavily, by its search API; https://docs.tavily.com/documentation/api-reference/endpoint/search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

from gnomon.outbound.gate import Request
from gnomon.workloads.research.web.hit import Filters, Hit, read_day
from gnomon.workloads.research.web.provider import more, named_domains, post, words

_MOST_RESULTS = 20
_MOST_INCLUDED, _MOST_EXCLUDED = 300, 150
_LONGEST_QUERY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Tavily:
    """Asks for pages, of basic depth: one credit a search."""

    key: str = field(repr=False)
    address: str = "https://api.tavily.com"
    name: ClassVar[str] = "Tavily"
    remedies: ClassVar[Mapping[int, str]] = {
        401: "the key is not valid; set a valid TAVILY_API_KEY.",
        429: "more requests than the key's plan allows; try again later.",
        432: "the key's plan is used up; take a larger plan, or wait for the next month.",
        433: "the limit for paying as you go is reached; raise it in Tavily's settings.",
    }

    def request(self, query: str, limit: int, filters: Filters) -> Request:
        """Write the request."""
        asked: dict[str, Any] = {
            "query": query[:_LONGEST_QUERY],
            "search_depth": "basic",
            "max_results": more(limit, filters, _MOST_RESULTS),
        }
        include, exclude = named_domains(filters)
        if include:
            asked["include_domains"] = include[:_MOST_INCLUDED]
        if exclude:
            asked["exclude_domains"] = exclude[:_MOST_EXCLUDED]
        if filters.after:
            asked["start_date"] = filters.after.isoformat()
        return post(f"{self.address.rstrip('/')}/search", {"Authorization": f"Bearer {self.key}"}, asked)

    def read(self, answer: Any) -> list[Hit]:
        """Read the answer's JSON."""
        return [
            Hit(
                url=result["url"],
                title=words(result.get("title")),
                excerpt=words(result.get("content")),
                published=_day(result.get("published_date")),
            )
            for result in answer["results"]
        ]


def _day(text: object) -> str | None:
    """Read a day as news have it (`Wed, 12 Feb 2025 08:00:00 GMT`), or as YYYY-MM-DD."""
    if not isinstance(text, str) or read_day(text):
        return str(text) if text else None
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except ValueError:
        return None
