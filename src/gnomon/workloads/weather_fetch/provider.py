"""What a provider is asked: the request for a place, and which form its answer has. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from gnomon.core.workload import Failure

KEY_VARIABLE = "NSRDB_API_KEY"
USUAL_ADDRESSES: Final[Mapping[str, str]] = {
    "pvgis": "https://re.jrc.ec.europa.eu/api/v5_3",
    "nsrdb": "https://developer.nlr.gov/api/nsrdb/v2/solar",
}
DATASETS = ("tmy", "hourly")
_FIRST_YEARS: Final = {"pvgis": 2005, "nsrdb": 1998}
_ATTRIBUTES = "ghi,dhi,dni,air_temperature,wind_speed,relative_humidity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The address to ask, what of it may be shown, and the form of the answer."""

    provider: str
    url: str
    shown: str
    """Without the query, which holds keys."""
    form: str
    hidden: tuple[str, ...] = ()
    """What must not be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the providers are, and what the operator has for them."""

    addresses: Mapping[str, str]
    email: str = ""
    key: str = ""

    def is_own(self, provider: str) -> bool:
        """Say whether the operator has set the provider's address himself."""
        return self.addresses[provider] != USUAL_ADDRESSES[provider]


def read_access(settings: Mapping[str, Any], environ: Mapping[str, str]) -> Access:
    """Read what the operator has set, and the key from the environment."""
    addresses = {
        name: str(settings.get(f"{name}_url") or usual).rstrip("/") for name, usual in USUAL_ADDRESSES.items()
    }
    return Access(
        addresses=addresses,
        email=str(settings.get("nsrdb_email") or ""),
        key=environ.get(KEY_VARIABLE, "").strip(),
    )


def ask_for(given: Mapping[str, Any], access: Access) -> Question:
    """Write the question of a checked input.

    Raises
    ------
    Failure
        With the code ``not_set_up`` when the provider wants what the operator has not set.
    """
    return _QUESTIONS[given["provider"]](given, access)


def _pvgis(given: Mapping[str, Any], access: Access) -> Question:
    is_typical = given.get("dataset", "tmy") == "tmy"
    wanted: dict[str, Any] = {
        "lat": f"{given['latitude']:.5f}",
        "lon": f"{given['longitude']:.5f}",
        "outputformat": "json",
        "usehorizon": int(bool(given.get("useHorizon", False))),
        "browser": 0,
    }
    first, last = given.get("year"), given.get("endYear", given.get("year"))
    if first is not None:
        wanted |= {"startyear": first, "endyear": last}
    if not is_typical:
        wanted |= {"angle": 0, "aspect": 0, "components": 1, "pvcalculation": 0}
        if given.get("database"):
            wanted["raddatabase"] = given["database"]
    return _question("pvgis", access, "tmy" if is_typical else "seriescalc", wanted, is_typical=is_typical)


def _nsrdb(given: Mapping[str, Any], access: Access) -> Question:
    lacking = [
        words
        for value, words in (
            (access.key, f"a key, as {KEY_VARIABLE} in the server's environment"),
            (access.email, "its owner's e-mail address, as --nsrdb-email or GNOMON_NSRDB_EMAIL"),
        )
        if not value
    ]
    if lacking:
        raise Failure(
            "not_set_up",
            f"NSRDB wants {' and '.join(lacking)}; keys are free at https://developer.nlr.gov/signup/. "
            "PVGIS needs none.",
        )
    is_typical = given.get("dataset", "tmy") == "tmy"
    wanted = {
        "api_key": access.key,
        "email": access.email,
        "wkt": f"POINT({given['longitude']:.5f} {given['latitude']:.5f})",
        "names": _nsrdb_names(given, is_typical=is_typical),
        "attributes": _ATTRIBUTES,
        "interval": given.get("interval", 60),
        "leap_day": "false" if is_typical else "true",
        "utc": "false",
        "mailing_list": "false",
        "full_name": "Gnomon",
        "affiliation": "Gnomon",
        "reason": "energy model",
    }
    path = f"nsrdb-GOES-{'tmy' if is_typical else 'aggregated'}-v4-0-0-download.csv"
    return _question("nsrdb", access, path, wanted, is_typical=is_typical, hidden=(access.key, access.email))


def _nsrdb_names(given: Mapping[str, Any], *, is_typical: bool) -> str:
    year = given.get("year")
    if is_typical:
        return "tmy" if year is None else f"tmy-{year}"
    return str(year)


def _question(
    provider: str,
    access: Access,
    path: str,
    wanted: Mapping[str, Any],
    *,
    is_typical: bool,
    hidden: tuple[str, ...] = (),
) -> Question:
    shown = f"{access.addresses[provider]}/{path}"
    form = "nsrdb" if provider == "nsrdb" else "pvgis_tmy" if is_typical else "pvgis_hourly"
    return Question(
        provider=provider, url=f"{shown}?{urlencode(wanted)}", shown=shown, form=form, hidden=hidden
    )


_QUESTIONS: Mapping[str, Callable[[Mapping[str, Any], Access], Question]] = {"pvgis": _pvgis, "nsrdb": _nsrdb}
PROVIDERS = tuple(_QUESTIONS)
CALLED: Mapping[str, str] = {"pvgis": "PVGIS", "nsrdb": "NSRDB"}


def first_year(provider: str) -> int:
    """Return the first year of which the provider has hours."""
    return _FIRST_YEARS[provider]
