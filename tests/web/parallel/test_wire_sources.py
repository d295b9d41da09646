"""Source policies: what an entry may be, and its one spelling."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wires import refused, run_with, taken, told

from gnomon.web.dialects.parallel.wire.sources import fault_of, normal
from gnomon.web.dialects.parallel.wire.words import MOST_DOMAINS


def policy(**members: Any) -> dict[str, Any]:
    return run_with(source_policy=members)


@pytest.mark.parametrize(
    ("entry", "spelling"),
    [
        ("wikipedia.org", "wikipedia.org"),
        ("Wikipedia.ORG", "wikipedia.org"),
        ("wikipedia.org.", "wikipedia.org"),
        ("docs.python.org/3", "docs.python.org/3"),
        ("docs.python.org/3/", "docs.python.org/3"),
        ("docs.python.org/", "docs.python.org"),
        ("youtube.com/Shorts", "youtube.com/Shorts"),
        ("a.example/b/./c/../d", "a.example/b/d"),
        ("a.example/../..", "a.example"),
        ("a.example//b", "a.example/b"),
        ("a.example/%7Eme", "a.example/%7Eme"),
        ("a.example/x:y@z", "a.example/x:y@z"),
        (".gov", ".gov"),
        (".co.UK", ".co.uk"),
        ("münchen.example", "münchen.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("my_host.example", "my_host.example"),
    ],
)
def test_good_entries_have_one_spelling(entry: str, spelling: str) -> None:
    assert fault_of(entry) is None
    assert normal(entry) == spelling
    order = taken(policy(include_domains=[entry]))
    assert order.task_input["sources"] == {"include": [spelling]}
    assert order.wording["source_policy"] == {"include_domains": [entry]}


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("https://a.example", "Leave the scheme out"),
        ("a.example/http://b.example", "Leave the scheme out"),
        ("a.example:8080", "Leave the port out"),
        ("u@a.example", "Leave user names out"),
        ("a.example?q=1", "Leave the query out"),
        ("a.example/b?q=1", "Leave the query out"),
        ("a.example/b#c", "Leave the fragment out"),
        ("*.example.com", "Leave the wildcard out"),
        ("a.example/*", "Leave the wildcard out"),
        ("a.example\\b", "Write the path with slashes"),
        ("a.example/b c", "a space or a control character"),
        ("a.example/\u200b", "a space or a control character"),
        ("a.example/" + "b" * 2048, "longer than 2048"),
        ("", "is no domain"),
        (" ", "a space"),
        ("localhost", "is no domain"),
        ("com", "is no domain"),
        (".", "is no domain"),
        ("..gov", "is no domain"),
        (".gov/a", "is no domain"),
        ("/a", "is no domain"),
        ("-a.example", "is no domain"),
        ("a-.example", "is no domain"),
        ("a..example", "is no domain"),
        ("a" * 64 + ".example", "is no domain"),
    ],
)
@pytest.mark.parametrize("name", ["include_domains", "exclude_domains"])
def test_a_bad_entry_is_refused_with_what_to_give(name: str, entry: str, word: str) -> None:
    (complaint,) = refused(policy(**{name: ["a.example", entry]}))
    assert complaint.loc == ("source_policy", name, 1)
    assert word in complaint.message
    assert "give a domain (example.com), a domain with a path (example.com/docs)" in complaint.message
    assert len(complaint.message) < 400


@given(st.text())
def test_any_text_has_a_fault_or_a_spelling_that_stays(entry: str) -> None:
    if fault_of(entry) is None:
        assert fault_of(normal(entry)) is None
        assert normal(normal(entry)) == normal(entry)


def test_both_lists_together_have_a_length() -> None:
    half = [f"a{n}.example" for n in range(MOST_DOMAINS // 2)]
    taken(policy(include_domains=half, exclude_domains=half))
    (complaint,) = refused(policy(include_domains=half, exclude_domains=[*half, "b.example"]))
    assert complaint.loc == ("source_policy",)
    assert "200 domains at most, both lists together; these are 201" in complaint.message


def test_who_includes_need_not_exclude() -> None:
    order = taken(policy(include_domains=[".gov"], exclude_domains=["a.gov"]))
    assert order.task_input["sources"] == {"include": [".gov"]}
    assert told(order) == [
        "'source_policy.exclude_domains' is ignored, because 'include_domains' says where to look."
    ]


def test_an_empty_list_includes_everything() -> None:
    order = taken(policy(include_domains=[], exclude_domains=["a.gov"]))
    assert order.task_input["sources"] == {"exclude": ["a.gov"]}
    assert told(order) == []


@pytest.mark.parametrize("members", [{}, {"include_domains": []}, {"after_date": None}])
def test_a_policy_that_says_nothing_is_none(members: dict[str, Any]) -> None:
    assert "sources" not in taken(policy(**members)).task_input


@pytest.mark.parametrize(
    "day",
    [
        *(
            "",
            "2026",
            "2026-1-1",
            "2026-02-30",
            "20260131",
            "2026-W05-6",
            "31.01.2026",
            "2026-01-31T00:00:00Z",
        ),
        *("\N{FULLWIDTH DIGIT TWO}026-01-31", "0000-01-01"),
    ],
)
def test_a_day_must_be_one_of_the_calendar(day: str) -> None:
    (complaint,) = refused(policy(after_date=day))
    assert complaint.loc == ("source_policy", "after_date")
    assert "such as 2026-01-31" in complaint.message


def test_a_policy_with_a_fault_is_left_out_whole() -> None:
    order = taken(policy(include_domains=["a.example", "*"]), is_lenient=True)
    assert "sources" not in order.task_input
    assert told(order)[0].endswith("The source policy was left out.")
