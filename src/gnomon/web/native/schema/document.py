"""Documents of the library, and the passages that a search finds."""

from typing import Any

from gnomon.web.forms import COUNT, MOMENT, TEXT, Schema, many, maybe, record, told

_ID = "doc_7k2m9qz4tx8w3v5b6n1c0d9f8g"
_DOCUMENT: dict[str, Any] = {
    "id": _ID,
    "title": "Commissioning of the north field",
    "name": "2026/north-field.md",
    "source": "handbook",
    "media_type": "text/markdown",
    "edition": 2,
    "characters": 5120,
    "passages": 6,
    "read_at": "2026-01-31T12:00:00.000000Z",
    "origin_url": None,
    "page_url": f"https://gnomon.example/gnomon/v1/documents/{_ID}/page",
    "notes": [],
}
_PASSAGE: dict[str, Any] = {
    "document_id": _ID,
    "url": f"https://gnomon.example/gnomon/v1/documents/{_ID}/page?edition=2&at=120-164#passage",
    "title": "Commissioning of the north field",
    "heading": "Grid connection",
    "page": None,
    "start": 120,
    "text": "The inverters were connected on 3 June 2025.",
    "score": 11.25,
    "similarity": None,
}
_NUMBER: Schema = {"type": "number"}

SCHEMAS: dict[str, Schema] = {
    "Document": record(
        {
            "id": TEXT,
            "title": TEXT,
            "name": told(TEXT, "Its path below the folder that it was found in."),
            "source": told(TEXT, "The label of that folder."),
            "media_type": TEXT,
            "edition": told(COUNT, "Counts the texts that it has had, from 1."),
            "characters": COUNT,
            "passages": told(COUNT, "Into how many passages it is cut for searching."),
            "read_at": MOMENT,
            "origin_url": told(maybe(TEXT), "Where the text came from, when that is public."),
            "page_url": told(TEXT, "Where a browser can read it."),
            "notes": told({"type": "array", "items": TEXT}, "What was left out in reading, and why."),
        },
        _DOCUMENT,
    ),
    "DocumentPage": record(
        {"documents": many("Document"), "next": told(maybe(TEXT), "`cursor` of the next page, or null.")},
        {"documents": [_DOCUMENT], "next": None},
    ),
    "Passage": record(
        {
            "document_id": TEXT,
            "url": told(TEXT, "Opens the document at the passage, in the edition that was searched."),
            "title": TEXT,
            "heading": told(TEXT, "The headings above it, the outermost first."),
            "page": told(maybe(COUNT), "The printed page, from 1, where there are pages."),
            "start": told(COUNT, "Where it begins in the document's text, in characters."),
            "text": TEXT,
            "score": told(_NUMBER, "BM25; comparable within one answer only."),
            "similarity": told(
                maybe(_NUMBER), "Cosine of its meaning and the query's; null without embeddings."
            ),
        },
        _PASSAGE,
    ),
    "Passages": record(
        {
            "passages": many("Passage"),
            "engine": told(TEXT, "`fts5`, or `fts5+MODEL` when embeddings took part."),
            "pending": told(
                COUNT, "Files that are known and not read yet: something may be missing for now."
            ),
        },
        {"passages": [_PASSAGE], "engine": "fts5", "pending": 0},
    ),
    "Holdings": record(
        {
            "documents": COUNT,
            "passages": COUNT,
            "pending": told(COUNT, "Files that are known and not read yet."),
            "unreadable": told(COUNT, "Files that could not be read; `gnomon documents list` says why."),
            "embedded": told(COUNT, "Passages whose meaning is indexed, too."),
        },
        {"documents": 312, "passages": 4180, "pending": 0, "unreadable": 2, "embedded": 4180},
    ),
}
