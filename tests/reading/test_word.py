"""Word files: headings, lists and tables in their order; bombs refused."""

import docx
import pytest

from gnomon.reading.document import Unreadable
from gnomon.reading.file import read_file

from . import made


def test_parts_are_read_in_their_order() -> None:
    document = read_file(made.word(), "a.docx")
    assert document.title == "Rivers of the land"
    assert document.text.split("\n\n") == [
        "Rivers",
        "The Aare is long.",
        "Lengths",
        "- by kilometres\n- by days",
        "River: Aare; Length: 288.\nRiver: Reuss; Length: 164.",
        "Sources",
        "A survey\nof 2020.",
    ]
    assert [(each.depth, each.words) for each in document.headings] == [
        (1, "Rivers"),
        (1, "Lengths"),
        (2, "Sources"),
    ]


def test_a_table_in_a_table_stays_in_its_cell() -> None:
    written = docx.Document()
    cell = written.add_table(1, 2).cell(0, 0)
    cell.text = "outer"
    cell.add_table(1, 1).cell(0, 0).text = "inner"
    assert read_file(made.saved(written), "a.docx").text.startswith("outer inner")


def test_a_bomb_is_refused() -> None:
    with pytest.raises(Unreadable, match="unpacks") as caught:
        read_file(made.bomb(300_000_000), "a.docx")
    assert caught.value.code == "too_large"


def test_a_part_that_declares_less_than_it_holds_is_no_way_around() -> None:
    size, small = (300_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    content = made.bomb(300_000_000).replace(size, small)
    document = read_file(content, "a.docx")
    assert "The Aare is long." in document.text


def laughing(depth: int) -> bytes:
    """Make a Word file with an entity of entities of entities."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, depth))
    declared = f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>'
    return made.with_part("word/document.xml", declared, "The Aare", f"&l{depth - 1};")


def test_entities_are_not_expanded() -> None:
    assert "haha" not in read_file(laughing(2), "a.docx").text
    with pytest.raises(Unreadable) as caught:
        read_file(laughing(10), "a.docx")
    assert caught.value.code == "damaged"
