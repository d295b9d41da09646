from typing import Any

import pytest
from tests.workloads.research.plain.test_extractive import one, source

HIRE = source(
    "hire-list",
    "\n".join(
        f"code: {code}; item: {item}; per: {per}; price_eur: {price}; weight_kg: {weight}; offered_since: {since}."
        for code, item, per, price, weight, since in (
            ("TL-10", "Ladder of ten rungs", "day", "1200", "14", "2024-02-01"),
            ("TL-20", "Hedge trimmer with battery", "day", "18.75", "4.2", "2024-05-01"),
            ("TL-30", "Pressure washer, petrol", "weekend", "1999", "61", "2025-03-15"),
            ("TL-40", "Carpet cleaner", "hour", "7", "12", "2023-01-01"),
        )
    ),
)
NUMBER, WHOLE, TEXT = {"type": "number"}, {"type": "integer"}, {"type": "string"}


@pytest.mark.parametrize(
    ("name", "schema", "about", "value"),
    [
        ("price_eur", NUMBER, "Hedge trimmer", 18.75),
        ("price_eur", WHOLE, "Pressure washer", 1999),
        ("price_eur", WHOLE, "TL-10", 1200),
        ("price_eur", TEXT, "Carpet cleaner", "7"),
        ("price", NUMBER, "Hedge trimmer", 18.75),
        ("cost_eur", NUMBER, "Hedge trimmer", 18.75),
        ("price_usd", NUMBER, "Hedge trimmer", None),
        ("price_usd", TEXT, "Hedge trimmer", None),
        ("weight_kg", NUMBER, "TL-20", 4.2),
        ("weight_lb", NUMBER, "TL-20", None),
        ("offered_since", {"type": "string", "format": "date"}, "Carpet cleaner", "2023-01-01"),
        ("code", TEXT, "Carpet cleaner", "TL-40"),
        ("price_eur", NUMBER, "hire-list", None),
    ],
)
def test_a_column_is_named_as_it_is_and_its_name_is_its_unit(
    name: str, schema: dict[str, str], about: str, value: Any
) -> None:
    assert one(name, schema, [HIRE], about).value == value


@pytest.mark.parametrize(
    ("name", "description", "value"),
    [
        ("trimmer_eur", "Price in EUR per day of a hedge trimmer", 18.75),
        ("washer_eur", "Price in EUR of the pressure washer", 1999),
        ("washer_usd", "Price in USD of the pressure washer", None),
        ("washer_deposit_eur", "Deposit in EUR for the pressure washer", None),
        ("mower_eur", "Price in EUR of the lawn mower", None),
    ],
)
@pytest.mark.parametrize("about", ["hire-list", "What does the hire cost?"])
def test_a_description_finds_its_row_and_column(
    name: str, description: str, value: float | None, about: str
) -> None:
    assert one(name, {**NUMBER, "description": description}, [HIRE], about).value == value
