"""The saved energy model and the sections of its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gnomon.core.resource import Resource
from gnomon.core.task import Json, Status, Task
from gnomon.web.dialects.daly.nouns import ENERGY_MODEL
from gnomon.web.dialects.daly.render.moment import render_moment
from gnomon.web.dialects.daly.status import show
from gnomon.web.dialects.daly.wire.energy_model import View, deprecations_of

_UNITS = {"kwh": "kWh", "mwh": "MWh", "kw": "kW", "kwp": "kWp", "mw": "MW", "ms": "Ms"}
_OWN_NAMES = {"annual_energy_mwh": "annualProductionMWh"}

BASE_COLUMNS: Mapping[str, str] = {
    "date": "date",
    "array_stc_dc_power": "arraySTCDCPower",
    "array_dc_power": "arrayDCPower",
    "inverter_out_ac_power": "inverterOutACPower",
    "grid_ac_power": "gridACPower",
    "poi_ac_power": "poiACPower",
}
"""The six series of an immediate answer."""

SHOWN_IN_ROWS = ("summary", "warnings")
"""What a row tells of a result."""
_OPTIONAL = {"local_time": "localTime", "lifetime": "lifetime", "exceedance": "exceedance"}
LOSS_PREFIX = "loss_"
EVERYTHING = View(
    time_series=True,
    block_series=True,
    block_index=None,
    loss_breakdown=True,
    irradiance_detail=True,
    full=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A saved energy model, the task that says how it stands, and its project's global id."""

    model: Resource
    task: Task | None
    global_project_id: str | None = None

    @property
    def result(self) -> Mapping[str, Json] | None:
        """Give the result of the present inputs, if there is one."""
        done = self.task is not None and self.task.status is Status.COMPLETED
        return self.task.result if done and self.task is not None else None


def camel(name: str) -> str:
    """Translate one of our names to the wire's."""
    if name in _OWN_NAMES:
        return _OWN_NAMES[name]
    first, *others = name.split("_")
    return first + "".join(_UNITS.get(word, word.capitalize()) for word in others)


def camel_keys(value: Json) -> Json:
    """Translate the keys of objects, all the way down."""
    if isinstance(value, dict):
        return {camel(key): camel_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [camel_keys(inner) for inner in value]
    return value


def revision(number: int) -> str:
    """Write a revision."""
    return f"v{number:04d}"


def render_identity(standing: Standing, *, at_revision: int | None = None) -> dict[str, Json]:
    """Write which energy model it is, and of which project."""
    model = standing.model
    return {
        "energyModelId": model.number,
        ENERGY_MODEL.global_id: model.id,
        "projectId": model.document.get("projectId"),
        "globalProjectId": standing.global_project_id,
        "revision": revision(at_revision or model.revision),
    }


def render_model(standing: Standing) -> dict[str, Json]:
    """Write the row: what a list shows, and what a detail begins with."""
    warnings = render_warnings(deprecations_of(standing.model.document), standing.result)
    model, task, result = standing.model, standing.task, standing.result
    figures = result["summary"] if result else {}
    failed = task is not None and task.status.is_terminal and task.error is not None
    return {
        "id": model.number,
        **render_identity(standing),
        "name": model.name,
        "status": show(task).status if task else "draft",
        **_waits_for(standing),
        "locationId": model.document.get("locationId"),
        "annualProductionMWh": figures.get("annual_energy_mwh"),
        "capacityFactor": figures.get("capacity_factor"),
        "summary": camel_keys(figures) if result else None,
        "taskId": task.number if task else None,
        "warnings": warnings,
        "taskDetails": {"taskId": task.number if task else None, "warnings": warnings},
        "errorMessage": task.error.message if failed and task and task.error else None,
        "createdAt": render_moment(model.created_at),
        "updatedAt": render_moment(model.updated_at),
    }


def render_detail(standing: Standing) -> dict[str, Json]:
    """Write the row with what an import of its files has assumed, which holds for every run of it."""
    told = standing.model.document.get("importWarnings")
    return {**render_model(standing), **({"importWarnings": told} if told else {})}


def _waits_for(standing: Standing) -> dict[str, Json]:
    """Write which files a draft waits for; what has been run waits for none."""
    waits = standing.model.document.get("waitsFor")
    return {"waitsFor": waits} if waits and standing.task is None else {}


def render_warnings(submission: Sequence[str], result: Mapping[str, Json] | None) -> list[str]:
    """Write the warnings of a submission and of its result, each once."""
    return list(dict.fromkeys([*submission, *(result.get("warnings", ()) if result else ())]))


def render_sections(result: Mapping[str, Json], view: View) -> dict[str, Json]:
    """Write the sections of a result; its blocks and the series come apart."""
    return {
        "title": result["name"],
        "algorithmVersion": f"v{result['model_version']}",
        "energyYieldSummary": camel_keys(result["summary"]),
        "locationSummary": camel_keys(result["location"]),
        "plantSummary": camel_keys(result["plant"]),
        "losses": _losses(result["losses"], view),
        "settings": camel_keys(result["settings"]),
        **{name: camel_keys(result[key]) for key, name in _OPTIONAL.items() if key in result},
        "monthlySummary": [camel_keys(month) for month in result["monthly"]],
    }


def _losses(tree: Mapping[str, Json], view: View) -> dict[str, Json]:
    irradiance = tree["irradiance"]
    ends = {key: value for key, value in irradiance.items() if key != "steps"}
    shown = {"energy": camel_keys(tree["energy"]), "irradiance": camel_keys(ends)}
    if view.irradiance_detail or view.full:
        shown["irradianceLossDetail"] = camel_keys(irradiance)
    return shown


def render_blocks(
    figures: Sequence[Mapping[str, Json]], view: View, details: Sequence[Mapping[str, Json]]
) -> list[Json]:
    """Write blocks from the figures of all and the details of some; their loss trees only if all is asked for."""
    hidden = frozenset() if view.full else frozenset({"losses"})
    whole = ({**figures[each["index"]], **each} for each in details)
    return [camel_keys({key: value for key, value in block.items() if key not in hidden}) for block in whole]
