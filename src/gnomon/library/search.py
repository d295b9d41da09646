"""The search: passages by their words. What a user writes is words, never syntax."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gnomon.core.library import Found, Passage
from gnomon.core.ports.library import MOST_PASSAGES
from gnomon.library import bm25
from gnomon.library.meaning import Matrices, find_cosines
from gnomon.library.row import VISIBLE, find_realms, whole
from gnomon.reading.terms import spans

if TYPE_CHECKING:
    from gnomon.library.meaning import Vectors

MOST_TERMS: Final = 32
_LONGEST: Final = 20_000
"""Characters of a query that are looked at."""
_MORE: Final = 30
"""Candidates of each realm beyond what is wanted: FTS5 weighs a realm alone, and words in most of it not at all."""
_BUDGET: Final = 10_000
"""Matches that FTS5 may have to weigh: so a search of a large library takes little longer than of a small one."""
_MET: Final = 3
"""Terms beyond that budget, of which a candidate must have two."""
_COLUMNS: Final = (
    "passage.seq, document.id, document.edition, document.name, passage.title, passage.heading, passage.text, "
    "passage.start, passage.page, passage.length, 0.0, document.notes"
)
_RRF: Final = 60
"""Reciprocal rank fusion: how little the first places of a list stand out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query's terms, each with a word of the query that makes it."""

    words: Mapping[str, str]
    statistics: bm25.Statistics
    realms: Sequence[int]

    def match(self, wanted: int) -> str:
        """Write the words for FTS5, each as a string of its own; common ones count where two of them meet."""
        rare, common = choose(self.words, self.statistics, wanted)
        alone = [self._quote([term]) for term in rare]
        met = [
            f"({self._quote([term])} AND ({self._quote(common[at:])}))"
            for at, term in enumerate(common[:-1], 1)
        ]
        return " OR ".join(alone + met)

    def _quote(self, terms: Sequence[str]) -> str:
        return " OR ".join(f'"{self.words[term]}"' for term in terms)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be an answer."""

    seq: int
    document: str
    edition: int
    name: str
    title: str
    heading: str
    text: str
    start: int
    page: int | None
    length: int
    score: float
    notes: str = "[]"
    """Of its document, as JSON."""

    @property
    def order(self) -> tuple[float, str, str, int]:
        """Return what orders it: the score, and what never changes where scores are equal."""
        return (-self.score, self.name, self.document, self.start)

    def passage(self, base_url: str, similarity: float | None) -> Passage:
        """Make the record that a search returns."""
        return Passage(
            document=self.document,
            url=page_url(base_url, self.document, self.edition),
            title=self.title,
            text=self.text,
            start=self.start,
            heading=self.heading,
            page=self.page,
            score=self.score,
            similarity=similarity,
            notes=tuple(json.loads(self.notes)),
        )


def page_url(base_url: str, document: str, edition: int) -> str:
    """Write where the server shows a document."""
    return f"{base_url}/gnomon/v1/documents/{document}/page?edition={edition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """Where to look for what means the like of a query, and what makes the query's vector, once it is needed."""

    matrices: Matrices
    embed: "Callable[[], Vectors]"


def search(
    connection: sqlite3.Connection,
    workspace: str,
    text: str,
    limit: int,
    base_url: str,
    sense: Sense | None = None,
) -> Found:
    """Find the passages that fit a query, the best first."""
    query = read_query(connection, workspace, text)
    wanted = min(max(limit, 1), MOST_PASSAGES)
    found = find_by_words(connection, query, wanted)
    engine = "fts5"
    cosines: Mapping[int, float] = {}
    if sense is not None and query.realms and sense.matrices.is_whole(connection, query.realms):
        vector = sense.embed()
        near = sense.matrices.find_nearest(connection, query.realms, vector, wanted + _MORE)
        found = fuse(found, _fetch(connection, query, near))
        cosines = find_cosines(connection, [each.seq for each in found[:wanted]], vector)
        engine = f"fts5+{sense.matrices.meaning.name}"
    return Found(
        passages=tuple(each.passage(base_url, cosines.get(each.seq)) for each in found[:wanted]),
        frequencies=query.statistics.frequencies,
        size=query.statistics.size,
        engine=engine,
        pending=count_files(connection, find_realms(connection, workspace), "pending"),
    )


def fuse(by_words: Sequence[Candidate], by_meaning: Sequence[Candidate]) -> list[Candidate]:
    """Order by reciprocal rank fusion: what is high in both lists comes first."""
    known = {each.seq: each for each in (*by_meaning, *by_words)}
    points: dict[int, float] = dict.fromkeys(known, 0.0)
    for ranked in (by_words, by_meaning):
        for rank, each in enumerate(ranked, 1):
            points[each.seq] += 1 / (_RRF + rank)
    return sorted(known.values(), key=lambda each: (-points[each.seq], *each.order))


def _fetch(connection: sqlite3.Connection, query: Query, near: Mapping[int, float]) -> list[Candidate]:
    """Return the passages of these numbers, in their order, weighed by their words."""
    marks = ", ".join("?" * len(near))
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM passage JOIN document ON document.seq = passage.document "
        f"WHERE passage.seq IN ({marks})",
        list(near),
    )
    found = {row[0]: _candidate(row) for row in rows}
    return [replace(found[seq], score=weigh(query, found[seq])) for seq in near]


def read_query(connection: sqlite3.Connection, workspace: str, text: str) -> Query:
    """Take the terms of a query, and count them in what the workspace sees."""
    realms = _list_filled(connection, find_realms(connection, workspace))
    head = whole(text[:_LONGEST])
    words: dict[str, str] = {}
    for term, start, end in spans(head):
        words.setdefault(term, head[start:end])
    size, length = _sum_standing(connection, realms)
    frequencies = {term: min(_count(connection, realms, term), size) for term in words}
    statistics = bm25.Statistics(frequencies=frequencies, size=size, length=length)
    return Query(words=words, statistics=statistics, realms=realms)


def choose(
    words: Iterable[str], statistics: bm25.Statistics, wanted: int
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the rarest terms, as many as need not look at too much, and the few that are rarest after them.

    This only finds candidates: they are weighed by all terms.
    """
    there = [term for term in words if statistics.frequencies[term]]
    ordered = sorted(there, key=lambda term: (statistics.frequencies[term], term))[:MOST_TERMS]
    looked_at = 0
    for number, term in enumerate(ordered):
        is_enough = number > 0 and looked_at >= wanted
        looked_at += statistics.frequencies[term]
        if is_enough and looked_at > _BUDGET:
            return ordered[:number], ordered[number : number + _MET]
    return ordered, []


def _list_filled(connection: sqlite3.Connection, realms: Sequence[int]) -> list[int]:
    filled = "SELECT 1 FROM standing WHERE realm = ? AND passages > 0"
    return [realm for realm in realms if connection.execute(filled, (realm,)).fetchone()]


def _sum_standing(connection: sqlite3.Connection, realms: Sequence[int]) -> tuple[int, int]:
    marks = ", ".join("?" * len(realms))
    row = connection.execute(
        f"SELECT coalesce(sum(passages), 0), coalesce(sum(length), 0) FROM standing WHERE realm IN ({marks})",
        realms,
    ).fetchone()
    return int(row[0]), int(row[1])


def _count(connection: sqlite3.Connection, realms: Iterable[int], term: str) -> int:
    total = 0
    for realm in realms:
        row = connection.execute(f"SELECT doc FROM term_{realm} WHERE term = ?", (term,)).fetchone()
        total += row[0] if row else 0
    return total


def find_by_words(connection: sqlite3.Connection, query: Query, wanted: int) -> list[Candidate]:
    """Return the best candidates of all realms, weighed together."""
    candidates = wanted + _MORE
    match = query.match(candidates)
    if not match:
        return []
    found = [each for realm in query.realms for each in _match(connection, realm, match, candidates)]
    found = [replace(each, score=weigh(query, each)) for each in found]
    return sorted(found, key=lambda each: each.order)


def weigh(query: Query, candidate: Candidate) -> float:
    """Score a passage against all that the workspace sees."""
    columns = (candidate.title, candidate.heading, candidate.text)
    return bm25.score(query.statistics, query.words, columns, candidate.length)


def _match(connection: sqlite3.Connection, realm: int, match: str, wanted: int) -> list[Candidate]:
    """Return a realm's best passages; more are looked at where some of them are hidden."""
    while True:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM (SELECT rowid, rank FROM words_{realm} WHERE words_{realm} MATCH ? "
            f"ORDER BY rank LIMIT {wanted}) AS best JOIN passage ON passage.seq = best.rowid "
            f"JOIN document ON document.seq = passage.document WHERE {VISIBLE}",
            (match,),
        ).fetchall()
        if len(rows) == wanted or _count_matches(connection, realm, match, wanted) < wanted:
            return [_candidate(row) for row in rows]
        wanted *= 4


def _count_matches(connection: sqlite3.Connection, realm: int, match: str, limit: int) -> int:
    found = f"SELECT 1 FROM words_{realm} WHERE words_{realm} MATCH ? LIMIT {limit}"
    return int(connection.execute(f"SELECT count(*) FROM ({found})", (match,)).fetchone()[0])


def _candidate(row: Sequence[Any]) -> Candidate:
    return Candidate(*row)


def count_files(connection: sqlite3.Connection, realms: Sequence[int], state: str) -> int:
    """Count the files of a state in these realms."""
    marks = ", ".join("?" * len(realms))
    row = connection.execute(
        f"SELECT count(*) FROM folder JOIN file ON file.folder = folder.seq WHERE folder.realm IN ({marks}) "
        "AND file.state = ? AND file.state <> 'read'",
        (*realms, state),
    ).fetchone()
    return int(row[0])
