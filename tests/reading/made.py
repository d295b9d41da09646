"""Files that tests make for themselves: PDF by fpdf2, Word by python-docx."""

from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import docx.document
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    title: str = "",
    head: str = "",
    foot: str = "",
    password: str | None = None,
    sections: Sequence[str] = (),
) -> bytes:
    """Make a PDF: paragraphs per page, one line at the top and one at the bottom (`{}` is the page's number)."""
    made = FPDF()
    made.set_auto_page_break(auto=False)
    made.set_title(title)
    if password is not None:
        made.set_encryption(
            owner_password="owner",
            user_password=password,
            encryption_method=EncryptionMethod.AES_256,
            permissions=AccessPermission.none(),
        )
    for number, paragraphs in enumerate(pages, start=1):
        made.add_page()
        made.set_font("Helvetica", size=11)
        for line in filter(None, [head.format(number)]):
            made.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
        for paragraph in paragraphs:
            if paragraph in sections:
                made.start_section(paragraph)
            made.multi_cell(0, 6, paragraph, new_x="LMARGIN", new_y="NEXT")
            made.ln(6)
        for line in filter(None, [foot.format(number)]):
            made.cell(0, 8, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def drawn_pdf() -> bytes:
    """Make a PDF whose pages are pictures."""
    made = FPDF()
    for _ in range(2):
        made.add_page()
        made.rect(20, 20, 100, 60)
        made.line(10, 10, 90, 120)
    return bytes(made.output())


def word() -> bytes:
    """Make a Word file with all that is read."""
    made = docx.Document()
    made.core_properties.title = "Rivers of the land"
    made.add_heading("Rivers", 0)
    made.add_paragraph("The Aare is long.")
    made.add_heading("Lengths", 1)
    made.add_paragraph("by kilometres", style="List Bullet")
    made.add_paragraph("by days", style="List Bullet")
    table = made.add_table(3, 2, style="Table Grid")
    for row, cells in enumerate([("River", "Length"), ("Aare", "288"), ("Reuss", "164")]):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    made.add_heading("Sources", 2)
    made.add_paragraph("A survey\nof 2020.")
    return saved(made)


def saved(made: docx.document.Document) -> bytes:
    """Return the bytes of a Word document."""
    kept = BytesIO()
    made.save(kept)
    return kept.getvalue()


def bomb(size: int) -> bytes:
    """Make a Word file whose text unpacks to very much."""
    kept = BytesIO(word())
    with (
        ZipFile(kept, "a", ZIP_DEFLATED) as archive,
        archive.open("word/more.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(size // 1_000_000):
            part.write(b" " * 1_000_000)
    return kept.getvalue()


def with_part(name: str, before: str, words: str, instead: str) -> bytes:
    """Make the Word file with one part changed: a declaration before its root, and other words."""
    kept = BytesIO()
    with ZipFile(BytesIO(word())) as source, ZipFile(kept, "w", ZIP_DEFLATED) as target:
        for part in source.namelist():
            content = source.read(part)
            if part == name:
                declared, _, rest = content.partition(b"?>")
                content = declared + b"?>" + before.encode() + rest.replace(words.encode(), instead.encode())
            target.writestr(part, content)
    return kept.getvalue()
