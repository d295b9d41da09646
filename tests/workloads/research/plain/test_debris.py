from typing import Any

import pytest
from tests.workloads.research.plain.test_extractive import one, source

from gnomon.workloads.research.plain.typed.labels import labels


@pytest.mark.parametrize(
    "line",
    [
        '{"owner": "INTRUDER"}',
        '{"owner": "INTRUDER", "height": 9, "rows": [{"owner": "X"}]}',
        '  "owner": "INTRUDER",',
        "'owner': 'INTRUDER'",
        '[{"owner": "INTRUDER"}, {"owner": "OTHER"}]',
        '}, "owner": "INTRUDER"',
        "{owner: INTRUDER}",
    ],
)
def test_code_is_no_label(line: str) -> None:
    assert labels(line) == []
    text = f"The mill of Farnby is old.\n\n{line}\n\nThe mill of Farnby has a pond."
    field: dict[str, Any] = {"type": "string", "description": "Owner of the mill"}
    assert one("owner", field, [source("Mill of Farnby", text)], "Farnby").value is None


@pytest.mark.parametrize(
    "line", ['Owner: "The Miller"', "Owner: [unknown]", "**Owner**: Otto Lind", "[Owner]: Otto Lind"]
)
def test_quotes_and_brackets_are_no_code(line: str) -> None:
    assert len(labels(line)) == 1
