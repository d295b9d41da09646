"""A provider is asked, through the gate alone; what goes wrong is put into words that name the remedy."""

import asyncio
import json
import re
from collections.abc import Mapping
from ipaddress import ip_network
from weakref import WeakKeyDictionary

from gnomon.core.workload import Failure
from gnomon.outbound.decoding import ENCODINGS
from gnomon.outbound.gate import Crowded, Gate, NoAnswer, Request, Wording
from gnomon.outbound.visit import Refused, read_content
from gnomon.workloads.weather_fetch.provider import CALLED, KEY_VARIABLE, Question

MOST_BYTES = 64 * 2**20
TIMEOUT = 90.0
"""Seconds for all of an answer: a typical year is computed while one waits."""
_MOST_WORDS = 300
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_PASSING = {408, 425, 429, 529}
WORDING = Wording(
    unreachable="could not be reached, or gave no HTTP answer in time",
    refused="was not asked:",
    untrusted="has a TLS certificate that is not valid for its name",
    remedy="",
)
OFFLINE = (
    "This server needs a way to the provider, or another address of it (--{provider}-url); "
    "without one, send the arrays to POST /weatherdata, or a file with gnomon weather upload."
)


def gate_for(*, is_own: bool) -> Gate:
    """Return this event loop's gate: to public addresses alone, or to wherever the operator has set the provider."""
    of_loop = _GATES.setdefault(asyncio.get_running_loop(), {})
    if is_own not in of_loop:
        allow = _ANYWHERE if is_own else ()
        of_loop[is_own] = Gate(allow=allow, is_http_allowed=is_own, timeout=TIMEOUT, wording=WORDING)
    return of_loop[is_own]


_GATES: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, Gate]]" = WeakKeyDictionary()


async def fetch(question: Question, gate: Gate, *, most: int = MOST_BYTES, timeout: float = TIMEOUT) -> bytes:
    """Return the provider's data as it gives them.

    Raises
    ------
    Failure
        With the code ``provider_unavailable`` when another try may go better, ``provider_refused`` when the provider
        says no to the request, and ``provider_answer`` when it gives what are no data.
    """
    name = CALLED[question.provider]
    headers = {"Accept": "*/*", "Accept-Encoding": ENCODINGS, "User-Agent": "Gnomon"}
    request = Request(url=question.url, headers=headers, most=most, timeout=timeout, is_repeatable=True)
    try:
        reply = await gate.open(request)
        try:
            content, is_cut = await read_content(reply, most)
        finally:
            await reply.close()
    except NoAnswer as error:
        told = f"{name} at {question.shown} {error.message.rstrip('.')}."
        remedy = OFFLINE.format(provider=question.provider)
        raise Failure("provider_unavailable", f"{told} {remedy}", retryable=True) from error
    except Crowded as error:
        told = f"{name} is asked too much at once; try again later."
        raise Failure("provider_unavailable", told, retryable=True) from error
    except Refused as error:
        raise Failure("provider_answer", f"{name} answered with what cannot be read: {error}") from error
    if reply.status_code != 200:
        raise _refusal(question, reply.status_code, content, reply.headers)
    if is_cut:
        raise Failure(
            "provider_answer",
            f"{name} answered with more than {most} bytes, which were not read; ask for fewer years.",
        )
    _require_data(question, content)
    return content


def _refusal(question: Question, status: int, content: bytes, headers: Mapping[str, str]) -> Failure:
    name = CALLED[question.provider]
    words = _words(question, content)
    said = f": {words}" if words else ""
    if 300 <= status < 400:
        return Failure(
            "provider_answer",
            f"{name} redirects ({status}), and redirects are not followed, because keys would go along; "
            f"set --{question.provider}-url to its new address.",
        )
    if status in _PASSING or status >= 500:
        wait = headers.get("retry-after", "")
        later = (
            f"; it wants to be asked again after {wait[:9]} s" if wait.isdecimal() else "; try again later"
        )
        return Failure("provider_unavailable", f"{name} answered {status}{said}{later}", retryable=True)
    return Failure("provider_refused", f"{name} answered {status}{said}{_remedy(question, status)}")


def _remedy(question: Question, status: int) -> str:
    if status in (401, 403):
        if question.provider == "nsrdb":
            return f"; set a valid key as {KEY_VARIABLE} in the server's environment"
        return f"; see --{question.provider}-url"
    if status == 404:
        return f"; see that --{question.provider}-url is its address"
    return "; change the place, the years or the dataset"


def _words(question: Question, content: bytes) -> str:
    """Return what the provider says itself, without what must not be repeated, and no web page."""
    text = content[:20_000].decode("utf-8", "replace")
    said = _said_in_json(text)
    if said is None:
        said = "" if _is_page(text) else text
    for secret in question.hidden:
        if secret:
            said = said.replace(secret, "...")
    return " ".join(re.sub(r"[^\x20-\x7e\u00a0-\uffff]", " ", said).split())[:_MOST_WORDS].rstrip(".")


def _said_in_json(text: str) -> str | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return ""
    error = value.get("error")
    found = [value.get("message"), *(error.values() if isinstance(error, dict) else [error])]
    errors = value.get("errors")
    found += errors if isinstance(errors, list) else [errors]
    return "; ".join(part for part in found if isinstance(part, str))


def _is_page(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] == "<"


def _require_data(question: Question, content: bytes) -> None:
    """Refuse what is no data at the first look: a web page with 200, an empty body, or an error in JSON."""
    name = CALLED[question.provider]
    text = content[:20_000].decode("utf-8", "replace")
    if _is_page(text):
        raise Failure(
            "provider_answer",
            f"{name} answered with a web page instead of data; see that --{question.provider}-url is the address of "
            "its API, and that no login page stands between.",
        )
    if not text.strip():
        raise Failure("provider_answer", f"{name} answered with nothing; try again later.", retryable=True)
    if question.form == "nsrdb" and text.lstrip().startswith("{"):
        words = _words(question, content) or "JSON instead of CSV"
        raise Failure("provider_refused", f"{name}: {words}")
