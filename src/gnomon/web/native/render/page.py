"""A document's text as a page for people: its passages marked, no script, nothing loaded from anywhere."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from gnomon.core.library import Reading

Spans = Sequence[tuple[int, int]]

MOST_SHOWN: Final = 400_000
"""Characters of a text that one page shows; of a longer one, what surrounds the first passage."""
_STYLE: Final = """
:root { color-scheme: light dark; --paper: #fdfcf9; --ink: #1d1c1a; --faint: #6b675f; --rule: #dcd7cc;
  --mark: #ffe58a; --first: #e0a100; }
@media (prefers-color-scheme: dark) { :root { --paper: #171614; --ink: #e8e4db; --faint: #9b958a; --rule: #3a372f;
  --mark: #5c4a00; --first: #ffcf33; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.06rem/1.6 Georgia, 'Times New Roman', serif; }
header { border-bottom: 1px solid var(--rule); font: .9rem/1.45 system-ui, sans-serif; color: var(--faint); }
header > *, main { max-width: 44rem; margin: 0 auto; padding: 0 1.2rem; }
header { padding: 1.1rem 0; }
h1 { color: var(--ink); font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
header p { margin: .3rem auto; overflow-wrap: anywhere; }
header a { color: inherit; }
main { padding-top: 1rem; padding-bottom: 40vh; }
main p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 1em; }
main h2, main h3, main h4 { font-family: system-ui, sans-serif; line-height: 1.3; margin: 1.6em 0 .5em;
  overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; } h3 { font-size: 1.08rem; } h4 { font-size: 1rem; }
mark { background: var(--mark); color: inherit; padding: .08em 0; scroll-margin-top: 30vh; }
mark#passage { box-shadow: 0 .18em 0 var(--first); }
.gap { color: var(--faint); font-style: italic; }
"""
_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    # The address is what lets its holder in: no other site shall learn it, no cache or index shall keep it.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "private, no-cache",
}


def document_page(reading: Reading, spans: Spans) -> str:
    """Write the page of a text; `spans` are the places to mark, and the first of them has the anchor `passage`."""
    document = reading.document
    marked = merge(spans, len(reading.text))
    start, end = _window(marked, len(reading.text))
    told = [f"{escape(document.name)} · {escape(document.source)}", *_edition(reading), *_passages(marked)]
    head = "".join(f"<p>{line}</p>" for line in told)
    before = f'<p class="gap">{start:,} characters before this are not shown.</p>' if start else ""
    rest = len(reading.text) - end
    after = f'<p class="gap">{rest:,} characters after this are not shown.</p>' if rest else ""
    body = "".join(_blocks(reading, marked, start, end))
    header = f"<header><h1>{escape(document.title)}</h1>{head}</header>"
    return _page(document.title, f"{header}<main>{before}{body}{after}</main>")


def plain_page(title: str, words: str) -> str:
    """Write a page that says why there is nothing to show."""
    return _page(title, f"<header><h1>{escape(title)}</h1><p>{escape(words)}</p></header>")


def merge(spans: Spans, length: int) -> tuple[tuple[int, int], ...]:
    """Return the places in order, without overlap, inside the text."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start, min(end, length)) for start, end in spans if start < length):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _window(marked: Spans, length: int) -> tuple[int, int]:
    if length <= MOST_SHOWN:
        return 0, length
    first = marked[0][0] if marked else 0
    start = max(0, min(first - MOST_SHOWN // 2, length - MOST_SHOWN))
    return start, start + MOST_SHOWN


def _edition(reading: Reading) -> Iterator[str]:
    origin = reading.document.origin_url
    if origin is not None and origin.startswith(("https://", "http://")):
        yield f'From <a rel="noreferrer noopener" href="{escape(origin)}">{escape(origin)}</a>'
    if reading.edition != reading.document.edition:
        newest = '<a href="?">the text as it is now</a>'
        yield f"This is edition {reading.edition}, the text as it was then. The document has changed: {newest}."


def _passages(marked: Spans) -> Iterator[str]:
    if len(marked) == 1:
        yield '<a href="#passage">The cited passage</a> is marked.'
    elif marked:
        links = (f'<a href="#passage-{n}">{n}</a>' for n in range(2, len(marked) + 1))
        yield f'Cited passages: <a href="#passage">1</a> {" ".join(links)}'


def _blocks(reading: Reading, marked: Spans, start: int, end: int) -> Iterator[str]:
    """Write headings, and what stands between two of them as paragraphs."""
    text = reading.text
    place = start
    for offset, depth, words in reading.headings:
        stop = offset + len(words)
        if not place <= offset < stop <= end or text[offset:stop] != words:
            continue
        yield from _paragraphs(text, marked, place, offset)
        level = min(depth + 1, 4)
        yield f"<h{level}>{_marked(text, marked, offset, stop)}</h{level}>"
        place = stop
    yield from _paragraphs(text, marked, place, end)


def _paragraphs(text: str, marked: Spans, start: int, end: int) -> Iterator[str]:
    place = start
    while place < end:
        gap = text.find("\n\n", place, end)
        stop = end if gap < 0 else gap
        if text[place:stop].strip():
            yield f"<p>{_marked(text, marked, place, stop).strip()}</p>"
        place = stop + 2


def _marked(text: str, marked: Spans, start: int, end: int) -> str:
    """Escape a piece of the text, the marked places in it in marks; a place over several blocks has one in each."""
    inside = [(n, a, b) for n, (a, b) in enumerate(marked, 1) if a < end and b > start]
    edges = [start, *(edge for _, a, b in inside for edge in (max(a, start), min(b, end))), end]
    numbers = {max(a, start): (n, a >= start) for n, a, b in inside}
    written = []
    for left, right in pairwise(edges):
        piece = escape(text[left:right])
        if left in numbers and right != left and any(a <= left < b for _, a, b in inside):
            number, begins = numbers[left]
            name = "passage" if number == 1 else f"passage-{number}"
            piece = f'<mark id="{name}">{piece}</mark>' if begins else f"<mark>{piece}</mark>"
        written.append(piece)
    return "".join(written)


def _page(title: str, body: str) -> str:
    view = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f"<head>{view}<title>{escape(title)}</title><style>{_STYLE}</style></head>"
    return f'<!doctype html><html lang="">{head}<body>{body}</body></html>'
