import pytest

from gnomon.reading.cue import Kind, kind_of, shows


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did the siege end?", "moment"),
        ("In what year was the tower built?", "moment"),
        ("At what time does the ferry leave?", "moment"),
        ("How many people came?", "number"),
        ("What percentage of the vote was needed?", "number"),
        ("Who painted it?", "name"),
        ("Where is it kept?", "name"),
        ("What city is it in?", "name"),
        ("Why did the roof fall in?", "cause"),
        ("What is a lock gate?", "thing"),
    ],
)
def test_a_question_says_what_it_asks_for(question: str, kind: Kind) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("kind", "sentence", "holds"),
    [
        ("moment", "It was built in 1874.", True),
        ("moment", "They left in May.", True),
        ("moment", "They may leave.", False),
        ("number", "Forty-one came, and two hundred stayed.", True),
        ("number", "Nobody came.", False),
        ("name", "It was painted by Ragna Holm.", True),
        ("name", "It was painted in Elmsund.", False),
        ("name", "It was painted on oak.", False),
        ("cause", "It fell because of the snow.", True),
        ("cause", "It fell.", False),
        ("thing", "It fell in 1874 because Ragna Holm came.", False),
    ],
)
def test_a_sentence_holds_an_answer_of_a_kind(kind: Kind, sentence: str, holds: bool) -> None:
    assert shows(kind, sentence, {"elmsund"}) is holds
