"""Answers: Retry-After in all its forms, and words for the receiver's owner."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.delivery.answer import complain, read_retry_after, text_of
from gnomon.outbound.gate import Answer

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("9" * 50, 1e9),
        ("Mon, 01 Jun 2026 12:02:00 GMT", 120),
        ("Mon, 01 Jun 2026 12:02:00 -0000", 120),
        ("Mon, 01 Jun 2026 14:02:00 +0200", 120),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("Monday, 01-Jun-26 12:02:00 GMT", 120),
    ],
)
def test_seconds_and_dates_are_read(text: str, seconds: float) -> None:
    assert read_retry_after(text, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", [None, "", "soon", "-5", "1.5", "٣", "2026-06-01", "Mon, 99 Jun 2026 12:02:00 GMT"]
)
def test_what_is_neither_says_nothing(text: str | None) -> None:
    assert read_retry_after(text, NOW) is None


@given(st.text(max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    read = read_retry_after(text, NOW)
    assert read is None or read >= timedelta(0)


def answer(code: int, **headers: str) -> Answer:
    return Answer(status_code=code, headers=headers, body=b"")


@pytest.mark.parametrize("code", [200, 204, 299])
def test_success_is_no_complaint(code: int) -> None:
    assert complain(answer(code)) is None


def test_a_redirect_is_a_complaint_that_says_where_to() -> None:
    told = complain(answer(301, location="https://new.example/\x1b[31m" + "x" * 999))
    assert told is not None
    assert "answered 301 (to https://new.example/?[31mx" in told
    assert "redirects are not followed" in told
    assert len(told) < 400


def test_any_other_answer_is_named() -> None:
    assert complain(answer(500)) == "The receiver answered 500."
    assert complain(answer(302)) is not None


def test_an_answers_text_is_text_whatever_the_bytes() -> None:
    assert text_of(b"a\0b\xff") == "a\ufffdb\ufffd"
