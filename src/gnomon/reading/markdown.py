"""Markdown: CommonMark with tables, front matter first; code is kept."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from gnomon.reading.decoding import decode
from gnomon.reading.document import Document
from gnomon.reading.draft import Draft, clean
from gnomon.reading.frontmatter import read_front_matter
from gnomon.reading.html import parse
from gnomon.reading.markup import write_tree
from gnomon.reading.table import row_line

_PIECE = 20_000
"""Characters parsed at once: a parser that is slow on one long text is quick on many short ones."""
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BEGINNING = re.compile(r"^(?: {0,3}(`{3,}|~{3,})|#{1,6} |[^\S\n]*$)", re.MULTILINE)
_REFERENCE = re.compile(r"^ {0,3}\[[^\[\]\n]{1,200}\]:[^\n]+$", re.MULTILINE)


def read_markdown(content: bytes, name: str) -> Document:
    """Read Markdown; its front matter gives title, date and address."""
    text, notes = decode(content)
    text = clean(text)
    matter = read_front_matter(text)
    draft = Draft(
        media_type="text/markdown",
        title=matter.title,
        published=matter.published,
        origin_url=matter.origin_url,
        notes=list(notes),
    )
    text = text[matter.length :]
    references: dict[str, object] = {}
    if len(text) > _PIECE:
        _PARSER.parse("\n".join(_REFERENCE.findall(text)), references)
    for piece in _split(text):
        if draft.is_full:
            draft.cut_off()
            break
        _Walk(draft).read(_PARSER.parse(piece, references))
    return draft.finish(name)


def _split(text: str) -> Iterator[str]:
    """Part a long text before headings and at empty lines that are not in code, and what has none anywhere."""
    start = best = 0
    for place in (*_breaks(text), len(text)):
        if place - start > _PIECE and best > start:
            yield text[start:best]
            start = best
        while place - start > 3 * _PIECE:
            yield text[start : start + _PIECE]
            start += _PIECE
        best = place
    yield text[start:]


def _breaks(text: str) -> Iterator[int]:
    """Yield where a long text may be parted: empty lines and headings that are not in fenced code."""
    fence = ""
    for line in _BEGINNING.finditer(text) if len(text) > _PIECE else ():
        if line[1]:
            fence = "" if fence and line[1].startswith(fence) else fence or line[1]
        elif not fence:
            yield line.start()


class _Walk:
    """The way through the tokens of a text, and what stands around them."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._lists: list[int | None] = []
        self._marker = ""
        self._is_tight = False
        self._headers: list[str] = []
        self._cells: list[str] = []

    def read(self, tokens: Sequence[Token]) -> None:
        """Write every token's words into the draft."""
        for before, token in zip([None, *tokens], tokens, strict=False):
            match token.type:
                case "inline":
                    self._words(_words(token), before)
                case "fence" | "code_block":
                    self._draft.code(token.content)
                case "html_block":
                    write_tree(parse(token.content), self._draft)
                case _:
                    self._enter(token)

    def _enter(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._is_tight = bool(self._lists)
            case "list_item_open":
                self._begin_item()
            case "table_open":
                self._headers, self._is_tight = [], False
            case "tr_open":
                self._cells = []
            case "tr_close":
                self._end_row()
            case _:
                pass

    def _begin_item(self) -> None:
        number = self._lists[-1]
        indent = "  " * (len(self._lists) - 1)
        self._marker = f"{indent}{'-' if number is None else f'{number}.'} "
        if number is not None:
            self._lists[-1] = number + 1

    def _end_row(self) -> None:
        if not self._headers:
            self._headers = self._cells
        elif any(self._cells):
            self._add(row_line(self._cells, self._headers))

    def _words(self, words: str, before: Token | None) -> None:
        opening = before.type if before else ""
        if opening == "heading_open" and before and not self._lists:
            self._draft.heading(words, int(before.tag[1]))
            self._is_tight = False
        elif opening in ("th_open", "td_open"):
            self._cells.append(words)
        elif self._marker:
            self._add(self._marker + words)
            self._marker = ""
        else:
            self._is_tight = False
            self._draft.paragraph(words)

    def _add(self, line: str) -> None:
        """Add an item or a row right below the one before it."""
        (self._draft.line if self._is_tight else self._draft.paragraph)(line)
        self._is_tight = True


def _words(token: Token) -> str:
    """Return the words of a line of Markdown, without its marks."""
    return "".join(_written(child) for child in token.children or ())


def _written(token: Token) -> str:
    match token.type:
        case "text" | "code_inline" | "image" | "text_special":
            return token.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline" if token.content.lower().startswith("<br"):
            return "\n"
        case _:
            return ""
