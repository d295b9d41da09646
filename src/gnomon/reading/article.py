"""What a web page is about, told from what stands around it, by trafilatura where it is installed."""

from lxml.etree import LxmlError, _Element

from gnomon.reading.document import Document, Unreadable
from gnomon.reading.draft import Draft
from gnomon.reading.table import Table

_MOST = 2_000_000
"""Characters of a page: the extractor goes over its tree many times."""
_LEAST = 250
_FAILURES = (
    *(
        LxmlError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        AssertionError,
        ArithmeticError,
    ),
    *(RecursionError, RuntimeError, OSError),
)


def main_content(html: str, *, least: int) -> Document | None:
    """Return the text of a page's main content; None without the extractor, or when it finds too little.

    `least` is how many characters are enough.
    """
    body = _extracted(html) if len(html) <= _MOST else None
    if body is None:
        return None
    draft = Draft(media_type="text/html")
    _write(body, draft)
    try:
        article = draft.finish("")
    except Unreadable:
        return None
    return article if len(article.text) >= max(_LEAST, least) else None


def _extracted(html: str) -> _Element | None:
    try:
        from trafilatura import bare_extraction
    except ImportError:
        return None
    try:
        found = bare_extraction(html, include_comments=False, include_tables=True, favor_recall=True)
    except _FAILURES:
        return None
    body = getattr(found, "body", None)
    return body if isinstance(body, _Element) else None


def _write(parent: _Element, draft: Draft) -> None:
    """Write the extractor's own few elements: head, p, list, item, table, row, cell, quote, code, lb."""
    for element in parent:
        match element.tag:
            case "head":
                draft.heading(_words(element), _depth(element))
            case "list":
                _write_list(element, draft)
            case "table":
                _write_table(element, draft)
            case "div" | "quote" if len(element) and element[0].tag in (
                "p",
                "head",
                "list",
                "table",
                "quote",
            ):
                _write(element, draft)
            case _:
                draft.paragraph(_words(element))


def _depth(element: _Element) -> int:
    rend = element.get("rend") or "h2"
    return int(rend[1]) if rend[1:].isdigit() else 2


def _write_list(element: _Element, draft: Draft) -> None:
    is_ordered = element.get("rend") == "ol"
    for number, item in enumerate(element.iter("item"), start=1):
        line = f"{number}. {_words(item)}" if is_ordered else f"- {_words(item)}"
        (draft.paragraph if number == 1 else draft.line)(line)


def _write_table(element: _Element, draft: Draft) -> None:
    table = Table()
    for row in element.iter("row"):
        table.row()
        for cell in row.iter("cell"):
            table.cell(_words(cell), is_header=cell.get("role") == "head")
    for number, line in enumerate(filter(None, table.lines())):
        (draft.line if number else draft.paragraph)(line)


def _words(element: _Element) -> str:
    """Return the words of an element, lists in it left to their own items; `lb` is a line's end."""
    parts = [element.text or ""]
    for part in element:
        inner = "\n" if part.tag == "lb" else " " if part.tag == "list" else _words(part)
        inner = f" {inner} " if part.tag == "p" else inner
        parts += [inner, part.tail or ""]
    joined = "".join(parts)
    return (
        joined if element.tag == "code" else "\n".join(" ".join(line.split()) for line in joined.split("\n"))
    )
