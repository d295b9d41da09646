"""What research looks with, each as a small piece of work of its own: own documents, the web's search, one page."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from gnomon.core.library import Passage, point
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext, Failure
from gnomon.workloads.research.surfing import in_reach

MOST_FOUND: Final = 50
_USUALLY_FOUND: Final = 10
_LONGEST_QUERY: Final = 1_000
_TEXT: Final = {"type": "string"}
_TEXT_OR_NULL: Final = {"type": ["string", "null"]}


async def search_documents(task_input: Mapping[str, Json], ctx: AsyncContext) -> Json:
    """Find passages of the workspace's documents."""
    found = await ctx.search(task_input["query"], limit=task_input.get("limit", _USUALLY_FOUND))
    named = {"engine": found.engine, "size": found.size, "pending": found.pending}
    return {"passages": [_passage(each) for each in found.passages], **named}


async def search_web(task_input: Mapping[str, Json], ctx: AsyncContext) -> Json:
    """Search the web with the providers that are set."""
    query, limit = task_input["query"], task_input.get("limit", _USUALLY_FOUND)
    async with in_reach(ctx.settings) as reach:
        if reach.search is None:
            raise Failure("no_search", "There is no web search here; its operator sets one with --search.")
        found = await reach.search.search(query, limit=limit)
    if not found.is_answered:
        raise Failure("search_unavailable", " ".join(found.notes) or "No provider answered.", retryable=True)
    return {"results": [asdict(hit) for hit in found.hits[:limit]], "notes": list(found.notes)}


async def fetch_page(task_input: Mapping[str, Json], ctx: AsyncContext) -> Json:
    """Read a page of the web, past the same guard as research."""
    async with in_reach(ctx.settings) as reach:
        fetched = await reach.pages.fetch(task_input["url"])
    if fetched.source is None:
        raise Failure("not_read", fetched.note or "The page was not read.")
    source = fetched.source
    named = {name: getattr(source, name) for name in ("url", "title", "text", "published", "is_truncated")}
    return {**named, "note": fetched.note}


def _passage(passage: Passage) -> dict[str, Json]:
    names = ("document", "title", "heading", "text", "start", "page", "score")
    where = point(passage.url, [(passage.start, passage.start + len(passage.text))])
    return {"url": where, **{name: getattr(passage, name) for name in names}}


def _object(properties: Mapping[str, Any], *optional: str) -> Mapping[str, Any]:
    """Write the schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


def _listed(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "array", "items": _object(properties)}


_QUERY: Final = {**_TEXT, "minLength": 1, "maxLength": _LONGEST_QUERY, "description": "Plain words."}
_LIMIT: Final = {
    "type": "integer",
    "minimum": 1,
    "maximum": MOST_FOUND,
    "default": _USUALLY_FOUND,
    "description": "How many are wanted at most.",
}
LOOKING: Final = _object({"query": _QUERY, "limit": _LIMIT}, "limit")
"""What both searches take."""
PASSAGES: Final = _object(
    {
        "passages": _listed(
            {
                "url": {**_TEXT, "description": "Opens the document at the passage."},
                "document": _TEXT,
                "title": _TEXT,
                "heading": _TEXT,
                "text": _TEXT,
                "start": {
                    "type": "integer",
                    "description": "Where it begins in the document, in characters.",
                },
                "page": {"type": ["integer", "null"]},
                "score": {"type": "number"},
            }
        ),
        "engine": _TEXT,
        "size": {"type": "integer", "description": "How many passages the library has."},
        "pending": {"type": "integer", "description": "Files that are known and not yet read."},
    }
)
HITS: Final = _object(
    {
        "results": _listed({"url": _TEXT, "title": _TEXT, "excerpt": _TEXT, "published": _TEXT_OR_NULL}),
        "notes": {"type": "array", "items": _TEXT, "description": "What went wrong with a provider."},
    }
)
FETCHING: Final = _object({"url": {**_TEXT, "minLength": 1, "maxLength": 2_000}})
PAGE: Final = _object(
    {
        "url": {**_TEXT, "description": "Where it was found in the end."},
        "title": _TEXT,
        "text": _TEXT,
        "published": {**_TEXT_OR_NULL, "description": "YYYY-MM-DD, where it is known."},
        "is_truncated": {"type": "boolean"},
        "note": _TEXT_OR_NULL,
    }
)
