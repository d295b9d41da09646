"""Questions of SQuAD 2.0 put to a folder of its articles: is the right sentence shown, is what is not there refused?

    python bench/research_squad.py [--semantic] [--every N]            the tables, with the weights as they are
    python bench/research_squad.py --curve docs/refusal.svg            and the picture of both goals by threshold
    python bench/research_squad.py --fit [--semantic]                  fit the weights anew and print them
    python bench/research_squad.py --fit --swap [--semantic]           the two halves change places
    python bench/research_squad.py --beside FOLDER [--every N]         with all that is in a folder indexed beside

Every article is a text file in a folder of its own, read, cut, indexed and searched by the library itself. Of the
articles in alphabetical order, the first, third ... are for fitting, the second, fourth ... for reporting. A sentence
is right when one of the annotators' answers begins in it, in the paragraph that the question was asked of.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from secrets import randbits
from statistics import fmean, median
from typing import Any, Final

import numpy as np

from gnomon.core.library import Found
from gnomon.library.shelf import Shelf
from gnomon.reading import ranking
from gnomon.reading.embedding import find_embedder
from gnomon.reading.ranking import Asked, Embed, Ranked
from gnomon.workloads.research.plain.quoting import NEAR_BEST

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import refusal_curve  # noqa: E402  # stand beside this script, which is no package
import research_fit  # noqa: E402  # beside this script, too
from refusal_curve import Curve, Point  # noqa: E402  # beside this script, too

GOLDEN = Path(os.environ.get("GNOMON_GOLDEN") or HERE.parents[1] / "shared" / "golden")
SQUAD = GOLDEN / "squad" / "dev-v2.0-part.json"
LIMIT: Final = 20
"""Passages asked of the library for one question."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question of the set."""

    article: str
    paragraph: int
    text: str
    answers: Sequence[int]
    """Where answers begin in the paragraph; none where the set holds that it has no answer."""
    words: Sequence[str] = ()
    """What the annotators marked there."""


@dataclass(frozen=True, slots=True)
class Article:
    title: str
    paragraphs: Sequence[str]
    queries: Sequence[Query]


def load(path: Path = SQUAD) -> list[Article]:
    """Read the set, in alphabetical order of titles."""
    articles = [_article(each) for each in json.loads(path.read_text(encoding="utf-8"))["data"]]
    return sorted(articles, key=lambda each: each.title)


def _article(each: Mapping[str, Any]) -> Article:
    title, paragraphs = str(each["title"]).replace("_", " "), each["paragraphs"]
    queries = [
        Query(
            title,
            n,
            asked["question"],
            tuple(answer["answer_start"] for answer in asked["answers"]),
            tuple(answer["text"] for answer in asked["answers"]),
        )
        for n, paragraph in enumerate(paragraphs)
        for asked in paragraph["qas"]
    ]
    return Article(title, [paragraph["context"] for paragraph in paragraphs], queries)


def halves(articles: Sequence[Article]) -> tuple[Sequence[Article], Sequence[Article]]:
    """Return those for fitting and those for reporting."""
    return articles[0::2], articles[1::2]


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return randbits(bits)


@dataclass(slots=True)
class Folders:
    """Folders of articles, each the library of a workspace of its own."""

    root: Path
    shelf: Shelf
    texts: dict[str, str] = field(default_factory=dict)
    """What the library holds of each document."""

    @classmethod
    def open(cls, root: Path, articles: Sequence[Article]) -> "Folders":
        for article in articles:
            folder = root / "articles" / article.title
            folder.mkdir(parents=True)
            whole = "\n\n".join([article.title, *article.paragraphs]) + "\n"
            (folder / f"{article.title}.txt").write_text(whole, encoding="utf-8")
        return cls(root, Shelf.open(root / "library.sqlite", WallClock()))

    def hold(self, articles: Sequence[Article]) -> str:
        """Index a folder of articles; return the workspace that sees it alone."""
        workspace = f"w{len({each.workspace for each in self.shelf.folders()})}"
        for article in articles:
            folder = self.shelf.add_folder(workspace, self.root / "articles" / article.title)
            self.shelf.scan(folder.seq)
        self.shelf.read_in()
        return workspace

    def hold_beside(self, place: Path) -> None:
        """Index a folder that every workspace sees."""
        self.shelf.scan(self.shelf.add_folder(None, place).seq)
        self.shelf.read_in()

    def text(self, document: str) -> str:
        if document not in self.texts:
            self.texts[document] = self.shelf.read(document).text
        return self.texts[document]


@dataclass(frozen=True, slots=True)
class Posed:
    """A question that was put to a folder, and what came of it."""

    query: Query
    asked: Asked
    found: Found
    ranked: Sequence[Ranked]
    """The best first."""
    is_right: Sequence[bool]
    place: int | None
    """Which of the passages found holds an answer, from 0; None where none does."""
    is_verbatim: bool
    probability: float
    milliseconds: float

    def finds(self, first: int) -> bool:
        """Tell whether a passage with an answer is among the first."""
        return self.place is not None and self.place < first

    def shows(self, first: int) -> bool:
        """Tell whether the right sentence is among the first."""
        return any(self.is_right[:first])


def pose(
    folders: Folders, article: Article, workspace: str, query: Query, embed: Embed | None, limit: int
) -> Posed:
    """Put a question of an article to a folder."""
    found = folders.shelf.search(workspace, query.text, LIMIT)
    texts = [each.text for each in found.passages]
    titles = [f"{each.title} {each.heading}" for each in found.passages]
    asked = ranking.ask(query.text, found.frequencies, found.size)
    before = time.perf_counter()
    ranked = ranking.rank(
        query.text, texts, found.frequencies, found.size, titles=titles, similarity=embed, limit=limit
    )
    verdict = ranking.judge(query.text, ranked, found.frequencies, found.size)
    milliseconds = (time.perf_counter() - before) * 1e3
    answers = list(_answers(folders, article, query, found))
    right = [any(n == each.passage and each.start <= at < each.end for n, at in answers) for each in ranked]
    verbatim = all(_is_verbatim(folders, found, each) for each in ranked[: ranking.SHOWN])
    place = min((n for n, _ in answers), default=None)
    return Posed(query, asked, found, ranked, right, place, verbatim, verdict.probability, milliseconds)


def _answers(folders: Folders, article: Article, query: Query, found: Found) -> Iterator[tuple[int, int]]:
    """Yield each place among the passages where an answer begins: which passage, and where in it."""
    for n, passage in enumerate(found.passages):
        if passage.title == article.title and query.answers:
            # Beside the article there may be another of its title.
            begin = folders.text(passage.document).find(article.paragraphs[query.paragraph])
            places = [begin + at - passage.start for at in query.answers] if begin >= 0 else []
            yield from ((n, at) for at in places if 0 <= at < len(passage.text))


def _is_verbatim(folders: Folders, found: Found, each: Ranked) -> bool:
    passage = found.passages[each.passage]
    excerpt = passage.text[each.start : each.end]
    begin = passage.start + each.start
    return bool(excerpt) and folders.text(passage.document)[begin : begin + len(excerpt)] == excerpt


@dataclass(slots=True)
class Bench:
    """The set, its folders, and how many of the questions are put."""

    folders: Folders
    articles: Sequence[Article]
    every: int = 1
    embed: Embed | None = None
    limit: int = ranking.CONSIDERED

    def inside(self, articles: Sequence[Article], among: Sequence[Article] = ()) -> list[Posed]:
        """Put the questions of articles to the folder of these articles, or of others that these are among."""
        return self.pose(self.folders.hold(among or articles), articles)

    def outside(self, articles: Sequence[Article], among: Sequence[Article] = ()) -> list[Posed]:
        """Put the questions of each article to the folder from which it alone was left out."""
        posed: list[Posed] = []
        for article in articles:
            others = [each for each in among or articles if each.title != article.title]
            posed += self.pose(self.folders.hold(others), [article])
        return posed

    def foreign(self, articles: Sequence[Article], others: Sequence[Article]) -> list[Posed]:
        """Put the questions of other articles to the folder of these."""
        return self.pose(self.folders.hold(articles), others)

    def pose(self, workspace: str, articles: Sequence[Article]) -> list[Posed]:
        return [
            pose(self.folders, article, workspace, query, self.embed, self.limit)
            for article in articles
            for query in article.queries[:: self.every]
        ]

    def sibling(self, every: int = 1, limit: int = ranking.CONSIDERED) -> "Bench":
        """Return a bench over the same folders that puts fewer questions, or looks at more sentences."""
        return replace(self, every=self.every * every, limit=limit)


def answerable(posed: Sequence[Posed]) -> list[Posed]:
    return [each for each in posed if each.query.answers]


def unanswerable(posed: Sequence[Posed]) -> list[Posed]:
    return [each for each in posed if not each.query.answers]


def only_answerable(article: Article) -> Article:
    """Leave out the questions that the set holds to have no answer."""
    return replace(article, queries=[each for each in article.queries if each.answers])


def kept_and_right(posed: Sequence[Posed], threshold: float) -> float:
    """Return how many of all answerable questions are answered, with the right sentence among those shown."""
    return fmean(each.probability >= threshold and each.shows(ranking.SHOWN) for each in posed)


def refused(posed: Sequence[Posed], threshold: float) -> float:
    return fmean(each.probability < threshold for each in posed)


# Fitting

EVERY_SENTENCE: Final = 10_000
CONSIDERED_IN_FIT: Final = 2 * ranking.CONSIDERED
FOLDERS_IN_FIT: Final = (1, 2, 3)
"""Articles of the smaller folders that take part."""


def fit(bench: Bench, tuning: Sequence[Article]) -> dict[str, object]:
    """Fit weights and threshold on articles, put them to use, and return them by the names that they have."""
    end = "_WITH_MEANING" if bench.embed else ""
    constants: dict[str, object] = {}

    def settle(name: str, value: object) -> None:
        constants[name + end] = value
        setattr(ranking, name + end, value)

    wide = bench.sibling(limit=CONSIDERED_IN_FIT if bench.embed else EVERY_SENTENCE)
    answerable_ones = [only_answerable(each) for each in tuning]
    choices = [_choice(each) for each in wide.inside(answerable_ones) if each.ranked]
    settle("WEIGHTS", research_fit.rounded(research_fit.fit_sentences(choices)))
    inside, outside = bench.inside(answerable_ones), bench.outside(tuning)
    near, far = rings(bench, answerable_ones)
    trials, judged = _trials([*inside, *near], [*outside, *far]), _trials(inside, outside)
    settle("TRUST_WEIGHTS", research_fit.rounded(research_fit.fit_trust(trials)))
    most = research_fit.REFUSED_WITH_MEANING if bench.embed else research_fit.REFUSED
    settle("ANSWERABLE", round(research_fit.choose_threshold(trials, judged, most), 2))
    return constants


def rings(bench: Bench, articles: Sequence[Article]) -> tuple[list[Posed], list[Posed]]:
    """Put questions to smaller folders that their article is in, and to those that it is not in."""
    near, far = [], []
    for size in FOLDERS_IN_FIT:
        for n in range(len(articles)):
            outer, *inner = _ring(articles, n, size)
            workspace = bench.folders.hold(inner)
            near += bench.sibling(every=2).pose(workspace, inner[:1])
            far += bench.sibling(every=2).pose(workspace, [outer])
    return near, far


def _ring(articles: Sequence[Article], first: int, size: int) -> list[Article]:
    """Return an article to be left out, and those after it, in a ring."""
    return [articles[(first + step) % len(articles)] for step in range(size + 1)]


def _choice(each: Posed) -> research_fit.Choice:
    return research_fit.Choice(np.array([_signs(one) for one in each.ranked]), np.array(each.is_right))


def _signs(each: Ranked) -> Sequence[float]:
    return each.signs if each.similarity is None else (*each.signs, each.similarity)


def _trials(inside: Sequence[Posed], outside: Sequence[Posed]) -> research_fit.Trials:
    within = [(each, True) for each in answerable(inside) if each.ranked]
    rows = within + [(each, False) for each in outside if each.ranked]
    return research_fit.Trials(
        signs=np.array([ranking.trust(each.asked, each.ranked) for each, _ in rows]),
        is_right=np.array([is_inside and each.shows(ranking.SHOWN) for each, is_inside in rows]),
        is_inside=np.array([is_inside for _, is_inside in rows]),
        article=np.array([each.query.article for each, _ in rows]),
    )


# Reporting

GOAL: Final = Point(refused=0.85, right=0.80)
FIRSTS: Final = (1, 2, 3, 5, 10)
PLACES: Final = (1, 3, 5, 10, 20)
BOUNDS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Case:
    """A folder, questions whose articles are in it, and questions whose articles are not."""

    name: str
    inside: Sequence[Posed]
    outside: Sequence[Posed]

    def at(self, threshold: float) -> Point:
        return Point(refused(self.outside, threshold), kept_and_right(answerable(self.inside), threshold))

    def curve(self) -> list[Point]:
        return [self.at(step / 100) for step in range(101)]


def cases(bench: Bench, reporting: Sequence[Article], others: Sequence[Article]) -> list[Case]:
    """Put the questions of the reporting articles in three ways."""
    inside = bench.inside(reporting)
    return [
        Case("its folder; outside: each article left out in turn", inside, bench.outside(reporting)),
        Case("its folder; outside: the other half's questions", inside, bench.foreign(reporting, others)),
        Case(
            "the folder of all; outside: each article left out in turn",
            bench.inside([only_answerable(each) for each in reporting], bench.articles),
            bench.outside(reporting, bench.articles),
        ),
    ]


def threshold_of(bench: Bench) -> float:
    return ranking.ANSWERABLE_WITH_MEANING if bench.embed else ranking.ANSWERABLE


def report(bench: Bench, found: Sequence[Case]) -> Iterator[str]:
    """Word the tables."""
    threshold = threshold_of(bench)
    asked = answerable(found[0].inside)
    yield f"{len(asked)} answerable questions, {found[0].inside[0].found.size} passages, threshold {threshold:.2f}\n"
    yield _row("the library alone: an answer's passage among the first", *PLACES)
    yield _row("", *(_percent(fmean(each.finds(first) for each in asked)) for first in PLACES))
    yield _row("library and ranking: the right sentence among the first", *FIRSTS)
    yield _row("", *(_percent(fmean(each.shows(first) for each in asked)) for first in FIRSTS))
    yield _row("ranking alone, in the answer's passage: among the first", *FIRSTS[:3])
    yield _row("", *(_percent(value) for value in alone(bench, asked)))
    yield from _goals(found, threshold)
    yield from _curve(found, threshold)
    yield from _reliability(found[0])
    shown = [each for case in found for each in (*case.inside, *case.outside)]
    yield f"\nexcerpts verbatim: {_percent(fmean(each.is_verbatim for each in shown))} of {len(shown)} questions"
    times = sorted(each.milliseconds for each in shown)
    yield f"ranking and judging: {median(times):.1f} ms, p99 {times[int(0.99 * len(times))]:.1f} ms a question"


def alone(bench: Bench, asked: Sequence[Posed]) -> Iterator[float]:
    """Rank the sentences of the passage that holds the answer, with no other beside it."""
    found = [_alone(bench, each) for each in asked if each.place is not None]
    yield from (fmean(any(rights[:first]) for rights in found) for first in FIRSTS[:3])


def _alone(bench: Bench, each: Posed) -> list[bool]:
    held, queries = each.found.passages[each.place or 0], each.query
    ranked = ranking.rank(
        queries.text, [held.text], each.found.frequencies, each.found.size, similarity=bench.embed
    )
    right = {(one.start, one.end) for one, is_so in zip(each.ranked, each.is_right, strict=True) if is_so}
    return [(one.start, one.end) in right for one in ranked]


def _goals(found: Sequence[Case], threshold: float) -> Iterator[str]:
    heads = ("right sentence shown", "answered", "refused", "refused of answerable wording")
    yield _row("\nat the threshold", *heads)
    for case in found:
        inside = answerable(case.inside)
        point = case.at(threshold)
        answered = 1.0 - refused(inside, threshold)
        outside = refused(answerable(case.outside), threshold)
        yield _row(case.name, *map(_percent, (point.right, answered, point.refused, outside)))
    odd = unanswerable(found[0].inside)
    yield _quoted([each for each in answerable(found[0].inside) if each.probability >= threshold])
    yield f"written to have no answer in their paragraph ({len(odd)}): refused {_percent(refused(odd, threshold))}"


def _quoted(answered: Sequence[Posed]) -> str:
    """Word what quoting only sentences that are near the best one saves and costs."""
    near = [
        sum(one.score >= NEAR_BEST * each.ranked[0].score for one in each.ranked[: ranking.SHOWN])
        for each in answered
    ]
    right = fmean(each.shows(first) for each, first in zip(answered, near, strict=True))
    shown = fmean(each.shows(ranking.SHOWN) for each in answered)
    alone = fmean(number == 1 for number in near)
    return (
        f"quoted of the first three: {fmean(near):.2f} an answer, the best alone in {_percent(alone)}; "
        f"the right one among them in {_percent(right)} of the answers, among the three in {_percent(shown)}"
    )


def _curve(found: Sequence[Case], threshold: float) -> Iterator[str]:
    yield _row("\nthreshold", *(case.name for case in found))
    for step in sorted({0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, threshold}):
        points = [case.at(step) for case in found]
        yield _row(f"{step:.2f}", *(f"{_percent(each.right)} / {_percent(each.refused)}" for each in points))


def _reliability(case: Case) -> Iterator[str]:
    """Word how often the right sentence was shown, by what was promised; inside and outside weigh the same."""
    inside = answerable(case.inside)
    worth = [(each, 0.5 / len(inside)) for each in inside]
    worth += [(each, 0.5 / len(case.outside)) for each in case.outside]
    odd = unanswerable(case.inside)
    yield _row("\nprobability", "questions", "promised", "right sentence shown", "of those without an answer")
    for low, high in pairwise(BOUNDS):
        held = [(each, weight) for each, weight in worth if low <= each.probability < high]
        if held:
            total = sum(weight for _, weight in held)
            promised = sum(each.probability * weight for each, weight in held) / total
            shown = sum(each.shows(ranking.SHOWN) * weight for each, weight in held) / total
            here = fmean(low <= each.probability < high for each in odd)
            yield _row(f"{low:.2f} to {high:.2f}", len(held), *map(_percent, (promised, shown, here)))


def _row(first: str, *rest: object) -> str:
    return " | ".join([first, *map(str, rest)])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


# The command


def main() -> None:
    given = _arguments()
    embed = Remembered(find_embedder(threads=2)) if given.semantic else None
    with tempfile.TemporaryDirectory() as place:
        articles = load()
        bench = Bench(Folders.open(Path(place), articles), articles, every=given.every)
        if given.beside:
            bench.folders.hold_beside(given.beside)
        tuning, reporting = reversed(halves(articles)) if given.swap else halves(articles)
        if given.fit:
            ranking.CLEAR = (0.0, 1.0)  # every sentence that is fitted on needs its similarity
            _print_constants(fit(bench, tuning))
        plain = cases(bench, reporting, tuning)
        print(*report(bench, plain), sep="\n")
        if embed:
            bench.embed = embed
            if given.fit:
                _print_constants(fit(bench, tuning))
            print("\nwith meaning", *report(bench, near := cases(bench, reporting, tuning)), sep="\n")
        if given.curve:
            Path(given.curve).write_text(picture(plain, near if embed else None), encoding="utf-8")


def picture(plain: Sequence[Case], near: Sequence[Case] | None) -> str:
    """Draw the curve of the first case, without and with meaning."""
    curves = [Curve("words alone", plain[0].curve(), plain[0].at(ranking.ANSWERABLE))]
    if near:
        chosen = near[0].at(ranking.ANSWERABLE_WITH_MEANING)
        curves.append(Curve("words and meaning", near[0].curve(), chosen))
    return refusal_curve.draw(curves, GOAL)


def _print_constants(constants: Mapping[str, object]) -> None:
    for name, value in constants.items():
        print(f"{name}: Final = {value}", flush=True)


class Remembered:
    """An embedder that does not embed the same text twice: sentences come back with many questions."""

    def __init__(self, embed: Embed | None) -> None:
        if embed is None:
            raise SystemExit("There is no model to embed with: gnomon models pull minilm")
        self._embed = embed
        self._known: dict[str, Sequence[float]] = {}

    def __call__(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))
        return [self._known[text] for text in texts]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--semantic", action="store_true", help="measure also with embeddings")
    parser.add_argument("--fit", action="store_true", help="fit the weights anew, and print them")
    parser.add_argument(
        "--swap", action="store_true", help="fit on the half that reports, and the other way round"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="put every Nth question alone")
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="index this folder too")
    parser.add_argument("--curve", metavar="SVG", help="draw the curve")
    return parser.parse_args()


if __name__ == "__main__":
    main()
