"""The library beside tantivy and bm25s: files of a folder indexed, questions asked, in one run on one machine.

    python bench/library.py [--documents 10000] [--questions 500] [--folder DIR] [--embed]

The documents are made by a seeded generator whose words fall off as Zipf's law says. Where the golden SQuAD
paragraphs are at hand, they are among them, half of the other documents' words are drawn from theirs, and recall is
measured with their questions. Each engine works in a process of its own. The waits are of another process that wants
to write to the library while it is being filled.
"""

import argparse
import itertools
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GOLDEN = Path(os.environ.get("GNOMON_GOLDEN", ROOT.parent / "shared" / "golden"))
WORDS = 30_000
SYLLABLES = [
    first + second for first in "bcdfgklmnprstv" for second in ("a", "e", "i", "o", "u", "an", "er", "il")
]
ENGINES = ("gnomon", "tantivy", "bm25s")

Search = Callable[[str], Sequence[str]]
"""Returns the names of the files found, the best first."""


@dataclass(frozen=True)
class Question:
    """A question, and the file that holds its answer where that is known."""

    text: str
    gold: str | None


def main() -> None:
    """Fill a folder, let each engine work, print the table."""
    options = read_options()
    if options.engine:
        print(json.dumps(measure(options.engine, Path(options.folder), Path(options.work), options)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        docs = Path(place, "docs")
        questions = fill(docs, options.documents, options.questions)
        Path(place, "questions.json").write_text(json.dumps([(each.text, each.gold) for each in questions]))
        print_corpus(docs, questions)
        print_table([run(engine, docs, Path(place), options) for engine in ENGINES])


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--folder", help="where the files are put")
    parser.add_argument(
        "--embed", action="store_true", help="embed the passages as well, if a model is installed"
    )
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    return parser.parse_args()


def fill(docs: Path, count: int, asked: int) -> list[Question]:
    """Write the documents; return the questions."""
    dice = random.Random(20)
    paragraphs, questions = read_squad(dice, asked)
    lexicon = Lexicon(dice, paragraphs)
    places = set(dice.sample(range(count), min(len(paragraphs), count)))
    known = iter(paragraphs)
    files: dict[str, str] = {}
    for number in range(count):
        name = f"{number // 200:04}/{number:06}.txt"
        text = next(known) if number in places else lexicon.write(dice.randrange(70, 210))
        files[text] = name
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not questions:
        return [Question(lexicon.ask(), None) for _ in range(asked)]
    return [Question(text, files[gold]) for text, gold in questions if gold in files]


def read_squad(dice: random.Random, asked: int) -> tuple[list[str], list[tuple[str, str]]]:
    file = GOLDEN / "squad" / "dev-v2.0-part.json"
    if not file.exists():
        return [], []
    paragraphs = [p for article in json.loads(file.read_text())["data"] for p in article["paragraphs"]]
    pairs = [
        (qa["question"], each["context"])
        for each in paragraphs
        for qa in each["qas"]
        if not qa["is_impossible"]
    ]
    return [each["context"] for each in paragraphs], dice.sample(pairs, min(asked, len(pairs)))


class Lexicon:
    """Words by Zipf's law, mixed with those of real paragraphs as often as they stand there."""

    def __init__(self, dice: random.Random, paragraphs: Sequence[str]) -> None:
        self.dice = dice
        self.words = ["".join(dice.choices(SYLLABLES, k=dice.randrange(1, 5))) for _ in range(WORDS)]
        self.weights = list(itertools.accumulate(1 / rank for rank in range(1, WORDS + 1)))
        counts = Counter(word for text in paragraphs for word in text.split())
        self.real, self.real_weights = list(counts), list(itertools.accumulate(counts.values()))

    def write(self, length: int) -> str:
        half = length // 2 if self.real else 0
        words = self.dice.choices(self.words, cum_weights=self.weights, k=length - half)
        words += self.dice.choices(self.real, cum_weights=self.real_weights, k=half) if half else []
        self.dice.shuffle(words)
        return " ".join(" ".join(words[at : at + 14]).capitalize() + "." for at in range(0, len(words), 14))

    def ask(self) -> str:
        return " ".join(self.dice.choices(self.words, cum_weights=self.weights, k=8))


def run(engine: str, docs: Path, place: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Let an engine work in a process of its own; beside ours, see how long another writer waits."""
    work = place / engine
    work.mkdir()
    arguments = [
        "--engine",
        engine,
        "--folder",
        str(docs),
        "--work",
        str(work),
        *(["--embed"] * options.embed),
    ]
    with subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True) as child:
        waits = list(watch(child, work / "library.sqlite")) if engine == "gnomon" else []
        assert child.stdout is not None
        result: dict[str, Any] = json.loads(child.stdout.read())
    return {**result, "engine": engine, "waits": waits}


def watch(child: "subprocess.Popen[str]", library: Path) -> Iterator[float]:
    """Take a turn to write now and then, while the library is being filled."""
    from gnomon.library.turn import Turn

    while not library.with_name("filled").exists() and child.poll() is None:
        time.sleep(0.02)
        if library.exists():
            began = time.perf_counter()
            with Turn(library).take():
                yield time.perf_counter() - began


def measure(engine: str, docs: Path, work: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Index and search with one engine."""
    questions = [Question(*each) for each in json.loads((work.parent / "questions.json").read_text())]
    idle = memory()
    began = time.perf_counter()
    search = BUILDERS[engine](docs, work, is_embedded=options.embed)
    seconds = time.perf_counter() - began
    (work / "filled").touch()
    filled = memory()
    times, places = [], []
    for question in questions:
        start = time.perf_counter()
        names = search(question.text)
        times.append(time.perf_counter() - start)
        if question.gold:
            places.append(names.index(question.gold) if question.gold in names else None)
    disk = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
    return {
        "seconds": seconds,
        "times": sorted(times),
        "places": places,
        "disk": disk,
        "idle": idle,
        "filled": filled,
        "peak": memory(),
    }


def memory() -> float:
    """Return the most memory that this process has had, in MB; not that of its parent, as `getrusage` may."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


class Clock:
    """The real time and chance."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def chance(self, bits: int) -> int:
        return secrets.randbits(bits)


def build_gnomon(docs: Path, work: Path, *, is_embedded: bool) -> Search:
    from gnomon.library.meaning import Meaning
    from gnomon.library.shelf import Shelf
    from gnomon.reading.embedding import NAME, find_embedder

    embedder = find_embedder(threads=2) if is_embedded else None
    meaning = Meaning(name=NAME, embed=embedder.embed) if embedder else None
    shelf = Shelf.open(work / "library.sqlite", Clock(), meaning=meaning)
    folder = shelf.add_folder("bench", docs)
    shelf.scan(folder.seq)
    shelf.read_in(tell("read"))
    shelf.embed_pending(lambda done, total: tell("embedded")(done, total, ""))
    names: dict[str, str] = {}
    cursor = None
    while True:
        page = shelf.list_documents("bench", cursor=cursor, limit=500)
        names |= {each.id: each.name for each in page.records}
        if (cursor := page.next) is None:
            break
    return lambda text: [names[each.document] for each in shelf.search("bench", text, 10).passages]


def tell(verb: str) -> Callable[[int, int, str], None]:
    """Print progress where people can see it."""
    if not sys.stderr.isatty():
        return lambda *_: None
    return lambda done, total, _: print(
        f"\r{verb} {done} of {total}", end="\n" * (done == total), file=sys.stderr
    )


def each_file(docs: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(docs.rglob("*.txt")):
        yield str(path.relative_to(docs)), path.read_text()


def build_tantivy(docs: Path, work: Path, **_: Any) -> Search:
    import tantivy

    schema = tantivy.SchemaBuilder()
    schema.add_text_field("name", stored=True, tokenizer_name="raw")
    schema.add_text_field("text", stored=True, tokenizer_name="en_stem")
    index = tantivy.Index(schema.build(), path=str(work))
    writer = index.writer()
    for name, text in each_file(docs):
        writer.add_document(tantivy.Document(name=name, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> list[str]:
        plain = "".join(each if each.isalnum() else " " for each in text)
        query = index.parse_query(plain, ["text"])
        return [searcher.doc(address)["name"][0] for _, address in searcher.search(query, 10).hits]

    return search


def build_bm25s(docs: Path, work: Path, **_: Any) -> Search:
    import bm25s
    import Stemmer

    stem = Stemmer.Stemmer("english")
    names, texts = zip(*each_file(docs), strict=True)
    tokens = bm25s.tokenize(list(texts), stopwords="en", stemmer=stem, show_progress=False)
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    index.save(str(work / "index"))

    def search(text: str) -> list[str]:
        query = bm25s.tokenize(text, stopwords="en", stemmer=stem, show_progress=False)
        found, _ = index.retrieve(query, k=10, show_progress=False)
        return [names[at] for at in found[0]]

    return search


BUILDERS: Mapping[str, Callable[..., Search]] = {
    "gnomon": build_gnomon,
    "tantivy": build_tantivy,
    "bm25s": build_bm25s,
}


def print_corpus(docs: Path, questions: Sequence[Question]) -> None:
    sizes = [path.stat().st_size for path in docs.rglob("*.txt")]
    known = sum(each.gold is not None for each in questions)
    print(
        f"{len(sizes)} documents of {sum(sizes) / len(sizes):.0f} characters, {sum(sizes) / 1e6:.1f} MB; ",
        end="",
    )
    print(f"{len(questions)} questions, {known} with a known answer\n")


def print_table(results: Sequence[Mapping[str, Any]]) -> None:
    """Print what was measured, each figure with its ratio to ours."""
    print("| | index | ms p50 | ms p95 | R@1 | R@5 | R@10 | MB before, filled, peak | MB on disk |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    ours = results[0]
    for each in results:
        figures = [each["seconds"], 1e3 * at(each["times"], 0.5), 1e3 * at(each["times"], 0.95)]
        bases = [ours["seconds"], 1e3 * at(ours["times"], 0.5), 1e3 * at(ours["times"], 0.95)]
        ratios = [f"{mine:.2f} ({mine / base:.2f})" for mine, base in zip(figures, bases, strict=True)]
        ratios[0] = ratios[0].replace(" (", " s (")
        recall = [
            f"{sum(p is not None and p < k for p in each['places']) / max(len(each['places']), 1):.3f}"
            for k in (1, 5, 10)
        ]
        sizes = f"{each['idle']:.0f}, {each['filled']:.0f}, {each['peak']:.0f} | {each['disk'] / 1e6:.1f}"
        print(f"| {each['engine']} | {' | '.join([*ratios, *recall])} | {sizes} |")
    if waits := sorted(ours["waits"]):
        told = [f"{1e3 * at(waits, share):.0f}" for share in (0.5, 0.95, 1)]
        print(
            f"\nAnother writer's wait while gnomon indexed, ms: p50 {told[0]}, p95 {told[1]}, longest {told[2]}"
        )


def at(ordered: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values lies."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


if __name__ == "__main__":
    main()
