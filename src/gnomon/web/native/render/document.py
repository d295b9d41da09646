"""Documents of the library, and the passages that a search finds."""

from gnomon.core.library import Document, Found, Holdings, Passage, point
from gnomon.core.ports import Page
from gnomon.core.task import Json
from gnomon.web.moment import moment


def document(record: Document, page_url: str) -> dict[str, Json]:
    """Write a document, with the address that a browser opens."""
    plain = ("id", "title", "name", "source", "media_type", "edition", "characters", "passages", "origin_url")
    return {
        **{name: getattr(record, name) for name in plain},
        "read_at": moment(record.read_at),
        "page_url": page_url,
        "notes": list(record.notes),
    }


def documents(page: Page[Document], root: str) -> Json:
    """Write a page of documents; `root` is where the door's own paths begin."""
    shown = [document(each, f"{root}/documents/{each.id}/page") for each in page.records]
    return {"documents": shown, "next": page.next}


def passages(found: Found) -> Json:
    """Write what a search has found."""
    return {
        "passages": [_passage(each) for each in found.passages],
        "engine": found.engine,
        "pending": found.pending,
    }


def _passage(found: Passage) -> dict[str, Json]:
    plain = ("title", "heading", "page", "start", "text", "score", "similarity")
    return {
        "document_id": found.document,
        "url": point(found.url, [(found.start, found.start + len(found.text))]),
        **{name: getattr(found, name) for name in plain},
    }


def holdings(record: Holdings) -> Json:
    """Write how the library stands."""
    return {name: getattr(record, name) for name in Holdings.__dataclass_fields__}
