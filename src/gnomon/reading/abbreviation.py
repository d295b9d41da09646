"""Whether a full stop ends a sentence, or belongs to an abbreviation, an initial or a number."""

import re

_TITLES = """
mr mrs ms dr prof rev hon gen col lt sgt capt cmdr gov sen rep pres mt fr sra mme mlle hr vs cf viz approx e.g i.e eg
ie bzw vgl z.b d.h u.a dipl ing
"""
"""What goes on in the same sentence, whatever follows."""

_NUMBERED = """
no nos nr fig figs eq eqs vol vols p pp ch sec sect art abs bd ed jan feb mar apr jun jul aug sep sept oct nov dec ca
"""
"""What goes on before a number."""

_EITHER = """
inc ltd co corp llc plc bros jr sr st esq etc usw al dept univ assn ave blvd rd est min max tel ext ref gmbh mio mrd
hrs ft lb oz kg cm mm km
"""
"""What may stand at an end as well: then the next word tells."""

_STARTERS = """
the a an this that these those it its he she they we i you his her their our my in on at by for from with as if when
while after before since although though because however but and so yet there here who what which why how where some
many most all both each every no not one two also then thus today during among under over until according der die das
ein eine es er sie wir le la les un une il elle el los las en
"""
"""Words with which sentences begin more often than names do."""

_GOES_ON = frozenset(_TITLES.split())
_BEFORE_NUMBERS = frozenset(_NUMBERED.split())
_MAY_END = frozenset(_EITHER.split())
_BEGINS = frozenset(_STARTERS.split())

_FOLLOWING = re.compile(r"[\"'\u201c\u201d\u2018\u2019«(\[*_]*+(\w*+\.?)")
_OPENING = "\"'\u201c\u2018«([/*_"
_MARKER = re.compile(r"\d+|[^\W\d_]|[ivx]{1,5}|[IVX]{1,5}")
_ONE_LETTER = re.compile(r"[^\W\d_]")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_LOOK_BACK = 40


def ends_sentence(text: str, begin: int, stop: int, after: int) -> bool:
    """Tell whether a sentence that began at `begin` ends with the stop at `stop`, when text goes on at `after`."""
    found = _FOLLOWING.match(text, after)
    following = found[1] if found else ""
    if following[:1].islower():
        return False
    if text[stop] != "." or text[stop + 1] == ".":
        return True
    back = text[max(begin, stop - _LOOK_BACK) : stop]
    before = back.split()[-1].lstrip(_OPENING) if back and not back[-1].isspace() else ""
    is_first = stop - begin < _LOOK_BACK and back.strip() == before
    return not (is_first and _MARKER.fullmatch(before)) and _full_stop_ends(before, following)


def _full_stop_ends(before: str, following: str) -> bool:
    """Judge the full stop behind the word `before`, in front of the word `following`."""
    key = before.lower()
    if key in _GOES_ON or (key in _BEFORE_NUMBERS and following[:1].isdigit()):
        return False
    if key in _MAY_END or _DOTTED.fullmatch(before) or (_ONE_LETTER.fullmatch(before) and before.isupper()):
        return following.lower() in _BEGINS
    return True
