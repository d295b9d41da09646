"""The goals of answering without a model, on questions that the weights were not fitted on."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gnomon.reading import ranking

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "bench"))

import refusal_curve  # noqa: E402  # scripts, no package
import research_squad as bench  # noqa: E402
from refusal_curve import Curve, Point  # noqa: E402

SQUAD = (
    Path(os.environ.get("GNOMON_GOLDEN") or ROOT.parent / "shared" / "golden") / "squad/dev-v2.0-part.json"
)
needs_squad = pytest.mark.skipif(
    not SQUAD.is_file(), reason="the golden cases are not beside the repository; set GNOMON_GOLDEN"
)


def test_the_picture_shows_each_curve_and_where_it_stands() -> None:
    points = [Point(0.5, 0.9), Point(0.9, 0.85), Point(1.0, 0.2)]
    picture = refusal_curve.draw([Curve("words & meaning", points, points[1])], bench.GOAL)
    drawn = ET.fromstring(picture)
    said = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "words & meaning" in said
    assert "85.0 % right, 90.0 % refused" in said
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 1


@pytest.fixture(scope="module")
def squad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bench.Bench]:
    articles = bench.load(SQUAD)
    folders = bench.Folders.open(tmp_path_factory.mktemp("squad"), articles)
    yield bench.Bench(folders, articles)
    folders.shelf.close()


@needs_squad
def test_the_halves_share_no_article(squad: bench.Bench) -> None:
    fitted, reported = bench.halves(squad.articles)
    assert not {each.title for each in fitted} & {each.title for each in reported}
    assert len(fitted) + len(reported) == len(squad.articles)


@needs_squad
def test_both_goals_hold_at_the_threshold_on_some_of_the_questions(squad: bench.Bench) -> None:
    others, reported = bench.halves(squad.articles)
    inside = squad.sibling(every=8).inside([bench.only_answerable(each) for each in reported])
    outside = squad.sibling(every=24).foreign(reported, others)
    assert len(inside) > 100
    assert bench.kept_and_right(inside, ranking.ANSWERABLE) >= bench.GOAL.right
    assert bench.refused(outside, ranking.ANSWERABLE) >= bench.GOAL.refused
    assert all(each.is_verbatim for each in (*inside, *outside))


@needs_squad
@pytest.mark.slow
def test_both_goals_hold_at_the_threshold_on_all_questions_however_they_are_put(squad: bench.Bench) -> None:
    others, reported = bench.halves(squad.articles)
    for case in bench.cases(squad, reported, others):
        point = case.at(ranking.ANSWERABLE)
        assert point.right >= bench.GOAL.right, case.name
        assert point.refused >= bench.GOAL.refused, case.name
        assert all(each.is_verbatim for each in (*case.inside, *case.outside))
