from typing import Any

import pytest
from tests.workloads.research.plain.test_extractive import one, source

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
LANDS = {"enum": ["Utopia", "Arcadia"], "type": "string"}


@pytest.mark.parametrize(
    ("name", "schema", "text", "value"),
    [
        ("first_climber", TEXT, "Mount Grebel was first climbed by Alba Reyes in 1911.", "Alba Reyes"),
        ("climbed_by", TEXT, "Mount Grebel was first climbed by Alba Reyes in 1911.", "Alba Reyes"),
        (
            "climber",
            {**TEXT, "description": "Person who first climbed it"},
            "Mount Grebel was first climbed by Alba Reyes in 1911.",
            "Alba Reyes",
        ),
        ("surveyor", TEXT, "Mount Grebel was surveyed in 1890 by Otto Lind.", "Otto Lind"),
        ("first_climber", TEXT, "Mount Grebel was painted by Alba Reyes.", None),
        ("painted_by", TEXT, "Mount Grebel was first climbed by Alba Reyes.", None),
        ("leader", TEXT, "Alba Reyes leads the rescue team of Mount Grebel.", "Alba Reyes"),
        ("manager", TEXT, "The hut of Mount Grebel is small. Otto Lind manages the hut.", "Otto Lind"),
        ("owner", TEXT, "Alba Reyes leads the rescue team of Mount Grebel.", None),
        ("leader", TEXT, "The road of the old mill leads the walker to Farnby.", None),
        ("country", LANDS, "Mount Grebel lies in the north of Utopia, by the sea.", "Utopia"),
        ("country", LANDS, "Mount Grebel is situated in Farnby, Arcadia.", "Arcadia"),
        ("country", LANDS, "From Mount Grebel one sees Utopia.", None),
        ("country", LANDS, "Mount Grebel lies in Farnby.", None),
        ("headquarters", TEXT, "The headquarters of Mount Grebel are in Farnby.", "Farnby"),
        ("employees", WHOLE, "Mount Grebel Rail is small. Today 23 people work here.", 23),
        ("employees", WHOLE, "Mount Grebel Rail: 900 people work with our maps.", None),
        ("employees", WHOLE, "Mount Grebel Rail: 900 people visit us each day.", None),
    ],
)
def test_what_a_sentence_says_in_other_words(
    name: str, schema: dict[str, Any], text: str, value: Any
) -> None:
    found = one(name, schema, [source("Mount Grebel", text)], "Mount Grebel").value
    assert found == value
