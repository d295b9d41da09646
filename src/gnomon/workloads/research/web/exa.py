"""Exa, by its search API; https://docs.exa.ai/reference/search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from gnomon.outbound.gate import Request
from gnomon.workloads.research.web.hit import Filters, Hit
from gnomon.workloads.research.web.provider import more, named_domains, post, words

_MOST_RESULTS = 25
_HIGHLIGHTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exa:
    """Asks for pages with the words of them that fit best."""

    key: str = field(repr=False)
    address: str = "https://api.exa.ai"
    name: ClassVar[str] = "Exa"
    remedies: ClassVar[Mapping[int, str]] = {
        401: "the key is not valid; set a valid EXA_API_KEY.",
        402: "the account's credit is used up; top it up, or raise the key's budget.",
        429: "more requests than the key's plan allows; try again later.",
    }

    def request(self, query: str, limit: int, filters: Filters) -> Request:
        """Write the request."""
        asked: dict[str, Any] = {
            "query": query,
            "numResults": more(limit, filters, _MOST_RESULTS),
            "contents": {"highlights": {"maxCharacters": _HIGHLIGHTS}},
        }
        include, exclude = named_domains(filters)
        if include:
            asked["includeDomains"] = include
        elif exclude:
            asked["excludeDomains"] = exclude
        if filters.after:
            asked["startPublishedDate"] = f"{filters.after}T00:00:00.000Z"
        return post(f"{self.address.rstrip('/')}/search", {"x-api-key": self.key}, asked)

    def read(self, answer: Any) -> list[Hit]:
        """Read the answer's JSON."""
        return [
            Hit(
                url=result["url"],
                title=words(result.get("title")),
                excerpt=" … ".join(map(words, result.get("highlights") or ())),
                published=result.get("publishedDate"),
            )
            for result in answer["results"]
        ]
