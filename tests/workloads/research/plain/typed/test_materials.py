import pytest

from gnomon.workloads.research.plain.typed.materials import materials


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is made of steel.", "steel"),
        ("It was built mainly of red sandstone in 1874.", "red sandstone"),
        ("Constructed from glass and steel, it shines", "glass and steel"),
        ("The hull, made out of oak, is old", "oak"),
        ("It is made of oak and weighs 12 t.", "oak"),
        ("It is made by hand.", None),
        ("Made for kings.", None),
    ],
)
def test_what_something_is_made_of(text: str, value: str | None) -> None:
    assert [each.value for each in materials(text)] == ([value] if value else [])
    assert all(text[each.start : each.end] == each.value for each in materials(text))
