"""How much of a question's words a piece of text has, the rare ones weighing more."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.reading.cue import without_cue
from gnomon.reading.terms import spans, terms

OTHER_WORDS: Final[Sequence[Sequence[str]]] = (
    ("ceo", "chief executive officer", "chief executive"),
    ("cfo", "chief financial officer"),
    ("cto", "chief technology officer"),
    ("coo", "chief operating officer"),
    ("hq", "headquarters", "headquartered", "head office", "based"),
    ("founded", "established", "incorporated", "founding", "inception"),
    ("founder", "co-founder"),
    ("revenue", "sales", "turnover"),
    ("employees", "staff", "headcount", "workforce", "employs"),
    ("population", "inhabitants", "residents"),
    ("phone", "telephone", "tel"),
    ("email", "e-mail", "mail"),
    ("website", "homepage"),
    ("price", "cost", "costs", "priced"),
    ("author", "writer", "wrote"),
    ("birth", "born"),
    ("death", "died"),
    ("release", "released", "launch", "launched", "published", "publication"),
    ("license", "licence", "licensed"),
    ("height", "tall"),
    ("weight", "weighs"),
    ("area", "covers"),
    ("capacity", "rated"),
    ("country", "nation"),
)
"""Words that say the same of most things; the first of a row need not be the usual one."""

MADE_BY: Final[Mapping[str, str]] = {
    "founded": "founder",
    "co-founded": "founder",
    "established": "founder",
    "written": "author",
    "authored": "author",
    "directed": "director",
    "created": "creator",
    "invented": "inventor",
    "discovered": "discoverer",
    "designed": "designer",
    "composed": "composer",
    "painted": "painter",
    "built": "builder",
    "manufactured": "manufacturer",
    "made": "maker",
    "developed": "developer",
    "published": "publisher",
    "produced": "producer",
    "owned": "owner",
    "led": "leader",
    "headed": "head",
    "chaired": "chair",
    "operated": "operator",
    "maintained": "maintainer",
}
"""What somebody is by whom something was so treated: `founded by` names a founder."""
_DONE: Final = r"[a-z]{3,}ed"
BY: Final = re.compile(
    rf"\b({'|'.join(MADE_BY)}|{_DONE})\s+(?:(?:in|on)\s+[\w ,]{{1,30}}?\s+)?by\b", re.IGNORECASE
)
DOING: Final[Mapping[str, str]] = {
    **dict.fromkeys(("leads", "led"), "leader"),
    **dict.fromkeys(("heads", "headed"), "head"),
    **dict.fromkeys(("chairs", "chaired"), "chair"),
    **dict.fromkeys(("directs", "directed"), "director"),
    **dict.fromkeys(("manages", "managed"), "manager"),
    **dict.fromkeys(("owns",), "owner"),
    **dict.fromkeys(("operates",), "operator"),
    **dict.fromkeys(("maintains",), "maintainer"),
}
"""What somebody is who does so: who `leads the project` is its leader."""
DOES: Final = re.compile(rf"\s+({'|'.join(DOING)})\s+(?=(?:the|this|our|its|their|an?)\b|[A-Z])")
_CAPITAL: Final = re.compile(r"(?<!\w)[^\W\d_a-z]\w*$")
_WORKING: Final = re.compile(
    r"\d\s+(?:people|persons|men and women)\s+(?:(?:now|currently)\s+)?work\s+(?:here|for us|for the company)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?<=[^\s.?!]\s)[A-Z]\w*|\d\w*")
_RARE: Final = 3
_RARE_SHARE: Final = 0.05
"""In so many passages of the library, or in such a part of them, a word may stand and be rare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a term weighs: the rarer in the library, the more."""

    frequencies: Mapping[str, int]
    size: int

    def weigh(self, term: str) -> float:
        """Return the weight of a term."""
        return math.log(1 + (self.size + 1) / (self.frequencies.get(term, 0) + 0.5))

    def share(self, wanted: Iterable[str], there: Collection[str]) -> float:
        """Return how much of some terms is among others, 0 to 1; all of nothing is 1."""
        weights = {term: self.weigh(term) for term in wanted}
        whole = sum(weights.values())
        return sum(weight for term, weight in weights.items() if term in there) / whole if whole else 1.0


def untold(question: str, said: str, scale: Scale) -> list[str]:
    """List the words of a question that what was said does not have: its names, and what is rare in the library."""
    there = widened(terms(said))
    names = {term for name in _NAME.findall(question) for term in terms(name)}
    asked = without_cue(question)
    return [
        asked[start:end]
        for term, start, end in spans(asked)
        if term not in there
        and (term in names or scale.frequencies.get(term, 0) <= max(_RARE, _RARE_SHARE * scale.size))
    ]


def roles(text: str) -> frozenset[str]:
    """Return the terms of the roles that a text gives to somebody: with a `by`, by what they do, by their work."""
    made = [role for found in BY.findall(text) for role in _made(found.lower())]
    doing = [DOING[found[1]] for found in DOES.finditer(text) if _CAPITAL.search(text, 0, found.start())]
    working = ["employees"] if _WORKING.search(text) else []
    return frozenset(term for role in (*made, *doing, *working) for term in terms(role))


def doers(verb: str) -> frozenset[str]:
    """Return the terms of what somebody is by whom something was so treated: `climbed` makes a climber."""
    return frozenset(term for role in _made(verb) for term in terms(role))


def _made(verb: str) -> Sequence[str]:
    if verb in MADE_BY:
        return [MADE_BY[verb]]
    return [f"{verb[:-2]}er", f"{verb[:-2]}or"] if re.fullmatch(_DONE, verb) else []


def widened(there: Iterable[str]) -> frozenset[str]:
    """Add to the terms of a text those that say the same."""
    own = frozenset(there)
    rows = {row for term in own & _KNOWN for row in _ROWS_OF[term]}
    said = (row for row in rows if any(phrase <= own for phrase in _ROWS[row]))
    return own.union(*said)


def _row(words: Sequence[str]) -> tuple[frozenset[str], list[frozenset[str]]]:
    phrases = [frozenset(terms(word)) for word in words]
    return frozenset().union(*phrases), [phrase for phrase in phrases if phrase]


_ROWS: Final[Mapping[frozenset[str], Sequence[frozenset[str]]]] = dict(map(_row, OTHER_WORDS))
_KNOWN: Final = frozenset().union(*_ROWS)
_ROWS_OF: Final[Mapping[str, Sequence[frozenset[str]]]] = {
    term: [row for row in _ROWS if term in row] for term in _KNOWN
}
