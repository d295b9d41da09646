"""One uploaded PAN or OND file becomes one saved module or inverter."""

from collections.abc import Callable, Mapping
from typing import Any

from gnomon.core.retry import RetryPolicy
from gnomon.core.task import Json
from gnomon.core.workload import AsyncContext, Failure, Workload
from gnomon.pvsyst import PvsystError, PvsystObject, ond, pan, parse, write_ond, write_pan

INPUT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {
        "blob": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the file's bytes"},
        "filename": {"type": "string", "description": "What the file was called; names it in errors"},
        "as": {"enum": ["module", "inverter"], "description": "What the file is to become"},
    },
    "required": ["blob", "as"],
    "additionalProperties": False,
}
OUTPUT_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "properties": {"kind": {"type": "string"}, "number": {"type": "integer"}, "id": {"type": "string"}},
    "required": ["kind", "number", "id"],
}


async def run(given: Json, ctx: AsyncContext) -> Json:
    """Read the file and save what it holds.

    Raises
    ------
    Failure
        If the file is no component of the kind asked for; the message names the key and the remedy.
    """
    filename = given.get("filename") or f"the {given['as']} file"
    ctx.progress(10, "processing")
    document = read(await ctx.get(given["blob"]), given["as"], filename)
    ctx.progress(80, "saving")
    try:
        saved = await ctx.save(given["as"], document, key="component")
    except Failure as failure:
        if failure.code != "invalid_resource":
            raise
        raise Failure("invalid_file", f"{filename}: {failure.message}") from failure
    return {"kind": saved.kind, "number": saved.number, "id": saved.id}


def read(content: bytes, kind: str, filename: str) -> dict[str, Any]:
    """Return the document of a component file.

    Raises
    ------
    Failure
        If the file is no component of that kind.
    """
    try:
        return document_of(parse(content), kind, filename)
    except PvsystError as error:
        raise Failure("invalid_file", f"{filename}: {error}") from error


def document_of(root: PvsystObject, kind: str, filename: str) -> dict[str, Any]:
    """Return the document of a component's tree.

    Raises
    ------
    PvsystError
        If it is no component of that kind.
    """
    return _READERS[kind](root, filename)


def write(kind: str, document: Mapping[str, Any]) -> str:
    """Return the text of a module's PAN file, or of an inverter's OND file, as PVsyst reads it.

    Parameters
    ----------
    kind : str
        ``module`` or ``inverter``.
    document : mapping
        As it was imported, or as the API answers it.

    Raises
    ------
    PvsystError
        If a value cannot be written, or a curve is none.
    """
    properties = document["properties"]
    if kind == "module":
        aoi = document.get("aoi")
        return write_pan(properties, list(zip(aoi["angles"], aoi["factors"], strict=True)) if aoi else None)
    curves = (document.get("efficiency") or {}).get("curves") or []
    return write_ond(properties, list(map(_points, curves)))


def _points(curve: Mapping[str, Any]) -> ond.EfficiencyCurve:
    powers = zip(curve["dcPowerkW"], curve["acPowerkW"], strict=True)
    points = [(p_dc * 1e3, p_ac * 1e3) for p_dc, p_ac in powers]
    return ond.efficiency_curve(curve.get("voltage"), points, key="efficiency")


def _module(root: PvsystObject, filename: str) -> dict[str, Any]:
    pan.read_module(root)
    curve = pan.read_iam(root)
    document = _named(pan.read_properties(root), filename)
    if curve is None:
        return document
    return {**document, "aoi": {"angles": [a for a, _ in curve], "factors": [f for _, f in curve]}}


def _inverter(root: PvsystObject, filename: str) -> dict[str, Any]:
    curves = ond.read_inverter(root).curves
    efficiency = {"curves": [_curve(curve) for curve in curves]}
    return {**_named(ond.read_properties(root), filename), "efficiency": efficiency}


def _named(properties: Mapping[str, Any], filename: str) -> dict[str, Any]:
    model = str(properties.get("Model") or filename.rsplit(".", 1)[0])
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in properties.items()}
    return {"name": model, "model": model, "properties": plain}


def _curve(curve: ond.EfficiencyCurve) -> dict[str, Any]:
    powers = {
        "dcPowerkW": [p_dc / 1e3 for p_dc, _ in curve.points],
        "acPowerkW": [p_ac / 1e3 for _, p_ac in curve.points],
    }
    return powers if curve.v_dc is None else {"voltage": curve.v_dc, **powers}


_READERS: dict[str, Callable[[PvsystObject, str], dict[str, Any]]] = {
    "module": _module,
    "inverter": _inverter,
}

COMPONENT = Workload(
    kind="pvsyst_component",
    title="PVsyst component import",
    run=run,
    # A file is read in milliseconds, and must not stand behind runs of minutes.
    where="io",
    input_schema=INPUT_SCHEMA,
    output_schema=OUTPUT_SCHEMA,
    retry=RetryPolicy(),
)
