"""Log lines: an event, then its fields, on one line."""

import logging

import pytest

from gnomon.cli.log import Fields


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "task.claimed"),
        ({"task_id": "tsk_1", "fence": 2}, "task.claimed task_id=tsk_1 fence=2"),
        ({"reason": "two words"}, "task.claimed reason='two words'"),
        ({"path": "/\x1b[2J"}, "task.claimed path='/\\x1b[2J'"),
        ({"reason": "a\nb=c"}, "task.claimed reason='a\\nb=c'"),
    ],
)
def test_extra_fields_follow_the_event(given: dict[str, object], line: str) -> None:
    record = logging.makeLogRecord({"msg": "task.claimed", "name": "gnomon", "levelname": "INFO", **given})
    assert Fields().format(record).endswith(line)
