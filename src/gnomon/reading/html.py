"""HTML, by the lexbor parser: headings, paragraphs, lists and tables; title and date from the head."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gnomon.reading.day import find_day
from gnomon.reading.decoding import decode
from gnomon.reading.document import Document, Unreadable
from gnomon.reading.draft import Draft
from gnomon.reading.markup import write_tree

MOST_BYTES = 16 * 1024 * 1024
"""Of one page: the tree of a parsed page takes many times its bytes."""
_DEEPEST = 5_000
"""Elements in elements. The standard's way of parsing takes the square of the depth in time."""
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_HEAD = 4_096
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)", re.IGNORECASE)
_NEVER_DEEP = frozenset(
    (
        *(
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "param",
            "source",
            "track",
            "wbr",
            "a",
        ),
        *(
            "html",
            "head",
            "body",
            "p",
            "li",
            "dt",
            "dd",
            "tr",
            "td",
            "th",
            "tbody",
            "thead",
            "tfoot",
            "colgroup",
        ),
        *("option", "optgroup", "rp", "rt"),
    )
)
"""Elements that hold nothing, and those that end where the next one begins."""
_DATES = frozenset(
    (
        *("article:published_time", "og:published_time", "date", "dc.date", "dc.date.issued", "dcterms.date"),
        *(
            "dcterms.issued",
            "citation_publication_date",
            "citation_date",
            "publish-date",
            "publish_date",
            "pubdate",
        ),
        *("parsely-pub-date", "sailthru.date", "datepublished", "article.published"),
    )
)
_JSON_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
_LEAST_SHARE = 0.3
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def read_html(content: bytes, name: str, *, charset: str | None = None) -> Document:
    """Read HTML; `charset` is what the header of an answer declares."""
    text, notes = decode_html(content, charset)
    tree = _parsed(text)
    draft = Draft(media_type="text/html", notes=list(notes))
    draft.title = _title(tree)
    draft.published = _published(tree)
    draft.origin_url = _canonical(tree)
    write_tree(_main(tree), draft)
    return draft.finish(name)


def decode_html(content: bytes, charset: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Return the characters of a page, by its header or by what it says of itself, and notes."""
    declared = _DECLARED.search(content[:_HEAD])
    text, notes = decode(content[:MOST_BYTES], charset or (declared[1].decode() if declared else None))
    cut = f"Only the first {MOST_BYTES:,} bytes were read; what follows them is left out."
    return text, (*notes, cut) if len(content) > MOST_BYTES else notes


def parse(text: str) -> LexborNode:
    """Parse a piece of HTML, and return its body."""
    return _body(_parsed(text))


def names_main(text: str) -> bool:
    """Tell whether a page itself marks what it is about."""
    return _main(_parsed(text)).tag in ("main", "article")


def _parsed(text: str) -> LexborHTMLParser:
    depth = 0
    for slash, name in _TAG.findall(text):
        if name.lower() not in _NEVER_DEEP:
            depth = max(0, depth - 1) if slash else depth + 1
        if depth > _DEEPEST:
            raise Unreadable("damaged", f"Its elements stand in each other more than {_DEEPEST:,} deep.")
    return LexborHTMLParser(text)


def _body(tree: LexborHTMLParser) -> LexborNode:
    body = tree.body or tree.root
    if body is None:
        raise Unreadable("empty", "The page has no body.")
    return body


def _main(tree: LexborHTMLParser) -> LexborNode:
    """Return the element that holds what the page is about, else its body."""
    body = _body(tree)
    for selector in ("main, [role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and len(found[0].text()) >= _LEAST_SHARE * len(body.text()):
            return found[0]
    return body


def _title(tree: LexborHTMLParser) -> str:
    named = tree.css_first("meta[property='og:title']")
    title = tree.css_first("head > title")
    return ((named and named.attributes.get("content")) or (title.text() if title else "")).strip()


def _published(tree: LexborHTMLParser) -> str | None:
    for meta in tree.css("meta"):
        attributes = meta.attributes
        named = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        day = find_day(attributes.get("content") or "") if named.lower() in _DATES else None
        if day:
            return day
    for script in tree.css("script[type='application/ld+json']"):
        found = _JSON_DATE.search(script.text()[:100_000])
        if found and find_day(found[1]):
            return find_day(found[1])
    moment = tree.css_first("time[pubdate][datetime], time[itemprop=datePublished][datetime]")
    return find_day(moment.attributes.get("datetime") or "") if moment else None


def _canonical(tree: LexborHTMLParser) -> str | None:
    link = tree.css_first("link[rel=canonical]")
    address = ((link and link.attributes.get("href")) or "").strip()
    return address if _ADDRESS.fullmatch(address) else None
