"""Processors: eighteen names, and the kind of task behind each."""

from typing import Any

import pytest

from gnomon.core.brief import EFFORTS as BRIEF_EFFORTS
from gnomon.core.task import Visibility
from gnomon.core.workload import Workload
from gnomon.web.dialects.parallel.processors import PROCESSORS, Processors, UnknownProcessor


def never(*_: Any) -> None:
    raise AssertionError


RESEARCH = Workload(kind="research", run=never, takes_brief=True)
ECHO = Workload(kind="echo", run=never)
HIDDEN = Workload(kind="hidden", run=never, visibility=Visibility.INTERNAL)
WORKLOADS = {one.kind: one for one in (RESEARCH, ECHO, HIDDEN)}


def test_there_are_nine_names_and_their_fast_twins() -> None:
    assert len(PROCESSORS) == len(set(PROCESSORS)) == 18
    found = [Processors((), WORKLOADS).find(name) for name in PROCESSORS]
    assert [one.effort for one in found] == [*BRIEF_EFFORTS, *BRIEF_EFFORTS]
    assert [one.is_fast for one in found] == [False] * 9 + [True] * 9


def test_research_stands_behind_all_of_them_when_nothing_is_said() -> None:
    found = Processors((), WORKLOADS).find("ultra8x-fast")
    assert (found.kind, found.takes_brief, found.effort) == ("research", True, 9)


@pytest.mark.parametrize(
    ("texts", "name", "kind"),
    [
        (["pro=echo"], "pro", "echo"),
        (["pro=echo"], "pro-fast", "echo"),
        (["pro=echo"], "base", "research"),
        (["pro=echo", "pro-fast=research"], "pro-fast", "research"),
        (["*=echo"], "lite", "echo"),
        (["*=echo", "lite=research"], "lite", "research"),
        (["*=echo", "*=echo"], "lite", "echo"),
    ],
)
def test_a_name_is_assigned_before_its_twin_and_before_all_others(
    texts: list[str], name: str, kind: str
) -> None:
    assert Processors(texts, WORKLOADS).find(name).kind == kind


@pytest.mark.parametrize(
    ("name", "tells"), [("core2x", False), ("lite-fast", False), ("pro", True), ("ultra8x-fast", True)]
)
def test_the_larger_ones_tell_events(name: str, tells: bool) -> None:
    assert Processors((), WORKLOADS).find(name).tells_events is tells


@pytest.mark.parametrize("name", ["turbo", "", "Pro", "pro-fast-fast", "*", "x" * 10_000])
def test_another_name_is_refused_with_those_that_are_good(name: str) -> None:
    with pytest.raises(UnknownProcessor, match="Use one of: base, base-fast") as refused:
        Processors((), WORKLOADS).find(name)
    assert len(refused.value.message) < 500


def test_a_name_without_a_workload_is_refused_with_the_remedy() -> None:
    with pytest.raises(UnknownProcessor, match=r"Its operator assigns one .* --processor '\*=KIND'"):
        Processors((), {"echo": ECHO}).find("pro")
    with pytest.raises(UnknownProcessor, match=r"Use one of: lite, lite-fast\."):
        Processors(["lite=echo"], {"echo": ECHO}).find("pro")


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (["turbo=echo"], "no processor 'turbo'"),
        (["pro=eco"], "Did you mean 'echo'"),
        (["pro=hidden"], "no kind 'hidden'"),
        (["pro"], "no kind ''"),
        (["pro=echo", "pro=research"], "assigned twice"),
    ],
)
def test_a_wrong_assignment_stops_the_start(texts: list[str], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Processors(texts, WORKLOADS)
