"""Numbers as people write them, with what they count: a currency, a unit, percent."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gnomon.workloads.research.marks import DASHES, SPACES
from gnomon.workloads.research.plain.typed.dates import date_spans

CURRENCIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("$", "us$", "usd", "dollar", "dollars", "us dollars", "u.s. dollars"), "USD"),
    **dict.fromkeys(("€", "eur", "euro", "euros"), "EUR"),
    **dict.fromkeys(("£", "gbp", "pounds sterling", "british pounds"), "GBP"),
    **dict.fromkeys(("jpy", "yen"), "JPY"),
    **dict.fromkeys(("chf", "swiss francs", "francs"), "CHF"),
    **dict.fromkeys(("₹", "inr", "rupees"), "INR"),
    **dict.fromkeys(("cny", "rmb", "yuan"), "CNY"),
    **dict.fromkeys(("a$", "aud"), "AUD"),
    **dict.fromkeys(("c$", "cad"), "CAD"),
    **dict.fromkeys(("sek", "swedish kronor"), "SEK"),
    **dict.fromkeys(("nok", "norwegian kroner"), "NOK"),
    **dict.fromkeys(("dkk", "danish kroner"), "DKK"),
    **dict.fromkeys(("r$", "brl"), "BRL"),
    **dict.fromkeys(("₩", "krw", "won"), "KRW"),
    **dict.fromkeys(("₽", "rub", "roubles", "rubles"), "RUB"),
    **dict.fromkeys(("pln", "zloty"), "PLN"),
    **dict.fromkeys(("mxn",), "MXN"),
    **dict.fromkeys(("zar",), "ZAR"),
    **dict.fromkeys(("nz$", "nzd"), "NZD"),
    **dict.fromkeys(("hk$", "hkd"), "HKD"),
    **dict.fromkeys(("s$", "sgd"), "SGD"),
    "¥": "JPY or CNY",
}
"""What a sign or a word of money stands for."""
UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("%", "percent", "per cent", "pct", "percentage", "percentages"), "%"),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), "km"),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), "m"),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), "cm"),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), "mm"),
    **dict.fromkeys(("mile", "miles", "mi"), "mi"),
    **dict.fromkeys(("ft", "foot", "feet"), "ft"),
    **dict.fromkeys(("inch", "inches"), "in"),
    **dict.fromkeys(("km²", "km2", "sq km", "square kilometres", "square kilometers"), "km2"),
    **dict.fromkeys(("m²", "m2", "sq m", "square metres", "square meters"), "m2"),
    **dict.fromkeys(("sq mi", "square miles"), "mi2"),
    **dict.fromkeys(("sq ft", "square feet"), "ft2"),
    **dict.fromkeys(("ha", "hectare", "hectares"), "ha"),
    **dict.fromkeys(("acre", "acres"), "acre"),
    **dict.fromkeys(("kg", "kilogram", "kilograms", "kilogramme", "kilogrammes"), "kg"),
    **dict.fromkeys(("g", "gram", "grams"), "g"),
    **dict.fromkeys(("mg", "milligram", "milligrams"), "mg"),
    **dict.fromkeys(("t", "tonne", "tonnes"), "t"),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), "lb"),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters"), "l"),
    **dict.fromkeys(("ml", "millilitre", "millilitres", "milliliter", "milliliters"), "ml"),
    **dict.fromkeys(("°c", "degc", "celsius", "degrees celsius"), "degC"),
    **dict.fromkeys(("°f", "degf", "fahrenheit", "degrees fahrenheit"), "degF"),
    **dict.fromkeys(("w", "watt", "watts"), "W"),
    **dict.fromkeys(("kw", "kilowatt", "kilowatts"), "kW"),
    **dict.fromkeys(("mw", "megawatt", "megawatts"), "MW"),
    **dict.fromkeys(("gw", "gigawatt", "gigawatts"), "GW"),
    **dict.fromkeys(("kwp", "kilowatt-peak"), "kWp"),
    **dict.fromkeys(("mwp", "megawatt-peak"), "MWp"),
    **dict.fromkeys(("gwp", "gigawatt-peak"), "GWp"),
    **dict.fromkeys(("kwh", "kilowatt-hour", "kilowatt-hours", "kilowatt hours"), "kWh"),
    **dict.fromkeys(("mwh", "megawatt-hour", "megawatt-hours", "megawatt hours"), "MWh"),
    **dict.fromkeys(("gwh", "gigawatt-hour", "gigawatt-hours", "gigawatt hours"), "GWh"),
    **dict.fromkeys(("twh", "terawatt-hour", "terawatt-hours", "terawatt hours"), "TWh"),
    **dict.fromkeys(("kv", "kilovolt", "kilovolts"), "kV"),
    **dict.fromkeys(("v", "volt", "volts"), "V"),
    **dict.fromkeys(("second", "seconds", "sec", "s"), "s"),
    **dict.fromkeys(("minute", "minutes", "min"), "min"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs", "h"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("week", "weeks"), "week"),
    **dict.fromkeys(("month", "months"), "month"),
    **dict.fromkeys(("year", "years"), "year"),
    **dict.fromkeys(("km/h", "kph", "kmh"), "km/h"),
    **dict.fromkeys(("mph", "miles per hour"), "mph"),
    **dict.fromkeys(("m/s",), "m/s"),
    **dict.fromkeys(("hz", "hertz"), "Hz"),
    **dict.fromkeys(("khz",), "kHz"),
    **dict.fromkeys(("mhz",), "MHz"),
    **dict.fromkeys(("ghz",), "GHz"),
    **dict.fromkeys(("kb", "kilobyte", "kilobytes"), "kB"),
    **dict.fromkeys(("mb", "megabyte", "megabytes"), "MB"),
    **dict.fromkeys(("gb", "gigabyte", "gigabytes"), "GB"),
    **dict.fromkeys(("tb", "terabyte", "terabytes"), "TB"),
    **dict.fromkeys(("hpa",), "hPa"),
    **dict.fromkeys(("bar",), "bar"),
}
"""What a unit's signs and words stand for."""
SCALES: Final[Mapping[str, Decimal]] = {
    **dict.fromkeys(("hundred",), Decimal(100)),
    **dict.fromkeys(("k", "thousand", "thousands"), Decimal(10**3)),
    **dict.fromkeys(("lakh",), Decimal(10**5)),
    **dict.fromkeys(("m", "mn", "mm", "mio", "million", "millions"), Decimal(10**6)),
    **dict.fromkeys(("crore",), Decimal(10**7)),
    **dict.fromkeys(("b", "bn", "billion", "billions"), Decimal(10**9)),
    **dict.fromkeys(("tn", "trillion", "trillions"), Decimal(10**12)),
}
_ONES: Final = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL: Final = {word: number for number, word in enumerate(_ONES)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_SHORT_SCALES: Final = ("k", "m", "mm", "b")
"""Letters that scale money alone: `5 m` is a length."""

_DASH: Final = f"[{re.escape(DASHES)}]"
_SPACE: Final = f"[ {SPACES}]"
_DIGITS: Final = (
    rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+(?:[.,]\d+)?(?!\d)|\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d{{1,3}}(?:'\d{{3}})+(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}\.\d{3},\d+|\d+[.,]\d+|\d+|\.\d+"
)
_SIGNS: Final = "|".join(
    re.escape(sign)
    for sign in sorted((s for s in CURRENCIES if not s.isalpha() or len(s) == 3), key=len, reverse=True)
)
_AFTER_SIGNS: Final = "|".join(
    re.escape(sign).replace(r"\ ", r"\s+") for sign in sorted({*CURRENCIES, *UNITS}, key=len, reverse=True)
)
_SCALE_WORDS: Final = "|".join(sorted(SCALES, key=len, reverse=True))
_NUMBER_WORD: Final = "|".join(sorted(_SMALL, key=len, reverse=True))
_IN_WORDS: Final = (
    rf"(?:{_NUMBER_WORD})(?:(?:\s+(?:and\s+)?|{_DASH})(?:{_NUMBER_WORD}|hundred|thousand|million|billion)\b)*"
)
_QUANTITY: Final = re.compile(
    rf"(?<![\w@#.,/\\])(?<!\w{_DASH})(?<!\d:)(?:(?P<sign>{_SIGNS})\s?)?(?P<minus>{_DASH}|minus\s)?(?:(?P<sign2>[$€£¥₹])\s?)?"
    rf"(?:(?P<digits>{_DIGITS})|(?P<spelled>{_IN_WORDS})(?![\w]))"
    rf"(?:(?:\s|{_DASH})?(?P<scale>{_SCALE_WORDS})\b)?"
    rf"(?:(?:\s|{_DASH})?(?P<unit>{_AFTER_SIGNS})(?![\w²³/]))?"
    r"(?![\w@]|[.,:/]\d|%)",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(
    r"(?:\b(?:more|less|fewer|greater|higher|lower) than|\bat (?:least|most)|\bup to|\bover|\bunder|\babove|\bbelow"
    r"|\bnearly|\balmost|\bexceed(?:s|ed|ing)?|[<>≤≥])\s*$",
    re.IGNORECASE,
)
_ROUGHLY: Final = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|some|circa|ca\.?|c\.)|[~≈])\s*$", re.IGNORECASE
)
_RANGE_AFTER: Final = re.compile(
    rf"\s?(?:{_DASH}|\bto\b|\bbis\b)\s?(?:[$€£¥]\s?)?\d|\s*[\u00d7x]\s*\d", re.IGNORECASE
)
_RANGE_BEFORE: Final = re.compile(
    rf"\d[\w%.]*\s?(?:{_DASH}|\bto|\bbis|[\u00d7x])\s?[$€£¥]?$|\bbetween\s+[^.;]{{1,30}}\sand\s+[$€£¥]?$",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\bbetween\s+[$€£¥]?$", re.IGNORECASE)
_AND: Final = re.compile(r"[^.;]{0,20}\sand\s+[$€£¥]?\d", re.IGNORECASE)
_TOO_MUCH: Final = Decimal(10**18)
"""What is written so large is an identifier rather than a count."""
_YEAR: Final = re.compile(r"1\d{3}|2[01]\d\d")
_THINGS: Final = re.compile(r"\s(?:[a-z]+\s)?[a-z]{2,}s\b|\speople\b")
_IN_TIME: Final = re.compile(
    r"\b(?:in|since|by|until|till|from|to|of|during|before|after|around|early|late|mid|year|summer|winter|spring"
    r"|autumn|fall|and|circa|on)[\s-]$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number that stands in a text."""

    number: Decimal
    start: int
    end: int
    written: str
    unit: str = ""
    """The currency by its ISO 4217 code, or the unit; empty where none is written."""
    is_money: bool = False
    is_rough: bool = False
    """Whether the text says that it is about so much."""
    is_plain: bool = False
    """Whether it is digits alone, without a word such as `million`."""
    is_year: bool = False
    """Whether it looks like a year: four digits, and not a count of what follows."""


def quantities(text: str) -> Iterator[Quantity]:
    """Yield the quantities of a text; not the ends of ranges, limits, or the digits of dates."""
    dates = date_spans(text)
    for found in _QUANTITY.finditer(text):
        start, end = found.span()
        in_date = any(first < end and start < last for first, last in dates)
        if not in_date and not _is_limit_or_range(text, start, end) and (read := _read(found)):
            yield read


def _is_limit_or_range(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 60) : start]
    return bool(
        _LIMIT.search(before)
        or _RANGE_BEFORE.search(before)
        or _RANGE_AFTER.match(text, end)
        or (_BETWEEN.search(before) and _AND.match(text, end))
    )


def _read(found: re.Match[str]) -> Quantity | None:
    sign = (found["sign"] or found["sign2"] or "").lower()
    unit = re.sub(r"\s+", " ", found["unit"] or "").lower()
    scale = (found["scale"] or "").lower()
    currency = CURRENCIES.get(sign) or CURRENCIES.get(unit, "")
    if scale in _SHORT_SCALES and not currency and (scale != "k" or found["spelled"]):
        unit, scale = scale, ""
    number = _number(found["digits"]) if found["digits"] else _spelled(found["spelled"])
    if number is None or ((found["spelled"] or "").lower() == "one" and not (scale or unit)):
        return None
    number *= SCALES.get(scale, Decimal(1))
    if number >= _TOO_MUCH:
        return None
    before = found.string[max(0, found.start() - 24) : found.start()]
    return Quantity(
        number=-number if found["minus"] else number,
        start=found.start(),
        end=found.end(),
        written=found[0],
        unit=currency or UNITS.get(unit, ""),
        is_money=bool(currency),
        is_rough=bool(_ROUGHLY.search(before)),
        is_plain=bool(found["digits"]) and not scale,
        is_year=bool(_YEAR.fullmatch(found[0])) and not _is_count(found.string, *found.span()),
    )


def _is_count(text: str, start: int, end: int) -> bool:
    """Say whether four digits count the things that are named after them: `1200 people`, not `in 1200 people`."""
    return bool(_THINGS.match(text, end)) and not _IN_TIME.search(text, max(0, start - 24), start)


def _number(digits: str) -> Decimal | None:
    """Read digits with their marks: a comma before three digits groups, a point before them does not."""
    plain = re.sub(f"[ {SPACES}']", "", digits)
    points, commas = plain.count("."), plain.count(",")
    if points > 1 or (points and commas and plain.rfind(",") > plain.rfind(".")):
        plain = plain.replace(".", "").replace(",", ".")
    elif commas == 1 and not points and not re.fullmatch(r"[1-9]\d{0,2},\d{3}", plain):
        plain = plain.replace(",", ".")
    else:
        plain = plain.replace(",", "")
    return Decimal(plain) if plain.count(".") <= 1 else None


def _spelled(words: str) -> Decimal | None:
    """Read a number in words, such as `two hundred and five thousand`."""
    whole, part = 0, 0
    for word in re.split(rf"\s+|{_DASH}", words.lower()):
        if word in _SMALL:
            if part % 100 and not (part % 10 == 0 and part % 100 >= 20 and _SMALL[word] < 10):
                return None
            part += _SMALL[word]
        elif word == "hundred":
            part = (part or 1) * 100
        elif word in SCALES:
            whole, part = whole + (part or 1) * int(SCALES[word]), 0
    return Decimal(whole + part)
