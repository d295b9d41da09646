"""The day that a document names."""

import pytest

from gnomon.reading.day import find_day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-06", "2024-05-06"),
        ("2024-05-06T23:59:59+02:00", "2024-05-06"),
        ("20240506", "2024-05-06"),
        ("2024/5/6", "2024-05-06"),
        ("6 May 2024", "2024-05-06"),
        ("Mon, 06 May 2024 10:00:00 GMT", "2024-05-06"),
        ("May 6th, 2024", "2024-05-06"),
        ("2024-02-30", None),
        ("0001-01-01", None),
        ("06.05.24", None),
        ("soon", None),
        ("", None),
    ],
)
def test_days_are_found(text: str, day: str | None) -> None:
    assert find_day(text) == day
