"""Brave Search, by its web search API; https://api-dashboard.search.brave.com/api-reference/web/search/get."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import Any, ClassVar
from urllib.parse import urlencode

from gnomon.outbound.gate import Request
from gnomon.workloads.research.web.hit import Filters, Hit
from gnomon.workloads.research.web.operators import with_sites
from gnomon.workloads.research.web.provider import get, more, words

_LONGEST_QUERY = 400
_MOST_WORDS = 50
_MOST_RESULTS = 20
_MARKS = re.compile(r"</?(?:strong|b|em)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brave:
    """Asks for pages; domains are written into the query, a day becomes a span of `freshness`."""

    key: str = field(repr=False)
    address: str = "https://api.search.brave.com"
    today: Callable[[], date] = date.today
    name: ClassVar[str] = "Brave Search"
    remedies: ClassVar[Mapping[int, str]] = {
        401: "the key is not valid; set a valid BRAVE_API_KEY.",
        403: "the key's plan does not hold web search; look at BRAVE_API_KEY's plan.",
        422: "it does not take the key or the request; see that BRAVE_API_KEY is a valid key.",
        429: "more requests than the key's plan allows; try again later, or take a larger plan.",
    }

    def request(self, query: str, limit: int, filters: Filters) -> Request:
        """Write the request."""
        asked = {
            "q": with_sites(query, filters, longest=_LONGEST_QUERY, most_words=_MOST_WORDS),
            "count": str(more(limit, filters, _MOST_RESULTS)),
            "result_filter": "web",
        }
        if filters.after:
            asked["freshness"] = f"{filters.after}to{max(self.today(), filters.after)}"
        headers = {"X-Subscription-Token": self.key, "Cache-Control": "no-cache"}
        return get(f"{self.address.rstrip('/')}/res/v1/web/search?{urlencode(asked)}", headers)

    def read(self, answer: Any) -> list[Hit]:
        """Read the answer's JSON; without finds it has no part `web`."""
        return [
            Hit(
                url=result["url"],
                title=_plain(result.get("title")),
                excerpt=" ".join(
                    map(_plain, [result.get("description"), *(result.get("extra_snippets") or ())])
                ),
                published=result.get("page_age"),
            )
            for result in (answer.get("web") or {"results": ()})["results"]
        ]


def _plain(text: object) -> str:
    return unescape(_MARKS.sub("", words(text)))
