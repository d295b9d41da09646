"""What kind of answer a question asks for, and whether a sentence holds one of that kind (English)."""

import re
from collections.abc import Collection, Mapping
from re import Pattern
from typing import Final, Literal

Kind = Literal["moment", "number", "name", "cause", "thing"]

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_NUMERAL = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|"
    "half|third|quarter|several|percent|first|second|once|twice"
)
_ASKING: Final[Mapping[Kind, Pattern[str]]] = {
    "moment": re.compile(
        r"\bwhen\b|\b(?:what|which)\b(?: \w+){0,2} (?:years?|century|decade|date|day|month|era|period)\b|"
        r"\b(?:what|which) time\b",
        re.IGNORECASE,
    ),
    "number": re.compile(
        r"\bhow (?:many|much|long|old|far|large|big|tall|high|deep|wide|often|fast|hot)\b|"
        r"\b(?:percentage|percent|number|amount|proportion|fraction)\b",
        re.IGNORECASE,
    ),
    "name": re.compile(
        r"\b(?:who|whom|whose|where)\b|\b(?:what|which)\b(?: \w+)? (?:person|people|king|queen|emperor|scientist|"
        r"leader|author|country|city|town|place|region|state|river|province|area|continent|company|university)\b",
        re.IGNORECASE,
    ),
    "cause": re.compile(r"\bwhy\b|\bwhat (?:was |is )?(?:the )?(?:reasons?|caused?)\b", re.IGNORECASE),
}
_SHOWING: Final[Mapping[Kind, Pattern[str]]] = {
    "moment": re.compile(
        rf"\b1\d{{3}}s?\b|\b20\d\ds?\b|\b[Cc]entur(?:y|ies)\b|\b(?:{_MONTH}|BC|BCE|AD|CE)\b|\d:\d\d"
    ),
    "number": re.compile(rf"\d|\b(?:{_NUMERAL})\b", re.IGNORECASE),
    "cause": re.compile(
        r"\b(?:because|due to|since|therefore|thus|caus\w+|result\w*|reasons?|in order to|so that|led to|owing to)\b",
        re.IGNORECASE,
    ),
}
_NAME = re.compile(r"(?<=[a-z0-9,;:\"'(\u2013] )[A-Z][\w'-]+|^[A-Z]\w+(?= [A-Z])|(?<=[\"(])[A-Z]\w+")


def kind_of(question: str) -> Kind:
    """Tell what a question asks for, by its words; a `thing` where they do not say."""
    return next((kind for kind, asking in _ASKING.items() if asking.search(question)), "thing")


def without_cue(question: str) -> str:
    """Return a question without the words that say what kind of answer it asks for: no answer need repeat them."""
    asking = _ASKING.get(kind_of(question))
    return asking.sub(" ", question) if asking else question


def shows(kind: Kind, sentence: str, said: Collection[str]) -> bool:
    """Tell whether a sentence holds an answer of a kind; a name counts when it is not among the words said."""
    if kind == "thing":
        return False
    if kind == "name":
        return any(name.lower() not in said for name in _NAME.findall(sentence))
    return _SHOWING[kind].search(sentence) is not None
