"""A name that is not known is answered with those that are."""

import pytest

from gnomon.core.naming import no_such


@pytest.mark.parametrize(
    ("name", "known", "told"),
    [
        (
            "shuot",
            ["sum", "shout"],
            "There is no kind 'shuot'. Use one of: shout, sum. Did you mean 'shout'?",
        ),
        ("x", ["sum", "shout"], "There is no kind 'x'. Use one of: shout, sum."),
        ("shuot", ["shout"], "There is no kind 'shuot'. Use 'shout'."),
        ("x", [], "There is no kind 'x'. There is none at all."),
    ],
)
def test_what_is_told(name: str, known: list[str], told: str) -> None:
    assert no_such("kind", name, known) == told


def test_it_stays_short() -> None:
    assert len(no_such("kind", "x" * 10**6, [f"kind{n}" for n in range(10**4)])) < 500
