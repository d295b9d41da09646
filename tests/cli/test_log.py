"""Log lines: an event, then its fields, on one line."""

import logging

import pytest

from gnomon.cli.log import Fields, WithoutQuery


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "task.claimed"),
        ({"task_id": "tsk_1", "fence": 2}, "task.claimed task_id=tsk_1 fence=2"),
        ({"reason": "two words"}, "task.claimed reason='two words'"),
        ({"reason": "a\nb=c"}, "task.claimed reason='a\\nb=c'"),
    ],
)
def test_extra_fields_follow_the_event(given: dict[str, object], line: str) -> None:
    record = logging.makeLogRecord({"msg": "task.claimed", "name": "gnomon", "levelname": "INFO", **given})
    assert Fields().format(record).endswith(line)


def test_the_line_of_a_request_has_no_query_string() -> None:
    given = ("1.2.3.4:5", "GET", "/tasks/1/stream?tick%65t=secret", "1.1", 200)
    record = logging.LogRecord(
        "uvicorn.access", logging.INFO, __file__, 1, '%s - "%s %s HTTP/%s" %d', given, None
    )
    assert WithoutQuery().filter(record)
    assert record.getMessage() == '1.2.3.4:5 - "GET /tasks/1/stream HTTP/1.1" 200'
