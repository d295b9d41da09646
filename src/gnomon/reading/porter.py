"""Porter's stemmer as SQLite's FTS5 has it: on bytes, and only where a stem remains.

The algorithm is that of Porter (1980), doi:10.1108/eb046814, with its author's later changes to step 2 (`bli` and
`logi`). FTS5 leaves words under three and over 64 bytes as they are, and takes no suffix that would leave nothing.
Libraries differ from it in such words, and a term that differs is a term that is never found.
"""

_LONGEST = 64
_VOWELS = frozenset("aeiou")
_STEP_2 = (
    *(("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize")),
    *(("logi", "log"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous")),
    *(("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive")),
    *(("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble")),
)
_STEP_3 = (
    *(("ical", "ic"), ("ness", ""), ("icate", "ic"), ("iciti", "ic"), ("ful", ""), ("ative", "")),
    ("alize", "al"),
)
_STEP_4 = tuple(
    (suffix, "")
    for suffix in (
        *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou"),
        *("ism", "ate", "iti", "ous", "ive", "ize"),
    )
)


def stem(word: str) -> str:
    """Reduce a word in small letters to its stem."""
    if word.isascii():
        return _stem(word) if 3 <= len(word) <= _LONGEST else word
    octets = word.encode()
    if not 3 <= len(octets) <= _LONGEST:
        return word
    return _stem(octets.decode("latin-1")).encode("latin-1").decode(errors="replace")


def _stem(word: str) -> str:
    word = _without_past(_without_plural(word))
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, _STEP_2, 1)
    word = _replace(word, _STEP_3, 1)
    word = _replace(word, _STEP_4, 2)
    return _without_double_l(_without_e(word))


def _without_plural(word: str) -> str:
    if not word.endswith("s") or word.endswith("ss"):
        return word
    if (word.endswith("sses") and len(word) > 4) or (word.endswith("ies") and len(word) > 3):
        return word[:-2]
    return word[:-1]


def _without_past(word: str) -> str:
    if word.endswith("eed") and len(word) > 3:
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        left = word.removesuffix(suffix)
        if left != word and _has_vowel(left):
            return _mended(left)
    return word


def _mended(word: str) -> str:
    """Give back to a verb what its ending took or doubled."""
    if word.endswith(("at", "bl", "iz")) and len(word) > 2:
        return word + "e"
    last = word[-1]
    if last == word[-2:-1] and last not in _VOWELS and last not in "lsz":
        return word[:-1]
    return word + "e" if _measure(word) == 1 and _ends_short(word) else word


def _replace(word: str, rules: tuple[tuple[str, str], ...], measure: int) -> str:
    """Apply the first rule whose suffix the word has, if what stands before it is long enough."""
    for suffix, instead in rules:
        if word.endswith(suffix) and len(word) > len(suffix):
            left = word.removesuffix(suffix)
            is_long = _measure(left) >= measure and (suffix != "ion" or left[-1] in "st")
            return left + instead if is_long else word
    return word


def _without_e(word: str) -> str:
    if not word.endswith("e"):
        return word
    left = word[:-1]
    measure = _measure(left)
    return left if measure > 1 or (measure == 1 and not _ends_short(left)) else word


def _without_double_l(word: str) -> str:
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word


def _shape(word: str) -> str:
    """Write a word as vowels and consonants: `v` and `c`; a y behind a consonant is a vowel."""
    shape = ""
    for letter in word:
        is_vowel = letter in _VOWELS or (letter == "y" and shape[-1:] == "c")
        shape += "v" if is_vowel else "c"
    return shape


def _measure(word: str) -> int:
    """Count how often consonants follow vowels."""
    return _shape(word).count("vc")


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _ends_short(word: str) -> bool:
    """Tell whether a word ends in consonant, vowel, consonant, the last of them not w, x or y."""
    return word[-1:] not in ("w", "x", "y") and _shape(word).endswith("cvc")
