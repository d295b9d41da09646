"""Questions of SQuAD 2.0 that ask for a number, a year or a day, put to the research workload's typed reading.

    python bench/research_typed.py             of the half of the articles that is for reporting
    python bench/research_typed.py --fitting   of the other half

What is asked is the question itself, with a schema of one field, `answer`, of the type of the annotators' answer; no
model takes part. An answer is right when it is the value of an annotator's words. `answerable` questions are put to a
folder with their article, `out of corpus` the same to a folder without it, `adversarial` are those that the set holds
to have no answer though the article is there; of the last two any answer is wrong.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent))

from research_squad import LIMIT, SQUAD, Folders, halves, load  # stands beside this script

from gnomon.core.brief import Brief, Wish
from gnomon.workloads.research.plain.extractive import settle
from gnomon.workloads.research.plain.typed.candidate import Kind, Want
from gnomon.workloads.research.plain.typed.dates import dates
from gnomon.workloads.research.plain.typed.quantity import quantities
from gnomon.workloads.research.record import Source
from gnomon.workloads.research.wanted.fields import questions_of

Type = Literal["year", "day", "number"]
SCHEMAS: Final[Mapping[Type, Mapping[str, str]]] = {
    "year": {"type": "integer", "description": "The year"},
    "day": {"type": "string", "description": "The date"},
    "number": {"type": "number"},
}
ANY_DATE: Final = Want(kind=Kind.DATE, schema={"type": "string"})


@dataclass(frozen=True, slots=True)
class Typed:
    """A question with values of one type for its answer; without one where the set holds that it has none."""

    article: str
    text: str
    type: Type
    values: frozenset[object]


def typed_questions(titles: frozenset[str]) -> Iterator[Typed]:
    """Yield the questions of some articles that ask for a number, a year or a day."""
    for article in json.loads(SQUAD.read_text(encoding="utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        asked = [each for paragraph in article["paragraphs"] for each in paragraph["qas"] if title in titles]
        for each in asked:
            values = [found for answer in each["answers"] if (found := _value(answer["text"]))]
            kinds = sorted({kind for kind, _ in values}) or _kinds(each["question"]) * (not each["answers"])
            if kinds:
                right = frozenset(value for kind, value in values if kind == kinds[0])
                yield Typed(title, each["question"], kinds[0], right)


def _value(words: str) -> tuple[Type, object] | None:
    """Read what an annotator has marked, if it is a value of a type and little else."""
    words = words.strip()
    for found in dates(words, ANY_DATE):
        if found.end - found.start == len(words):
            value = str(found.value)
            return ("year", int(value)) if value.isdigit() else ("day", value)
    there = list(quantities(words))
    is_one = len(there) == 1 and there[0].start == 0 and 2 * there[0].end >= len(words)
    return ("number", float(there[0].number)) if is_one else None


def _kinds(question: str) -> list[Type]:
    lower = question.lower()
    if lower.startswith(("when", "what year", "in what year")):
        return ["year"]
    return ["number"] if lower.startswith("how many") else []


def put(folders: Folders, workspace: str, asked: Typed) -> str:
    """Put a question to a folder; say whether its answer is right, wrong or none."""
    schema = {"type": "object", "properties": {"answer": SCHEMAS[asked.type]}}
    (question,) = questions_of(Brief(input=asked.text, output=Wish(type="json", schema=schema)))
    found = folders.shelf.search(workspace, question.query, LIMIT)
    sources = [
        Source(url=each.url, title=each.title, text=each.text, start=each.start, document=each.document)
        for each in found.passages
    ]
    value = settle(question, sources, found.frequencies, found.size)[0].value
    return "none" if value is None else "right" if value in asked.values else "wrong"


def table(name: str, counts: Counter[tuple[str, str]]) -> None:
    for kind in sorted({kind for kind, _ in counts}):
        right, wrong, none = (counts[kind, outcome] for outcome in ("right", "wrong", "none"))
        answered = right + wrong
        good = f"{right / answered:.0%} of the answers right" if answered and name == "answerable" else ""
        print(f"{name:14} {kind:7} {right + wrong + none:4} questions, {answered:4} answered  {good}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fitting", action="store_true")
    options = parser.parse_args(arguments)
    fitting, reporting = halves(load())
    articles = fitting if options.fitting else reporting
    asked = list(typed_questions(frozenset(each.title for each in articles)))
    counts = {name: Counter[tuple[str, str]]() for name in ("answerable", "out of corpus", "adversarial")}
    with tempfile.TemporaryDirectory() as root:
        folders = Folders.open(Path(root), articles)
        whole = folders.hold(articles)
        for article in articles:
            others = folders.hold([each for each in articles if each is not article])
            for each in (one for one in asked if one.article == article.title):
                counts["answerable" if each.values else "adversarial"][
                    each.type, put(folders, whole, each)
                ] += 1
                if each.values:
                    counts["out of corpus"][
                        each.type, put(folders, others, each).replace("right", "wrong")
                    ] += 1
    for name, each in counts.items():
        table(name, each)


if __name__ == "__main__":
    main()
