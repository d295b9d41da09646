"""The tree of an HTML page becomes headings, paragraphs, items and rows; what only decorates a page is left out."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from gnomon.reading.draft import Draft
from gnomon.reading.table import Table

_SILENT = frozenset(
    (
        *(
            "head",
            "script",
            "style",
            "noscript",
            "template",
            "svg",
            "canvas",
            "iframe",
            "object",
            "video",
            "audio",
        ),
        *(
            "nav",
            "aside",
            "footer",
            "button",
            "select",
            "textarea",
            "datalist",
            "dialog",
            "map",
            "menu",
            "frameset",
        ),
    )
)
_SILENT_ROLES = frozenset(
    (
        "navigation",
        "banner",
        "contentinfo",
        "complementary",
        "search",
        "dialog",
        "alertdialog",
        "menu",
        "menubar",
    )
)
_SILENT_CLASSES = frozenset(
    (
        *(
            "nav",
            "navbar",
            "navigation",
            "menu",
            "sidebar",
            "sphinxsidebar",
            "related",
            "breadcrumb",
            "breadcrumbs",
        ),
        *(
            "headerlink",
            "footer",
            "site-footer",
            "cookie-banner",
            "cookie-consent",
            "skip-link",
            "social",
            "share",
        ),
        *("advert", "advertisement", "ads", "newsletter", "mw-editsection", "navbox", "noprint"),
    )
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "blockquote",
            "body",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *(
            "figcaption",
            "figure",
            "form",
            "header",
            "hgroup",
            "hr",
            "li",
            "main",
            "ol",
            "p",
            "pre",
            "section",
        ),
        *(
            "summary",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "tr",
            "ul",
            "caption",
            "legend",
            "label",
        ),
        *_HEADINGS,
    )
)


def write_tree(root: LexborNode, draft: Draft) -> None:
    """Write the words of a tree into a draft, in their order."""
    writing = _Writing(draft)
    for node, is_opening in _steps(root):
        if draft.is_full:
            draft.cut_off()
            break
        if node.is_text_node:
            writing.text(node.text_content or "")
        elif is_opening:
            writing.open(node)
        else:
            writing.close(node)
    writing.flush()


def _steps(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Yield each node as it opens, and each element again as it closes; without recursion, whatever the depth."""
    stack: list[tuple[LexborNode, bool]] = [(root, True)]
    while stack:
        node, is_opening = stack.pop()
        if is_opening and node.is_element_node and _is_silent(node):
            continue
        yield node, is_opening
        if is_opening and node.is_element_node:
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(list(node.iter(include_text=True))))


def _is_silent(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag in _SILENT:
        return True
    attributes = node.attributes
    if not attributes or tag in ("html", "body", "main", "article"):
        return False
    names = {*(attributes.get("class") or "").lower().split(), (attributes.get("id") or "").lower()}
    return (
        "hidden" in attributes
        or (attributes.get("aria-hidden") or "").lower() == "true"
        or (attributes.get("role") or "").lower() in _SILENT_ROLES
        or not names.isdisjoint(_SILENT_CLASSES)
        or bool(_HIDDEN.search(attributes.get("style") or ""))
    )


class _Writing:
    """What has been read and not yet written."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._words: list[str] = []
        self._tables: list[Table | None] = []
        self._lists: list[int | None] = []
        self._marker = ""
        self._is_tight = False
        self._depth = 0
        self._preformatted = 0

    def text(self, words: str) -> None:
        """Take words; white space is one blank, but in preformatted text."""
        self._words.append(words if self._preformatted else re.sub(r"\s+", " ", words))

    def open(self, node: LexborNode) -> None:
        """Begin an element."""
        tag = node.tag or ""
        if tag == "br":
            self._words.append("\n")
        elif tag in _BLOCKS and not self._is_in_cell():
            self.flush()
        elif tag in _BLOCKS:
            self._words.append(" ")
        match tag:
            case "pre":
                self._preformatted += 1
            case "ul" | "ol":
                self._lists.append(1 if tag == "ol" else None)
            case "li":
                self._marker = self._next_marker()
            case "table":
                self._open_table()
            case "tr" if self._is_in_cell():
                self._table().row()
            case _:
                pass

    def close(self, node: LexborNode) -> None:
        """End an element."""
        tag = node.tag or ""
        if tag in _HEADINGS and not self._is_in_cell():
            self._draft.heading(self._taken(), _HEADINGS[tag])
            self._is_tight = False
        elif tag == "caption":
            self._draft.paragraph(self._taken())
        elif tag in ("td", "th") and self._is_in_cell():
            self._table().cell(self._taken(), is_header=tag == "th")
        elif tag in _BLOCKS and not self._is_in_cell():
            self.flush()
        match tag:
            case "pre":
                self._preformatted -= 1
            case "ul" | "ol":
                self._lists.pop()
                self._is_tight = bool(self._lists)
            case "table":
                self._close_table()
            case _:
                pass

    def flush(self) -> None:
        """Write the words so far as a paragraph, or as an item."""
        words = self._taken()
        if not words:
            return
        is_item = bool(self._marker)
        (self._draft.line if is_item and self._is_tight else self._draft.paragraph)(self._marker + words)
        self._is_tight, self._marker = is_item, ""

    def _taken(self) -> str:
        joined = "".join(self._words)
        self._words.clear()
        if self._preformatted:
            return joined.strip("\n").rstrip()
        return "\n".join(filter(None, (" ".join(line.split()) for line in joined.split("\n"))))

    def _next_marker(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        return "  " * max(0, len(self._lists) - 1) + ("- " if number is None else f"{number}. ")

    def _is_in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1] is not None

    def _table(self) -> Table:
        table = self._tables[-1]
        assert table is not None
        return table

    def _open_table(self) -> None:
        """Begin a table; one that holds another lays out a page, so its cells are no rows."""
        if self._is_in_cell():
            outer, self._tables[-1] = self._table(), None
            words = self._taken()
            self._write_rows(outer)
            self._words.append(words)
            self.flush()
        self._tables.append(Table())

    def _close_table(self) -> None:
        table = self._tables.pop()
        if table is not None:
            left = self._taken()
            self._write_rows(table)
            self._words.append(left)
            self.flush()

    def _write_rows(self, table: Table) -> None:
        is_first = True
        for line in filter(None, table.lines()):
            (self._draft.paragraph if is_first else self._draft.line)(line)
            is_first = False
        self._is_tight = False
