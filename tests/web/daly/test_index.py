"""The contract's index of endpoints: each is there, under its method, with its parameters."""

from collections.abc import Iterator
from typing import Any

import pytest
from rig import Tenant

# Path -> methods, as the contract's index has them; `*` is an id.
INDEX: dict[str, str] = {
    "/auth/token": "POST",
    "/auth/workspaces": "GET",
    "/auth/exchange-supabase": "POST",
    "/workspaces": "GET POST",
    "/workspaces/*": "GET PUT DELETE",
    "/workspaces/*/users": "GET",
    "/workspaces/*/settings": "GET PUT PATCH",
    "/organizations/*": "PATCH",
    "/organizations/*/invites": "POST",
    "/organizations/*/invites/accept": "POST",
    "/organizations/*/workspaces": "GET POST",
    "/locations": "GET POST",
    "/locations/*": "GET DELETE",
    "/weatherdata": "GET POST",
    "/weatherdata/fetch": "POST",
    "/weatherdata/*": "GET DELETE",
    "/modules": "GET POST",
    "/modules/json": "POST",
    "/modules/*": "GET DELETE",
    "/inverters": "GET POST",
    "/inverters/json": "POST",
    "/inverters/*": "GET DELETE",
    "/projects": "GET POST",
    "/projects/import": "POST",
    "/projects/*": "GET PUT DELETE",
    "/energymodels": "GET POST",
    "/energymodels/*": "GET PUT DELETE",
    "/energymodels/*/run": "POST",
    "/shadingscenes": "GET POST",
    "/shadingscenes/import": "POST",
    "/shadingscenes/*": "GET DELETE",
    "/shadingscenes/*/results": "GET",
    "/shadingscenes/*/gcr": "GET",
    "/shadingscenes/*/refresh": "POST",
    "/shadingscenes/*/trackinginputs": "POST",
    "/shadingscenes/*/viewer": "GET",
    "/tasks": "GET",
    "/tasks/*": "GET",
    "/tasks/*/cancel": "POST",
    "/workflows/*": "GET",
}

OPTIONAL = ("/auth/workspaces", "/auth/exchange-supabase")
"""Answer 404 with the options to set, until the operator has set them."""

# Method and path -> names of what it takes in the query.
QUERY: dict[tuple[str, str], str] = {
    ("GET", "/energymodels"): "include",
    ("POST", "/energymodels"): "async blockresults",
    ("GET", "/energymodels/*"): "include",
    ("POST", "/energymodels/*/run"): "async",
    ("GET", "/shadingscenes/*"): "returnshading returntableshading returnmodel",
    ("GET", "/shadingscenes/*/results"): "includeStatus",
    ("GET", "/shadingscenes/*/viewer"): "include_geometry include_obstructions include_shading aggregate "
    "azimuth_bin elevation_bin",
    ("GET", "/tasks"): "status task_type page page_size created_after created_before",
}

_TRACKING = "gcr azimuth axis_tilt back_tracking max_angle terrain_aware terrain_aware_diode_threshold "
# Path -> names of the parts of its form.
FORM: dict[str, str] = {
    "/modules": "file",
    "/inverters": "file",
    "/projects/import": "files",
    "/shadingscenes/import": f"file name file_type read_diodes {_TRACKING} terrain_aware_method",
    "/shadingscenes/*/trackinginputs": f"{_TRACKING} terrain_aware_method",
}


def endpoints() -> Iterator[tuple[str, str]]:
    """Yield every method and path of the index."""
    for path, methods in INDEX.items():
        yield from ((method, path) for method in methods.split())


def test_the_index_has_62_endpoints() -> None:
    assert len(list(endpoints())) == 62


@pytest.mark.parametrize("prefix", ["", "/daly"])
async def test_every_endpoint_is_there(site: Tenant, prefix: str) -> None:
    nowhere = await site.client.get(f"{prefix}/nowhere/1")
    assert nowhere.status_code == 404
    for method, path in endpoints():
        answered = await site.client.request(method, prefix + path.replace("*", "987654"))
        told = (method, path, answered.text)
        assert answered.status_code not in (405, 500, 501), told
        assert answered.status_code != 404 or answered.json() != nowhere.json(), told
        # Without an identity provider there is nobody to exchange with, and the answer says so.
        assert answered.status_code != 404 or "*" in path or path in OPTIONAL, told


async def test_every_parameter_is_there(site: Tenant) -> None:
    paths = (await site.get("/daly/openapi.json"))["paths"]
    by_pattern = {"/".join("*" if "{" in part else part for part in path.split("/")): path for path in paths}
    for method, path in endpoints():
        route = paths[by_pattern[path]][method.lower()]
        names = {each["name"] for each in route.get("parameters", ()) if each["in"] == "query"}
        assert names == set(QUERY.get((method, path), "").split()), (method, path)
        if method == "POST" and path in FORM:
            assert _parts(route) == set(FORM[path].split()), path


def _parts(route: Any) -> set[str]:
    contents = route["requestBody"]["content"]
    form = contents.get("multipart/form-data") or contents["application/x-www-form-urlencoded"]
    return set(form["schema"]["properties"])
