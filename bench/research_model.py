"""Questions of SQuAD 2.0 put to the research workload with a model, and to the extractive engine beside it.

    python bench/research_model.py                                       local:smollm2, which is no answerer
    python bench/research_model.py --model openai:gpt-5-mini             any other model that research can be given
    python bench/research_model.py --model NAME --model-url http://localhost:11434/v1

Of the half of the articles that is for reporting (see research_squad.py), the answerable questions; of the other
half, whose articles are not in the folder, questions from outside. Each is put in two forms: as a schema of one
nullable string, `answer`, and as a text. It runs until all are put or the minutes are used up, the forms and the
kinds of question in turn, and says how many were put. An answer is right when it has the words of an annotator's
answer in it, wherever it took them from; longer answers have it easier, so their words are counted too.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import chain, zip_longest
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal

from research_squad import Folders, Query, halves, load, only_answerable  # stands beside this script

from gnomon.core.workload import Failure
from gnomon.engine.local import run_locally
from gnomon.wiring.schemas import with_schema_check
from gnomon.workloads.research import RESEARCH

Form = Literal["field", "text"]
FORMS: Final[Mapping[Form, Mapping[str, Any]]] = {
    "field": {
        "type": "json",
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "required": ["answer"],
            "properties": {"answer": {"type": ["string", "null"], "description": "The answer, in short."}},
        },
    },
    "text": {"type": "text"},
}
ARTICLE: Final = re.compile(r"\b(?:a|an|the)\b")
CITED: Final = re.compile(r"/documents/(doc_\w+)/page")
PLACES: Final = re.compile(r"[?&]at=([\d,-]+)")
DROPPED_VALUE: Final = "so it was dropped"
DROPPED_TEXT: Final = re.compile(r"(\d+) paragraphs? of the model had no quote")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A question as it is put."""

    query: Query
    form: Form
    is_inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question."""

    trial: Trial
    engine: str
    seconds: float
    is_right: bool = False
    is_refused: bool = False
    words: int = 0
    excerpts: int = 0
    verbatim: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = 0.0
    dropped: int = 0
    """Values, or paragraphs of a text, that the model gave and code could not verify."""
    cuts: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where questions are put: a folder of articles, and the settings of one engine."""

    name: str
    folders: Folders
    workspace: str
    settings: Mapping[str, Any]
    effort: int
    blobs: Path
    done: list[Outcome] = field(default_factory=list)

    def put(self, trial: Trial) -> None:
        """Put a question, and keep what came of it."""
        began = time.perf_counter()
        try:
            answer = self._ask(trial)
        except Failure as failure:
            answer = {"engine": f"failed: {failure.code}"}
        seconds = time.perf_counter() - began
        self.done.append(self._read(trial, answer, seconds))

    def _ask(self, trial: Trial) -> Any:
        order = {"input": trial.query.text, "effort": self.effort, "output": FORMS[trial.form]}
        return run_locally(
            with_schema_check(RESEARCH),
            order,
            blobs=self.blobs,
            settings=self.settings,
            search=lambda query, limit: self.folders.shelf.search(self.workspace, query, limit),
        )

    def _read(self, trial: Trial, answer: Mapping[str, Any], seconds: float) -> Outcome:
        if "content" not in answer:
            return Outcome(trial=trial, engine=answer["engine"], seconds=seconds)
        content, basis, usage = answer["content"], answer["basis"], answer["usage"]
        said = content if isinstance(content, str) else content["answer"]
        stands = [each for entry in basis for cited in entry["citations"] for each in self._stand(cited)]
        return Outcome(
            trial=trial,
            engine=answer["engine"],
            seconds=seconds,
            is_right=bool(said and stands) and contains(said, trial.query.words),
            is_refused=said is None or not stands,
            words=len((said or "").split()),
            excerpts=len(stands),
            verbatim=sum(stands),
            calls=usage["calls"],
            tokens_in=usage["input_tokens"],
            tokens_out=usage["output_tokens"],
            cost=usage["cost_usd"],
            dropped=dropped(answer),
            cuts=answer["truncated"],
        )

    def _stand(self, citation: Mapping[str, Any]) -> Iterator[bool]:
        """Hold each excerpt against the document at the very place that its address names."""
        document, places = CITED.search(citation["url"]), PLACES.search(citation["url"])
        spans = [tuple(map(int, each.split("-"))) for each in places[1].split(",")] if places else []
        for span, excerpt in zip_longest(spans, citation["excerpts"]):
            whole = self.folders.text(document[1]) if document else ""
            yield span is not None and bool(excerpt) and whole[span[0] : span[1]] == excerpt


def contains(said: str, answers: Sequence[str]) -> bool:
    """Say whether the words of one of the answers stand in what was said."""
    plain = f" {_plain(said)} "
    return any(f" {wanted} " in plain for each in answers if (wanted := _plain(each)))


def _plain(text: str) -> str:
    return " ".join(ARTICLE.sub(" ", re.sub(r"[^\w\s]|_", " ", text.lower())).split())


def dropped(answer: Mapping[str, Any]) -> int:
    """Count what the model gave and code could not verify, by what the answer itself tells of it."""
    values = sum(DROPPED_VALUE in entry["reasoning"] for entry in answer["basis"])
    found = (DROPPED_TEXT.match(cut) for cut in answer["truncated"])
    return values + sum(int(each[1]) for each in found if each)


def trials(inside: Sequence[Query], outside: Sequence[Query]) -> list[Trial]:
    """Set the questions in the order they are put: kinds and forms in turn, so that one may stop anywhere."""
    put = [Trial(query=each, form="field", is_inside=True) for each in inside]
    others = [Trial(query=each, form="field", is_inside=False) for each in outside]
    share = max(1, round(len(put) / max(1, len(others))))
    groups = zip_longest(*[_parts(put, share), _parts(others, 1)], fillvalue=())
    mixed = [each for pair in groups for part in pair for each in part]
    both = ((each, Trial(query=each.query, form="text", is_inside=each.is_inside)) for each in mixed)
    return [*chain.from_iterable(both)]


def _parts(trials: Sequence[Trial], size: int) -> Iterator[Sequence[Trial]]:
    return (trials[place : place + size] for place in range(0, len(trials), size))


# Reporting

HEADS: Final = (
    "form",
    "questions",
    "engine set",
    "put",
    "right",
    "refused",
    "words",
    "excerpts verbatim",
    "engine that answered",
    "dropped",
    "calls",
    "tokens in / out",
    "seconds",
)


def table(desks: Sequence[Desk]) -> Iterator[str]:
    """Word the results, a row for each form, kind of question and engine."""
    yield _row(HEADS)
    yield _row(["---"] * len(HEADS))
    for form in FORMS:
        for is_inside in (True, False):
            for desk in desks:
                of = [e for e in desk.done if (e.trial.form, e.trial.is_inside) == (form, is_inside)]
                if of:
                    yield _row([form, "answerable" if is_inside else "from outside", desk.name, *_cells(of)])


def _cells(of: Sequence[Outcome]) -> Iterator[object]:
    count = len(of)
    yield count
    yield sum(each.is_right for each in of) if of[0].trial.is_inside else ""
    yield sum(each.is_refused for each in of)
    given = [each.words for each in of if not each.is_refused]
    yield f"{median(given):g}" if given else ""
    yield f"{sum(each.verbatim for each in of)} of {sum(each.excerpts for each in of)}"
    yield ", ".join(f"{name} {times}" for name, times in Counter(each.engine for each in of).most_common())
    yield sum(each.dropped for each in of)
    yield f"{sum(each.calls for each in of) / count:.1f}"
    yield f"{sum(e.tokens_in for e in of) / count:,.0f} / {sum(e.tokens_out for e in of) / count:,.0f}"
    yield f"{median(each.seconds for each in of):.2f}"


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def remarks(desk: Desk) -> Iterator[str]:
    """Tell what else the answers with the model said was cut, and what they cost."""
    told = Counter(re.sub(r"[\d,.]+", "N", cut)[:150] for each in desk.done for cut in each.cuts)
    yield from (f"{times} times: {cut}" for cut, times in told.most_common(8))
    costs = [each.cost for each in desk.done if each.cost is not None]
    yield f"cost: {sum(costs):.4f} USD, for {len(costs)} of {len(desk.done)} known"


def main() -> None:
    given = _arguments()
    fitting, reporting = halves(load())
    draw = random.Random(given.seed)
    inside = draw.sample([q for a in reporting for q in only_answerable(a).queries], given.answerable)
    outside = draw.sample([q for a in fitting for q in only_answerable(a).queries], given.outside)
    with tempfile.TemporaryDirectory() as root:
        folders = Folders.open(Path(root), reporting)
        workspace = folders.hold(reporting)
        chosen = {"model": given.model, "model_url": given.model_url, "model_window": given.window}
        settings = {name: value for name, value in chosen.items() if value}
        blobs = Path(root)
        desks = [
            Desk(
                name=name,
                folders=folders,
                workspace=workspace,
                settings=each,
                effort=given.effort,
                blobs=blobs,
            )
            for name, each in (("extractive", {}), (given.model, settings))
        ]
        _print_machine(given)
        all_put = put_all(desks, trials(inside, outside), given.minutes * 60)
        print(*table(desks), *remarks(desks[1]), sep="\n")
        print(
            f"{all_put} of {2 * (len(inside) + len(outside))} were put; load {os.getloadavg()[0]:.1f} at the end"
        )
    if wrong := sum(each.excerpts - each.verbatim for desk in desks for each in desk.done):
        raise SystemExit(f"{wrong} excerpts do not stand in their documents")


def put_all(desks: Sequence[Desk], of: Sequence[Trial], seconds: float) -> int:
    """Put questions to all desks until the time is over, and return how many were put."""
    limit = time.monotonic() + seconds
    for count, trial in enumerate(of):
        if time.monotonic() > limit:
            return count
        for desk in desks:
            desk.put(trial)
        print(f"{desks[-1].done[-1].seconds:6.1f} s  {trial.form}  {trial.query.text}", file=sys.stderr)
    return len(of)


def _print_machine(given: argparse.Namespace) -> None:
    packages = [f"{name} {version(name)}" for name in ("xllamacpp",) if given.model.startswith("local:")]
    print(
        f"{given.model}, effort {given.effort}, window {given.window or 'as it is'}, seed {given.seed};",
        *packages,
        f"{os.cpu_count()} cores, niceness {os.nice(0)}, load {os.getloadavg()[0]:.1f} at the start\n",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="local:smollm2", help="as of gnomon serve")
    parser.add_argument("--model-url", help="the address of an OpenAI-compatible server")
    parser.add_argument("--window", type=int, default=0, metavar="TOKENS", help="that the model is given")
    parser.add_argument("--effort", type=int, default=1)
    parser.add_argument("--answerable", type=int, default=20, metavar="N", help="questions with an answer")
    parser.add_argument("--outside", type=int, default=10, metavar="N", help="questions without one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=8, help="after which no more are put")
    return parser.parse_args()


if __name__ == "__main__":
    main()
