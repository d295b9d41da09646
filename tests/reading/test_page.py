"""Pages of the web: the format that was declared, or that shows; the main content where it can be told."""

import sys

import pytest

from gnomon.reading.document import Unreadable
from gnomon.reading.page import read_page

from . import made

URL = "https://rivers.example/guide/aare.html?x=1#top"
PROSE = "The Aare rises in the hills, is joined by many streams, and comes to the Rhine near Koblenz. "
ARTICLE = f"""<html><head><title>The Aare</title></head><body><div id="top-links"><a href="/a">News</a>
<a href="/b">Sport</a></div><article><h1>The Aare</h1><p>{PROSE * 6}</p><h2>Length</h2><p>{PROSE * 4}</p>
<ul><li>It is 288 km long.</li><li>It is clear.</li></ul>
<table><tr><th>River</th><th>Length</th></tr><tr><td>Aare</td><td>288</td></tr></table></article></body></html>"""


def test_main_content_is_read_with_its_headings() -> None:
    document = read_page(ARTICLE.encode(), "text/html; charset=utf-8", URL)
    assert document.title == "The Aare"
    assert document.origin_url == URL
    assert PROSE.strip() in document.text
    assert "- It is 288 km long.\n- It is clear." in document.text
    assert "River: Aare; Length: 288." in document.text
    assert [(each.depth, each.words) for each in document.headings] == [(1, "The Aare"), (2, "Length")]
    assert "Sport" not in document.text


def test_main_content_that_nothing_marks_is_told_by_the_extractor() -> None:
    links = "".join(f"<li><a href=/{number}>Headline {number}</a></li>" for number in range(30))
    page = ARTICLE.replace("article>", "div>").replace("</h1>", f"</h1><ul>{links}</ul>")
    text = read_page(page.encode(), "text/html", URL).text
    assert "Headline 7" not in text
    assert PROSE.strip() in text


def test_listings_that_the_extractor_drops_are_kept() -> None:
    listing = (
        "<table><tr><td>" + "<pre><code>flow(river, 288)\nflow(stream, 12)\n</code></pre>" * 60 + "</table>"
    )
    page = f"<main><h1>Flows</h1><p>{PROSE * 3}</p><form>{listing}</form></main>"
    assert "flow(stream, 12)" in read_page(page.encode(), "text/html", URL).text


def test_without_the_extractor_our_own_reader_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    document = read_page(ARTICLE.encode(), "text/html", URL)
    assert "River: Aare; Length: 288." in document.text
    assert [each.words for each in document.headings] == ["The Aare", "Length"]


def test_a_page_that_the_extractor_misses_is_read_whole() -> None:
    page = "<p>Short.</p>" + "".join(f"<div><a href=/{n}>Link number {n}</a></div>" for n in range(40))
    assert "Link number 39" in read_page(page.encode(), "text/html", URL).text


@pytest.mark.parametrize(
    ("content", "content_type", "url", "media_type"),
    [
        (made.pdf([["Some text of a page."]]), "application/pdf", URL, "application/pdf"),
        (made.pdf([["Some text of a page."]]), "text/html", URL, "application/pdf"),
        (
            made.word(),
            "application/octet-stream",
            "https://a.example/x.docx",
            "application/vnd.openxmlformats",
        ),
        (b"# Head\n\ntext", "text/markdown", URL, "text/markdown"),
        (b"# Head\n\ntext", "text/plain", "https://a.example/README.md", "text/markdown"),
        (b'{"name": "Aare"}', "application/json", URL, "text/plain"),
        (b"a,b\n1,2\n", "text/csv; charset=utf-8", URL, "text/csv"),
        (b"<!doctype html><p>text", "", "https://a.example/", "text/html"),
        (b"plain words", "", "https://a.example/", "text/plain"),
    ],
)
def test_the_format_is_told(content: bytes, content_type: str, url: str, media_type: str) -> None:
    document = read_page(content, content_type, url)
    assert document.media_type.startswith(media_type)
    assert document.origin_url == url


def test_the_charset_of_the_header_is_used() -> None:
    assert read_page("<p>Zürich</p>".encode("cp1252"), "text/html; charset=ISO-8859-1", URL).text == "Zürich"


@pytest.mark.parametrize("content_type", ["image/png", "video/mp4", "application/zip"])
def test_other_formats_are_refused(content_type: str) -> None:
    with pytest.raises(Unreadable, match=content_type) as caught:
        read_page(b"\x89PNG", content_type, URL)
    assert caught.value.code == "unsupported"


def test_an_empty_page_is_refused() -> None:
    with pytest.raises(Unreadable) as caught:
        read_page(b" ", "text/html", URL)
    assert caught.value.code == "empty"
