"""What the contract's documents are made of: numbers with limits, months, objects that keep what they do not know."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Fraction = Annotated[float, Field(ge=0, le=1)]
# Nothing is left of the energy at a loss of one, and the steps after it would divide by it.
Loss = Annotated[float, Field(ge=0, lt=1)]
# Far above anything built, and sums of it stay finite.
Positive = Annotated[float, Field(gt=0, le=1e12)]
NonNegative = Annotated[float, Field(ge=0, le=1e12)]
# Below 5 W/m2K cells would pass 200 degC in full sun.
HeatLoss = Annotated[float, Field(ge=5, le=1e12)]
# JSON of some writers has no whole numbers; what has no fraction counts.
Count = Annotated[
    int,
    BeforeValidator(lambda n: int(n) if type(n) is float and n.is_integer() else n),
    Field(ge=1, le=10**6),
]
Identifier = Annotated[int, Field(ge=1)]
# Of ground or axis; steeper is none to build on.
Slope = Annotated[float, Field(ge=-89, le=89)]
GlobalIdentifier = int | Annotated[str, Field(pattern=r"^\d+$")]
# Hours from UTC, or the name of a zone.
TimeZone = Annotated[float, Field(ge=-14, le=14)] | str


def _with_nulls(schema: dict[str, Any]) -> None:
    """Let a JSON Schema take null for every property that need not be there."""
    for name, form in schema.get("properties", {}).items():
        if name not in schema.get("required", ()) and not _takes_null(form):
            about = {key: form.pop(key) for key in ("title", "description", "default") if key in form}
            schema["properties"][name] = {"anyOf": [form, {"type": "null"}], **about}


def _takes_null(form: dict[str, Any]) -> bool:
    return not form.keys() & {"type", "anyOf", "$ref"} or {"type": "null"} in form.get("anyOf", ())


class Record(BaseModel):
    """A JSON object of the contract; unknown keys are kept, a text is no number, and null is what may be absent."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        protected_namespaces=(),
        json_schema_extra=_with_nulls,
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict) or None not in given.values():
            return given
        needed = {field.alias or name for name, field in cls.model_fields.items() if field.is_required()}
        return {key: value for key, value in given.items() if value is not None or key in needed}


class Monthly(Record):
    """Twelve fractions, one a month."""

    jan: Fraction
    feb: Fraction
    mar: Fraction
    apr: Fraction
    may: Fraction
    jun: Fraction
    jul: Fraction
    aug: Fraction
    sep: Fraction
    oct: Fraction
    nov: Fraction
    dec: Fraction

    def values(self) -> tuple[float, ...]:
        """Return the fractions from January to December."""
        return tuple(getattr(self, month) for month in MONTHS)


def unknown_keys(record: Record, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every key that no model knows, in document order."""
    for key in record.model_extra or {}:
        yield (*at, key)
    for name, field in type(record).model_fields.items():
        yield from _unknown_within(getattr(record, name), (*at, field.alias or name))


def _unknown_within(value: object, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, Record):
        yield from unknown_keys(value, at)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from _unknown_within(item, (*at, index))
