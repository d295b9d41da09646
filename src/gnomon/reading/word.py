"""Word files (.docx): headings, paragraphs, lists and tables in their order."""

import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml.etree import LxmlError, _Element

from gnomon.reading.document import Document, Unreadable
from gnomon.reading.draft import Draft
from gnomon.reading.table import Table

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MOST_PARTS = 5_000
_MOST_UNPACKED = 256 * 1024 * 1024
_MOST_XML = 48 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# All that python-docx and lxml raise for damaged bytes; what is no fault of the file is not named.
_DAMAGED = (
    *(
        BadZipFile,
        zlib.error,
        OpcError,
        LxmlError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
    ),
    *(NotImplementedError, EOFError, OSError, RuntimeError, AssertionError),
)
_CONTAINERS = frozenset(
    qn(f"w:{name}") for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag")
)
_P, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_WORDS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read_word(content: bytes, name: str) -> Document:
    """Read a Word file of the kind that is a zip of XML."""
    _refuse(content)
    try:
        opened = docx.Document(BytesIO(content))
        draft = Draft(media_type=_MEDIA_TYPE, title=opened.core_properties.title or "")
        _write(opened, draft)
    except _DAMAGED as error:
        raise Unreadable("damaged", "It is no whole Word file; open it in Word and save it again.") from error
    return draft.finish(name)


def _refuse(content: bytes) -> None:
    """Refuse what is locked, old, or too much unpacked. No part gives more than it declares: reading stops there."""
    if content.startswith(_OLE):
        raise Unreadable(
            "encrypted", "It is locked by a password, or older than .docx; save it anew without one."
        )
    parts = _listed(content)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("encrypted", "It is locked by a password; save it without one.")
    is_large = any(part.file_size > _MOST_XML for part in parts if part.filename.endswith((".xml", ".rels")))
    if is_large or len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise Unreadable(
            "too_large", f"It unpacks to more than is read ({_MOST_UNPACKED:,} bytes); split it."
        )


def _listed(content: bytes) -> list[ZipInfo]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            return archive.infolist()
    except _DAMAGED as error:
        raise Unreadable("damaged", "It is no whole Word file; open it in Word and save it again.") from error


def _write(opened: WordDocument, draft: Draft) -> None:
    body = opened.element.body
    for fallback in list(body.iter(_FALLBACK)):
        fallback.clear()
    depths = _depths(opened)
    is_tight = False
    for block in _blocks(body):
        if draft.is_full:
            draft.cut_off()
            break
        if block.tag == _TABLE:
            _write_table(block, draft)
            is_tight = False
        else:
            is_tight = _write_paragraph(block, draft, depths, is_tight=is_tight)


def _blocks(container: _Element) -> Iterator[_Element]:
    """Yield paragraphs and tables in their order, from inside of what merely holds them."""
    for child in container:
        if child.tag in (_P, _TABLE):
            yield child
        elif child.tag in _CONTAINERS:
            yield from _blocks(child)


def _depths(opened: WordDocument) -> dict[str, int]:
    """Return the depth of headings by the id of their style; the title's is 1."""
    depths: dict[str, int] = {}
    for style in opened.styles.element.iter(qn("w:style")):
        named = style.find(qn("w:name"))
        words = (named.get(qn("w:val")) or "").lower() if named is not None else ""
        kind, _, number = words.rpartition(" ")
        if words == "title" or (kind == "heading" and number.isdigit()):
            depths[style.get(qn("w:styleId")) or ""] = min(int(number or 1), 9) if words != "title" else 1
    return depths


def _write_paragraph(paragraph: _Element, draft: Draft, depths: dict[str, int], *, is_tight: bool) -> bool:
    """Write a paragraph; tell whether an item of a list may follow right below."""
    words = _words(paragraph).strip()
    if not words:
        return is_tight
    properties = paragraph.find(qn("w:pPr"))
    style = properties.find(qn("w:pStyle")) if properties is not None else None
    key = (style.get(qn("w:val")) or "") if style is not None else ""
    if key in depths:
        draft.heading(words, depths[key])
        return False
    is_item = key.startswith("List") or (
        properties is not None and properties.find(qn("w:numPr")) is not None
    )
    if is_item:
        (draft.line if is_tight else draft.paragraph)(f"- {words}")
    else:
        draft.paragraph(words)
    return is_item


def _words(element: _Element) -> str:
    text = qn("w:t")
    return "".join(
        (part.text or "") if part.tag == text else _WORDS.get(part.tag, "")
        for part in element.iter(text, *_WORDS)
        if part.getparent() is None or part.getparent().tag != qn("w:tabs")
    )


def _write_table(element: _Element, draft: Draft) -> None:
    table = Table()
    rows = [row for row in element.iter(_ROW) if _owner(row) is element]
    for number, row in enumerate(rows):
        table.row()
        cells = [_cell_words(cell) for cell in row.iter(_CELL) if _owner(cell) is element]
        are_names = number == 0 and _are_names(element, cells)
        for words in cells:
            table.cell(words, is_header=are_names)
    for number, line in enumerate(filter(None, table.lines())):
        (draft.line if number else draft.paragraph)(line)


def _owner(element: _Element) -> _Element | None:
    return next(element.iterancestors(_TABLE), None)


def _cell_words(cell: _Element) -> str:
    return " ".join(_words(paragraph) for paragraph in cell.iter(_P))


def _are_names(element: _Element, cells: list[str]) -> bool:
    """Tell whether the first row names the columns: the table marks it so, and all its cells differ."""
    look = element.find(f"{qn('w:tblPr')}/{qn('w:tblLook')}")
    marked = next(element.iter(qn("w:tblHeader")), None) is not None
    is_marked = marked or (look is not None and _is_first_row(look))
    return is_marked and all(cells) and len({*cells}) == len(cells)


def _is_first_row(look: _Element) -> bool:
    flag, mask = look.get(qn("w:firstRow")), look.get(qn("w:val")) or "0"
    return flag in ("1", "true", "on") if flag else bool(int(mask, 16) & 0x20)
