import pytest

from gnomon.reading.file import read_file
from gnomon.reading.form import Form, form_of
from gnomon.reading.ranking import rank
from gnomon.reading.sentence import sentences
from gnomon.reading.terms import terms

GUIDE = """# Panels

## Cleaning

Cleaning is done twice a year. Use soft water.

## How long is the warranty?

Ten years.

Parts and labour

The parts are free.

```
cleaning_interval: 6
gnomon serve
curl -X POST https://host.example -d '{"panels": 12}'
```

| flag | default | what it says |
| --- | --- | --- |
| --lease | 30.0 | Seconds after which a panel is taken back |
"""


def test_headings_and_code_of_a_file_are_told_from_its_sentences() -> None:
    text = read_file(GUIDE.encode(), "guide.md").text
    titles = "Panels > Cleaning > How long is the warranty?"
    forms = {text[each.start : each.end]: form_of(text, each, titles) for each in sentences(text)}
    assert {words for words, form in forms.items() if form == "title"} == {
        "Panels",
        "Cleaning",
        "How long is the warranty?",
        "Parts and labour",
    }
    assert {words for words, form in forms.items() if form == "sentence"} == {
        "Cleaning is done twice a year.",
        "Use soft water.",
        "Ten years.",
        "The parts are free.",
        "flag: --lease; default: 30.0; what it says: Seconds after which a panel is taken back.",
    }


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("Cleaning", "title"),
        ("The harbour", "title"),
        ("The harbour is old", "sentence"),
        ("Mary Major, CEO", "sentence"),
        ("CEO: Mary Major", "sentence"),
        ("Founded 1998", "sentence"),
        ("- Cleaning", "sentence"),
        ("Cleaning.", "sentence"),
        ("$ gnomon serve", "code"),
        ('"port": 8080,', "code"),
        ("retries = 3", "code"),
        ("max_retries: 3", "code"),
        ("pip install gnomon", "code"),
        ("git is what keeps the versions.", "sentence"),
        ("Run gnomon serve --port 8000 --lease 30 to start it.", "sentence"),
        ("    port: 8080", "code"),
        ("    Price: 12", "sentence"),
        ("    - an item", "sentence"),
        ("Website: https://acme.example", "sentence"),
        ("Acme Corp (Berlin)", "title"),
        ("It lies at -5 degrees", "sentence"),
        ("$5.2 million were paid", "sentence"),
    ],
)
def test_the_form_of_a_line(line: str, form: Form) -> None:
    text = f"Before it.\n\n{line}\n\nAfter it."
    (span,) = [each for each in sentences(text) if text[each.start : each.end] == line.strip()]
    assert form_of(text, span) == form


def test_a_line_that_is_all_there_is_is_no_title() -> None:
    (span,) = sentences("The harbour")
    assert form_of("The harbour", span) == "sentence"


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("How is cleaning done?", "Cleaning is done twice a year."),
        ("What is the cleaning interval?", "Cleaning is done twice a year."),
        ("Which command posts panels to the host?", "curl -X POST https://host.example"),
    ],
)
def test_prose_answers_and_code_does_where_it_is_asked_for(question: str, best: str) -> None:
    text = read_file(GUIDE.encode(), "guide.md").text
    found = rank(question, [text], dict.fromkeys(terms(question), 1), 9, titles=["Panels > Cleaning"])
    assert best in text[found[0].start : found[0].end]
