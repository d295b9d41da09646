import pytest

from gnomon.workloads.research.models.json_text import NotJson, faults, read_object


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '  {"a": 1}\n',
        '```json\n{"a": 1}\n```',
        'Here it is:\n```\n{"a": 1}\n```\nI hope that helps.',
        'Sure! {"a": 1} is the answer.',
        '<think>maybe {"a": 2}</think>\n{"a": 1}',
    ],
)
def test_the_object_in_a_reply_is_found(text: str) -> None:
    assert read_object(text) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "12",
        "[1]",
        '{"a": 1',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e400}',
        '{"a": "\\ud800"}',
        "{" * 100_000,
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(NotJson):
        read_object(text)


def test_faults_name_their_places_and_are_few() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "array", "items": {"type": "integer"}}}}
    told = faults({"n": ["x"] * 100}, schema)
    assert told[0] == "/n/0: 'x' is not of type 'integer'"
    assert len(told) == 8


def test_formats_are_checked() -> None:
    assert faults("2024-02-30", {"type": "string", "format": "date"})
    assert not faults("2024-02-29", {"type": "string", "format": "date"})
