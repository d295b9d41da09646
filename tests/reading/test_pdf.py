"""PDF: pages, headings from the outline, and what printing added taken out."""

import pytest

from gnomon.reading import pdf
from gnomon.reading.document import Unreadable
from gnomon.reading.file import read_file
from gnomon.reading.passage import cut

from . import made

RIVERS = ("Aare", "Reuss", "Limmat", "Thur", "Rhine", "Inn")
PAGES = [[f"About the {name}", f"The {name} is long. It is clear, and it is cold."] for name in RIVERS]


def test_pages_and_headings_are_known() -> None:
    sections = [page[0] for page in PAGES]
    document = read_file(made.pdf(PAGES, title="Rivers", sections=sections), "a.pdf")
    assert document.title == "Rivers"
    assert document.media_type == "application/pdf"
    assert [each.words for each in document.headings] == sections
    assert [(each.page, each.heading) for each in cut(document)] == list(enumerate(sections, start=1))
    assert [document.text[start:].split("\n")[0] for start in document.pages] == sections


def test_running_heads_and_page_numbers_go() -> None:
    document = read_file(made.pdf(PAGES, head="Yearbook of rivers", foot="Page {} of 6"), "a.pdf")
    assert "Yearbook" not in document.text
    assert "Page" not in document.text
    assert all(f"The {name} is long." in document.text for name in RIVERS)


def test_what_stands_on_few_pages_stays() -> None:
    document = read_file(made.pdf(PAGES[:3], head="Yearbook of rivers", foot="{}"), "a.pdf")
    assert document.text.count("Yearbook of rivers") == 3


def test_words_parted_at_the_end_of_a_line_are_joined() -> None:
    page = [
        "The hydro-\ngen of a well-known long-\nterm study in Basel-\nStadt is self-\nmade. A long-term one."
    ]
    text = " ".join(read_file(made.pdf([page]), "a.pdf").text.split())
    assert (
        text == "The hydrogen of a well-known long-term study in Basel-Stadt is self-made. A long-term one."
    )


def test_a_sentence_goes_on_over_the_page() -> None:
    document = read_file(made.pdf([["The river rises in"], ["the hills. It ends."]]), "a.pdf")
    assert document.text == "The river rises in\nthe hills. It ends."
    assert document.pages == (0, 19)


def test_a_page_without_text_is_noted() -> None:
    document = read_file(made.pdf([["Some words of text."], [], ["More words."]]), "a.pdf")
    assert document.notes == ("Without text, pictures of it perhaps: page 2.",)


def test_pictures_of_text_are_told() -> None:
    with pytest.raises(Unreadable, match="text recognition") as caught:
        read_file(made.drawn_pdf(), "a.pdf")
    assert caught.value.code == "scanned"


def test_a_locked_file_is_told_and_one_without_password_is_read() -> None:
    with pytest.raises(Unreadable, match="password") as caught:
        read_file(made.pdf(PAGES, password="secret"), "a.pdf")
    assert caught.value.code == "encrypted"
    assert "The Aare is long." in read_file(made.pdf(PAGES, password=""), "a.pdf").text


def test_more_pages_than_are_read_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    document = read_file(made.pdf(PAGES), "a.pdf")
    assert document.notes == ("Only the first 2 of 6 pages were read.",)
    assert "Limmat" not in document.text


def test_when_time_is_over_what_was_read_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 0.0)
    assert read_file(made.pdf(PAGES), "a.pdf").notes == ("Only the first 1 of 6 pages were read.",)


def test_a_truncated_file_gives_what_is_left_or_says_that_it_is_damaged() -> None:
    content = made.pdf(PAGES)
    for share in (0.2, 0.5, 0.9):
        with pytest.raises(Unreadable) as caught:
            read_file(content[: int(len(content) * share)], "a.pdf")
        assert caught.value.code in ("damaged", "scanned")
