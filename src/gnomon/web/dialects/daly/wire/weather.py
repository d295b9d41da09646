"""A wish for weather from a provider: `/weatherdata/fetch`, or a record that names one instead of arrays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gnomon.core.errors import Complaint
from gnomon.core.task import Json
from gnomon.web.dialects.daly.wire.resources import Placed, read_placed
from gnomon.web.problems import Malformed

_INLINE = "provided"
_ARRAYS = ("ghi", "temperature", "windSpeed")
_ALIASES = {"lat": "latitude", "lng": "longitude"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherWish:
    """What the provider shall be asked, and the location that says where."""

    order: dict[str, Json]
    """Without place and location."""
    place: dict[str, Json]
    """Coordinates that were sent."""
    located: Placed
    """The location that was named, if one was."""

    @property
    def has_location(self) -> bool:
        """Say whether a location was named."""
        return self.located.number is not None or self.located.global_id is not None


def providers_of(schema: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the providers that the kind of task takes, by its schema."""
    return tuple(schema["properties"]["provider"]["enum"])


def names_provider(document: Mapping[str, Json]) -> bool:
    """Say whether a weather record is to come from a provider: it names one, and holds no arrays."""
    source = document.get("weatherDataSource")
    return source not in (None, _INLINE) and not any(document.get(name) is not None for name in _ARRAYS)


def read_wish(body: Json, providers: Collection[str]) -> WeatherWish:
    """Read a wish.

    Raises
    ------
    Malformed
        When it names no provider that is known, or no place; the message lists what is.
    """
    located = read_placed(body)
    order = {name: value for name, value in located.document.items() if value is not None}
    source = order.pop("weatherDataSource", None)
    order["provider"] = _provider(
        order.get("provider", source),
        providers,
        key="provider" if "provider" in order else "weatherDataSource",
    )
    for name in ("locationId", "globalLocationId"):
        order.pop(name, None)
    place = {
        _ALIASES.get(name, name): order.pop(name)
        for name in (*_ALIASES, "latitude", "longitude")
        if name in order
    }
    wish = WeatherWish(order=order, place=place, located=located)
    if complaints := _place_complaints(wish):
        raise Malformed(complaints)
    return wish


def _provider(named: Json, providers: Collection[str], *, key: str) -> str:
    known = named.lower() if isinstance(named, str) else ""
    if known in providers:
        return known
    told = "Give a provider" if named is None else f"{named!r} is no provider of weather that is known here"
    listed = ", ".join(sorted(providers))
    raise Malformed(
        [
            Complaint(
                ("provider" if named is None else key,),
                f"{told}; the providers are {listed}.",
                "unknown_provider",
            )
        ]
    )


def _place_complaints(wish: WeatherWish) -> Sequence[Complaint]:
    if wish.has_location and wish.place:
        message = "Send either a location's id or coordinates: both say where, and may differ."
        return [Complaint((min(wish.place),), message, "conflict")]
    if wish.has_location or {"latitude", "longitude"} <= wish.place.keys():
        return []
    message = "Say where: send 'locationId' or 'globalLocationId', or 'latitude' and 'longitude'."
    return [Complaint(("locationId",), message, "missing")]
