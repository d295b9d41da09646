"""The records of locations, weather, modules, inverters and projects."""

from gnomon.core.fold import marked_blob
from gnomon.core.resource import Resource
from gnomon.core.task import Json
from gnomon.web.dialects.daly.nouns import INVERTER, MODULE, Noun
from gnomon.web.dialects.daly.render.moment import render_moment


def render_resource(resource: Resource, noun: Noun) -> dict[str, Json]:
    """Write a resource with its document; ids and times are the house's own, whatever the document says."""
    return {**resource.document, **_model(resource, noun), **_identity(resource, noun)}


def render_row(resource: Resource, noun: Noun) -> dict[str, Json]:
    """Write a resource as a row of a list: without its series."""
    whole = render_resource(resource, noun)
    return {
        key: value
        for key, value in whole.items()
        if key not in noun.left_out_of_lists and marked_blob(value) is None
    }


def _identity(resource: Resource, noun: Noun) -> dict[str, Json]:
    return {
        "id": resource.number,
        noun.global_id: resource.id,
        "name": resource.name,
        "createdAt": render_moment(resource.created_at),
        "updatedAt": render_moment(resource.updated_at),
    }


def _model(resource: Resource, noun: Noun) -> dict[str, Json]:
    if noun not in (MODULE, INVERTER):
        return {}
    return {"model": resource.document.get("model") or resource.name}
