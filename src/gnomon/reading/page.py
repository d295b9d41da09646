"""Pages of the web: HTML by an extractor of main content where one is installed, other formats by their readers."""

import re
from dataclasses import replace

from gnomon.reading.article import main_content
from gnomon.reading.document import Document, Unreadable
from gnomon.reading.file import MOST_BYTES, READERS, Reader
from gnomon.reading.html import decode_html, names_main, read_html

_BY_TYPE = {
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
}
_SHARE_OF_PAGE = 0.2
_SHARE_OF_MAIN = 0.6
"""Of a page's words that the extractor must keep; less is a sign that it has missed the point, or the listings."""
_PLAIN = re.compile(r"text/(?!html)[\w.+-]+|application/(?:[\w.-]+\+)?(?:json|xml|yaml|toml|x-ndjson)")
_UNTOLD = ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/download")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_PATH = re.compile(r"^[a-z][a-z0-9+.-]*://([^/?#]*)([^?#]*)", re.IGNORECASE)
_SUFFIX = re.compile(r"\.[a-z0-9]{2,8}$")


def read_page(content: bytes, content_type: str, url: str) -> Document:
    """Read what an address answered; the type that it declares tells the format, or else the bytes and the address.

    Raises
    ------
    Unreadable
        When no text can be had of it.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable("too_large", f"It has {len(content):,} bytes; {MOST_BYTES:,} are read at most.")
    if not content.strip():
        raise Unreadable("empty", "The page is empty.")
    suffix = _suffix(content, content_type, url)
    charset = _CHARSET.search(content_type)
    if suffix == ".html":
        document = _read_html(content, _name(url), charset[1] if charset else None)
    else:
        document = _reader(suffix, content_type)(content, _name(url))
    return replace(document, origin_url=url)


def _suffix(content: bytes, content_type: str, url: str) -> str:
    """Tell the format, as the end of a file's name."""
    media_type = content_type.partition(";")[0].strip().lower()
    start = content[:1_024].lstrip().lower()
    if start.startswith(b"%pdf-"):
        return ".pdf"
    if media_type in _BY_TYPE:
        return _BY_TYPE[media_type]
    if media_type not in _UNTOLD:
        return ".txt" if _PLAIN.fullmatch(media_type) else ""
    if media_type != "text/plain" and start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return ".html"
    named = _SUFFIX.search(_path(url)[1].lower())
    return named[0] if named and named[0] in READERS else ".txt"


def _reader(suffix: str, content_type: str) -> Reader:
    if suffix not in READERS:
        raise Unreadable("unsupported", f"Pages of the type {content_type[:80]!r} are not read.")
    return READERS[suffix]


def _read_html(content: bytes, name: str, charset: str | None) -> Document:
    """Read a page whole, and then what it is about, when that can be told."""
    page = read_html(content, name, charset=charset)
    text, _ = decode_html(content, charset)
    least = (_SHARE_OF_MAIN if names_main(text) else _SHARE_OF_PAGE) * len(page.text)
    article = main_content(text, least=int(least))
    return replace(page, text=article.text, headings=article.headings) if article else page


def _path(url: str) -> tuple[str, str]:
    parts = _PATH.match(url)
    return (parts[1], parts[2]) if parts else ("", url)


def _name(url: str) -> str:
    host, path = _path(url)
    last = path.rstrip("/").rpartition("/")[2]
    return last or host or url
