"""Markdown: its words without its marks, its headings, its code."""

from gnomon.reading.file import read_file

TEXT = """---
title: "Rivers: a guide"
date: 2024-05-06T10:00:00Z
canonical: https://rivers.example/guide
tags: [a, b]
---

# Rivers of the *land*

The **Aare** is [long](https://a.example), says `survey()`. It
goes on &amp; on.\\
New line.

## Lengths

- by `km`
- by days
  1. of summer
  2. of winter

| River | Length |
|-------|-------:|
| Aare  | 288    |
| Reuss | 164    |

```python
if river:
    flow()
```

<div class="x">Raw <b>words</b><script>no()</script></div>

> Quoted.

![A picture of it](a.png)
"""


def test_words_stay_and_marks_go() -> None:
    document = read_file(TEXT.encode(), "guide.md")
    assert document.text.split("\n\n") == [
        "Rivers of the land",
        "The Aare is long, says survey(). It goes on & on.\nNew line.",
        "Lengths",
        "- by km\n- by days\n  1. of summer\n  2. of winter",
        "River: Aare; Length: 288.\nRiver: Reuss; Length: 164.",
        "    if river:\n        flow()",
        "Raw words",
        "Quoted.",
        "A picture of it",
    ]
    assert [(each.depth, each.words) for each in document.headings] == [
        (1, "Rivers of the land"),
        (2, "Lengths"),
    ]


def test_front_matter_gives_title_day_and_address() -> None:
    document = read_file(TEXT.encode(), "guide.md")
    assert document.title == "Rivers: a guide"
    assert document.published == "2024-05-06"
    assert document.origin_url == "https://rivers.example/guide"


def test_front_matter_between_plus_signs_is_read_too() -> None:
    document = read_file(b"+++\ntitle = 'T'\ndate = 2024-05-06\n+++\nText.", "a.md")
    assert (document.title, document.published, document.text) == ("T", "2024-05-06", "Text.")


def test_the_first_heading_or_the_name_is_the_title() -> None:
    assert read_file(b"# Head\n\ntext", "a.md").title == "Head"
    assert read_file(b"only text", "my_notes.md").title == "my notes"


def test_headings_of_a_long_text_are_all_found() -> None:
    parts = [f"# Part {number}\n\n{'Words and [words][w]. ' * 200}\n\n" for number in range(100)]
    document = read_file(("".join(parts) + "[w]: https://words.example").encode(), "a.md")
    assert "[" not in document.text
    assert [each.words for each in document.headings] == [f"Part {number}" for number in range(100)]


def test_code_of_a_long_text_stays_code() -> None:
    code = "```\n# no heading\n\nx = [a](b)\n```\n\n"
    document = read_file((code * 3_000 + "# Head\n").encode(), "a.md")
    assert [each.words for each in document.headings] == ["Head"]
    assert document.text.count("    # no heading\n\n    x = [a](b)") == 3_000


def test_a_long_text_without_any_break_is_read_whole() -> None:
    assert read_file(b"[" * 100_000, "a.md").text.count("[") == 100_000
