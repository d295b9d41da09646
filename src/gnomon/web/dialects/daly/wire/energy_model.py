"""The body of a run: old spellings become the canonical ones, each with a warning."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gnomon.core.errors import Complaint, Invalid
from gnomon.core.task import Json
from gnomon.web.dialects.daly.wire.resources import read_object
from gnomon.web.problems import InvalidQuery

SchemaMode = Literal["legacy", "multi_mppt", "hybrid"]
Include = Literal["summary", "inputs", "fulltimeseries", "blocktimeseries"]
INCLUDES: Mapping[str, Include] = {
    "summary": "summary",
    "inputs": "inputs",
    "fulltimeseries": "fulltimeseries",
    "blocktimeseries": "blocktimeseries",
}
FLAGS = (
    "timeSeries",
    "fullTimeSeries",
    "blockResults",
    "lossBreakdownTimestamps",
    "irradianceLossDetail",
    "fullOutput",
)
REMOVED_QUERY = {
    "debug_block": "'debug_block' is no longer supported; use output.blockIndex in the body.",
    "summary": "'summary' is no longer supported here; use GET /energymodels/{id}?include=summary.",
    "fullresults": "'fullresults' is no longer supported here; use the body's output flags, or "
    "GET /energymodels/{id}?include=fulltimeseries.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a body asks for, in canonical words."""

    document: dict[str, Json]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What of a result the immediate answer shows; the body's `output` flags say."""

    time_series: bool
    block_series: bool
    block_index: int | None
    loss_breakdown: bool
    irradiance_detail: bool
    full: bool


def read_order(body: Json, *, blockresults: bool | None = None) -> Order:
    """Translate a body, and the deprecated query parameter that goes with it.

    Raises
    ------
    Invalid
        When an old and a new spelling say different things.
    """
    document = read_object(body)
    _refuse_answer(document)
    output = document.get("output")
    if output is not None and not isinstance(output, dict):
        raise Invalid([Complaint(("output",), "Give 'output' as an object.", "object_type")])
    flags = dict(output or {})
    _check_flags(flags)
    warnings = [
        *_take_name(document, flags),
        *_take_blockresults(flags, blockresults=blockresults),
        *_take_selector(document, flags),
    ]
    if flags or output is not None:
        document["output"] = flags
    return Order(document=document, warnings=tuple(warnings))


def _refuse_answer(document: Mapping[str, Json]) -> None:
    """Refuse the whole answer of a detail, of which only a part is an input."""
    inputs = document.get("inputs")
    if "blocks" not in document and isinstance(inputs, dict) and "blocks" in inputs:
        message = "This is the whole answer of GET ?include=inputs; send what stands under 'inputs'."
        raise Invalid([Complaint(("inputs",), message, "misplaced")])


def _check_flags(flags: Mapping[str, Json]) -> None:
    # An object in the place of a flag has a word of its own: that form was removed.
    complaints = [
        Complaint(("output", name), f"Give output.{name} as true or false.", "bool_type")
        for name in FLAGS
        if not isinstance(flags.get(name), bool | None)
        and not (isinstance(flags[name], dict) and name == "lossBreakdownTimestamps")
    ]
    index = flags.get("blockIndex")
    if isinstance(index, bool) or not isinstance(index, int | None):
        complaints.append(Complaint(("output", "blockIndex"), "Give the block's number, from 0.", "int_type"))
    if complaints:
        raise Invalid(complaints)


def _take_name(document: dict[str, Json], flags: dict[str, Json]) -> list[str]:
    name = document.pop("name", None)
    if name is None:
        return []
    if flags.setdefault("name", name) != name:
        raise Invalid([Complaint(("name",), "'name' and 'output.name' differ; send one.", "conflict")])
    return []


def _take_blockresults(flags: dict[str, Json], *, blockresults: bool | None) -> list[str]:
    if blockresults is None:
        return []
    if blockresults:
        flags["blockResults"] = True
    return ["The query parameter 'blockresults' is deprecated; use output.blockResults."]


def _take_selector(document: dict[str, Json], flags: dict[str, Json]) -> list[str]:
    given = [key for key in ("blockQuery", "blockQueryIndex") if key in document]
    if not given:
        return []
    is_on, index = document.pop("blockQuery", None), document.pop("blockQueryIndex", None)
    warnings = [f"'{key}' is deprecated; use output.blockIndex." for key in given]
    _check_selector(is_on, index)
    if not is_on:
        return warnings
    if index > 0 and _is_alone(document):
        # The vendor's first client sends the selected block alone, under the number that it had.
        warnings.append(f"blockQueryIndex {index} stands for the only block that was sent, which is block 0.")
        index = 0
    _require_block(document, index)
    chosen = flags.get("blockIndex")
    if chosen is not None and index != chosen:
        message = (
            f"blockQueryIndex {index} and output.blockIndex {chosen} differ; send only output.blockIndex."
        )
        raise Invalid([Complaint(("blockQueryIndex",), message, "conflict")])
    # Who selected a block in the old words wanted to see it.
    if not flags.get("lossBreakdownTimestamps"):
        flags["blockResults"] = True
    flags["blockIndex"] = index
    return warnings


def _require_block(document: Mapping[str, Json], index: int) -> None:
    """Refuse a number of no block under the name that was sent; what are no blocks is complained of elsewhere."""
    blocks = document.get("blocks")
    if isinstance(blocks, list) and blocks and not 0 <= index < len(blocks):
        message = (
            f"blockQueryIndex {index} names no block; give 0 to {len(blocks) - 1}, as output.blockIndex."
        )
        raise Invalid([Complaint(("blockQueryIndex",), message, "out_of_range")])


def _is_alone(document: Mapping[str, Json]) -> bool:
    blocks = document.get("blocks")
    return isinstance(blocks, list) and len(blocks) == 1


def _check_selector(is_on: Json, index: Json) -> None:
    if not isinstance(is_on, bool | None):
        raise Invalid([Complaint(("blockQuery",), "Give true or false.", "bool_type")])
    if isinstance(index, bool) or not isinstance(index, int | None):
        raise Invalid([Complaint(("blockQueryIndex",), "Give the block's number, from 0.", "int_type")])
    if is_on and index is None:
        message = "'blockQuery' needs 'blockQueryIndex'; better, send only output.blockIndex."
        raise Invalid([Complaint(("blockQueryIndex",), message, "missing")])
    if is_on is None and index is not None:
        message = "'blockQueryIndex' needs 'blockQuery': true; better, send only output.blockIndex."
        raise Invalid([Complaint(("blockQuery",), message, "missing")])


def deprecations_of(document: Mapping[str, Json]) -> tuple[str, ...]:
    """Say which forms of a checked document will go, in the words that its run uses."""
    found = [
        f"blocks[{index}].array is deprecated; use dcInputs"
        for index, block in enumerate(document.get("blocks") or ())
        if block.get("array") is not None
    ]
    if {"lat", "lng"} & (document.get("location") or {}).keys():
        found.append("location.lat and location.lng are deprecated; use latitude and longitude")
    return tuple(found)


def view_of(document: Mapping[str, Json]) -> View:
    """Say what a canonical document wants to see."""
    flags = document.get("output") or {}
    loss_breakdown = flags.get("lossBreakdownTimestamps") is True
    return View(
        time_series=flags.get("timeSeries") is True,
        block_series=flags.get("blockResults") is True or loss_breakdown,
        block_index=flags.get("blockIndex"),
        loss_breakdown=loss_breakdown,
        irradiance_detail=flags.get("irradianceLossDetail") is True,
        full=flags.get("fullOutput") is True,
    )


def name_in(document: Mapping[str, Json]) -> str | None:
    """Return the name of the run."""
    name = (document.get("output") or {}).get("name")
    return name if isinstance(name, str) and name else None


def schema_mode(document: Mapping[str, Json]) -> SchemaMode:
    """Say in which form the blocks give their strings."""
    blocks = document.get("blocks") or ()
    old = any(block.get("array") is not None for block in blocks)
    new = any(block.get("dcInputs") for block in blocks)
    if old and new:
        return "hybrid"
    return "multi_mppt" if new else "legacy"


def refuse_removed(query: Mapping[str, str]) -> None:
    """Refuse the query parameters that were removed, and say what to use.

    Raises
    ------
    InvalidQuery
        When one is there.
    """
    found = [
        Complaint(("query", name), REMOVED_QUERY[name], "removed") for name in REMOVED_QUERY if name in query
    ]
    if found:
        raise InvalidQuery(found)


def read_include(text: str | None) -> frozenset[Include]:
    """Read the comma list of what a detail shows.

    Raises
    ------
    InvalidQuery
        When a word in it is not known.
    """
    words = [word.strip().lower() for word in (text or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in INCLUDES]
    if unknown:
        message = f"'{unknown[0][:80]}' is not known; use any of {', '.join(INCLUDES)}."
        raise InvalidQuery([Complaint(("query", "include"), message, "enum")])
    return frozenset(INCLUDES[word] for word in words)
