"""Words that tell what a field holds, and what a sentence makes of it."""

from collections.abc import Mapping
from typing import Final

from gnomon.workloads.research.plain.typed.candidate import Kind


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MONEY: Final = _set(
    "revenue sales turnover price cost costs budget funding valuation salary income profit ebitda fee fees wage gdp "
    "debt cash raised donation investment earnings rent amount currency money grant fine wealth worth"
)
COUNTS: Final = _set(
    "count number employees population users customers members people inhabitants staff headcount quantity students "
    "votes seats passengers visitors goals"
)
YEARS: Final = _set("year yr")
HAPPENINGS: Final = _set(
    "founded established incorporated formed created born died built opened launched inaugurated introduced released "
    "published invented discovered since first originally in"
)
"""Words of which alone a number's name is made when the number is the year in which it happened: `founded`."""
SHARES: Final = _set("percent percentage pct share rate proportion growth margin")
_LENGTHS: Final = _set("km m cm mm mi ft in")
_TIMES: Final = _set("s min h d week month year")
_BARE: Final = frozenset(("",))
MEASURES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("height", "width", "depth", "thickness"), _LENGTHS),
    "length": _LENGTHS | _TIMES | _BARE,
    "distance": _LENGTHS,
    "speed": _set("km/h mph m/s"),
    "weight": _set("kg g mg t lb"),
    "age": _TIMES | _BARE,
}
"""What is measured in which units; in prose a bare number is one only where none is a unit, too."""
ASKING: Final = _set("is are has have was does do can whether if should")
"""First words of a field's name that make a yes or no of it."""
NOT: Final = _set(
    "not no never neither nor without isn't wasn't aren't weren't doesn't don't didn't hasn't haven't hadn't cannot "
    "can't won't lacks lacked non ceased refused denies denied false unable"
)
UNSURE: Final = _set(
    "may might could would should if whether perhaps possibly probably unless plans planned considering expected "
    "rumoured rumored allegedly reportedly proposed unclear likely unlikely hopes intends until formerly hardly"
)
OPENERS: Final = _set(
    "the a an in on at it he she they we i this that these those its his her their our after before since when while "
    "as for from by with but and or if however although there here today also under according during until then who "
    "what where both each all some many mr mrs ms dr prof ceo cfo cto chief president monday tuesday wednesday "
    "thursday friday saturday sunday january february march april may june july august september october "
    "november december no not yes to of"
)
"""Words that are capitalised without being a part of a name."""
PLACES: Final = _set(
    "city country headquarters hq location place capital town state region address birthplace where continent "
    "province county venue based"
)
MAKERS: Final = _set(
    "author founder founders writer director creator inventor designer composer architect maker manufacturer "
    "developer publisher painter artist discoverer authors owner producer"
)
WORKS: Final = _set("title name book film song paper work motto")
NAMES: Final = (
    MAKERS
    | PLACES
    | _set(
        "name ceo cfo cto coo chair chairman chairperson chairwoman president person manager leader head mayor "
        "minister governor editor company employer university brand supplier spouse husband wife winner successor "
        "predecessor parent language team title who contact maintainer operator ticker symbol auditor"
    )
)
"""Words of fields that hold a name."""
GENERIC: Final = _set(
    "name full current official first last the of value text main primary answer result output response"
)
"""Words of a field that say nothing of what it is about."""
OF_KIND: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.DATE: _set("date day when year month time on"),
    Kind.MOMENT: _set("date day when time at timestamp moment"),
    Kind.NUMBER: _set("number count total amount value of size figure"),
    Kind.EMAIL: _set("email e-mail mail address contact"),
    Kind.URL: _set("url website web site homepage page link uri address"),
    Kind.PHONE: _set("phone telephone tel number contact"),
    Kind.CHOICE: _set("type kind category status class"),
    Kind.TRUTH: ASKING,
}
"""Words of a field that a value of the kind says by itself."""
