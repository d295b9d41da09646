import json
from typing import Any

from rig import House, Tenant

from gnomon.web.dialects.daly import examples


async def test_document_is_honest(house: House, ours: Tenant) -> None:
    document = await ours.get("/daly/openapi.json")
    text = json.dumps(document)
    for name in house.kinds:
        assert name in document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            assert route["summary"], (method, path)
            assert "401" in route["responses"], (method, path)
            if method in ("post", "put") and not path.endswith(("/run", "/cancel", "/refresh")):
                assert "requestBody" in route, (method, path)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


async def test_every_example_is_accepted(ours: Tenant) -> None:
    document = await ours.get("/daly/openapi.json")
    for path, method in (
        ("/locations", "post"),
        ("/weatherdata", "post"),
        ("/modules/json", "post"),
        ("/inverters/json", "post"),
        ("/projects", "post"),
        ("/projects/{number}", "put"),
        ("/shadingscenes", "post"),
        ("/energymodels", "post"),
    ):
        body = document["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]
        target = path.format(number=1) + ("?async=true" if path == "/energymodels" else "")
        answered = await ours.client.request(method, target, json=body)
        assert answered.status_code == 200, (path, answered.text)


async def test_examples_of_answers_name_fields_that_are_there(ours: Tenant) -> None:
    document = await ours.get("/daly/openapi.json")
    for path, body in (
        ("/locations", examples.LOCATION),
        ("/weatherdata", examples.WEATHER),
        ("/modules/json", examples.MODULE),
        ("/inverters/json", examples.INVERTER),
        ("/projects", examples.PROJECT),
        ("/shadingscenes", examples.SCENE),
        ("/energymodels?async=true", examples.ENERGY_MODEL),
    ):
        made = await ours.post(path, body)
        for method in ("get", "post"):
            routes = document["paths"][path.partition("?")[0].removesuffix("/json")]
            shown = routes[method]["responses"]["200"]["content"]["application/json"]["example"]
            if method == "get":
                (row,) = await ours.get(path.partition("?")[0].removesuffix("/json"))
                assert set(shown[0]) <= set(row), path
            elif "energymodels" not in path:
                assert set(shown) <= set(made), path
    task = document["paths"]["/tasks/{number}"]["get"]["responses"]["200"]["content"]["application/json"][
        "example"
    ]
    assert set(task) <= set(await ours.get("/tasks/1"))
