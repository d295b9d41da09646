"""A provider of searches: its form of request and answer, asked through the gate, its errors put into words."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from gnomon.outbound.gate import Crowded, Gate, NoAnswer, Request, Wording
from gnomon.outbound.target import LONGEST_URL
from gnomon.outbound.visit import Refused, read_content
from gnomon.workloads.research.web.address import canonical
from gnomon.workloads.research.web.hit import Filters, Hit, read_day
from gnomon.workloads.research.web.letters import sound

_MOST_BYTES = 4_000_000
_TIMEOUT = 20.0
_LONGEST_EXCERPT = 4_000
_LONGEST_TITLE = 300

_REMEDIES = {
    401: "the key is not valid; set a valid one.",
    402: "the account's credit is used up; top it up.",
    403: "the key may not do this; look at its plan.",
    429: "too many requests; set a lower effort, or get a larger plan.",
}

WORDING = Wording(
    unreachable="could not be reached, or gave no HTTP answer in time",
    refused="was not asked:",
    untrusted="has a TLS certificate that is not valid for its name",
    remedy="",
)


class Form(Protocol):
    """How a provider is asked, and how its answer is read; pure."""

    @property
    def name(self) -> str:
        """Say what people call it."""

    @property
    def remedies(self) -> Mapping[int, str]:
        """Say what its operator can do about a status, where the usual words do not fit."""

    def request(self, query: str, limit: int, filters: Filters) -> Request:
        """Write the request."""

    def read(self, answer: Any) -> list[Hit]:
        """Read the answer's JSON; KeyError, TypeError or ValueError when it is not of the documented form."""


class Provider(Protocol):
    """What searches the web."""

    @property
    def name(self) -> str:
        """Say what people call it."""

    async def search(self, query: str, limit: int, filters: Filters) -> Sequence[Hit]:
        """Find pages, the best first; raises `Unanswered`."""


class Unanswered(Exception):
    """The provider gave no results; the message names it and the remedy, and holds no word of its answer."""

    def __init__(self, message: str, *, is_passing: bool = False, wait: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.is_passing = is_passing
        """Whether another try may go better."""
        self.wait = wait
        """Seconds after which the provider wants to be asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks one provider once."""

    form: Form
    gate: Gate

    @property
    def name(self) -> str:
        """Name the provider."""
        return self.form.name

    async def search(self, query: str, limit: int, filters: Filters) -> Sequence[Hit]:
        """Find pages, the best first; raises `Unanswered`."""
        request = self.form.request(query, limit, filters)
        try:
            answer = await self._ask(request)
            return [hit for hit in map(_bounded, self.form.read(answer)) if hit]
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            told = f"{self.name} answered in a form that is not its documented one; its API may have changed."
            raise Unanswered(told) from error

    async def _ask(self, request: Request) -> Any:
        try:
            reply = await self.gate.open(request)
            try:
                if reply.status_code != 200:
                    raise refusal(self.form, reply.status_code, reply.headers)
                content, is_cut = await read_content(reply, request.most)
            finally:
                await reply.close()
        except NoAnswer as error:
            told = f"{self.name} at {origin(request.url)} {error.message.rstrip('.')}."
            raise Unanswered(told, is_passing=True) from error
        except Crowded as error:
            raise Unanswered(f"{self.name} is asked too much at once.", is_passing=True) from error
        except Refused as error:
            raise Unanswered(f"{self.name} answered with what cannot be read.") from error
        if is_cut:
            raise Unanswered(f"{self.name} answered with more than {request.most} bytes, which was not read.")
        return json.loads(content)


def origin(url: str) -> str:
    """Return the scheme, host and port of an address."""
    return "/".join(url.split("/", 3)[:3])


def refusal(form: Form, status: int, headers: Mapping[str, str]) -> Unanswered:
    """Put a status into words: what happened, and what the operator can do."""
    told = form.remedies.get(status) or _usual_remedy(status)
    message = f"{form.name} answered {status}: {told}"
    is_passing = status in {408, 425, 429} or status >= 500
    return Unanswered(message, is_passing=is_passing, wait=read_wait(headers) if is_passing else None)


def _usual_remedy(status: int) -> str:
    if status in _REMEDIES:
        return _REMEDIES[status]
    if status >= 500:
        return "it has a fault of its own; try again later."
    if 300 <= status < 400:
        return "it redirects, and providers' redirects are not followed; set its final address."
    return "it does not take the request; its API may have changed."


def read_wait(
    headers: Mapping[str, str], now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> float | None:
    """Read for how many seconds a provider wants to be left alone."""
    given = headers.get("retry-after", "").strip()
    if given.isdecimal():
        return float(given[:9])
    with suppress(ValueError):
        return max((parsedate_to_datetime(given) - now()).total_seconds(), 0.0)
    return _reset(headers)


def _reset(headers: Mapping[str, str]) -> float | None:
    """Read `X-RateLimit-Reset: 1, 1419704` beside `X-RateLimit-Remaining: 0, 1000`: what is used up counts."""
    resets, left = (_numbers(headers.get(f"x-ratelimit-{name}", "")) for name in ("reset", "remaining"))
    return max((reset for reset, rest in zip(resets, left, strict=False) if rest <= 0), default=None)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        return []


def _bounded(hit: Hit) -> Hit | None:
    url = canonical(hit.url)
    if url is None or len(url) > LONGEST_URL:
        return None
    day = read_day(hit.published)
    return Hit(
        url=url,
        title=hit.title[:_LONGEST_TITLE],
        excerpt=hit.excerpt[:_LONGEST_EXCERPT],
        published=day.isoformat() if day else None,
    )


def get(url: str, headers: Mapping[str, str]) -> Request:
    """Write a request without a body."""
    return Request(url=url, headers=_usual(headers), most=_MOST_BYTES, timeout=_TIMEOUT, is_repeatable=True)


def post(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Request:
    """Write a request with a body of JSON."""
    return Request(
        url=url,
        method="POST",
        headers={**_usual(headers), "Content-Type": "application/json"},
        body=json.dumps(body).encode(),
        most=_MOST_BYTES,
        timeout=_TIMEOUT,
    )


def more(limit: int, filters: Filters, most: int) -> int:
    """Return how many results to ask for: twice as many where some may be left out again."""
    is_filtered = bool(filters.include or filters.exclude or filters.after)
    return max(1, min(limit * 2 if is_filtered else limit, most))


def named_domains(filters: Filters) -> tuple[list[str], list[str]]:
    """Return the domains to keep to and those to leave out, as far as providers take them.

    They take no domain of a single label such as `gov`; where one is to be kept to, none is named, and the results
    are filtered alone.
    """
    include = [] if any("." not in name for name in filters.include) else list(filters.include)
    return include, [name for name in filters.exclude if "." in name]


def words(value: object) -> str:
    """Read a text that a provider may leave out; white space made single."""
    return " ".join(sound(value).split()) if isinstance(value, str) else ""


def _usual(headers: Mapping[str, str]) -> dict[str, str]:
    return {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "Gnomon", **headers}
