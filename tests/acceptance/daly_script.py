"""A script as a customer of the vendor has it: it knows no address but the vendor's; tests start it."""

import json
import sys
from typing import Any

from dalysdk import DalyClient


def main() -> None:
    """Save what a model needs, run it, and print what came of it."""
    workspace_key, user_key, module, inverter = sys.argv[1:]
    order: dict[str, Any] = json.load(sys.stdin)
    with DalyClient(workspace_api_key=workspace_key, user_api_key=user_key) as client:
        location = client.locations.create(order["location"])
        client.weather_data.create({**order["weather"], "locationId": location["id"]})
        model = {**order["model"], "locationId": location["id"]}
        model["blocks"][0]["moduleId"] = client.modules.create_from_file(module)["id"]
        model["blocks"][0]["inverterId"] = client.inverters.create_from_file(inverter)["id"]
        made = client.energy_models.create(model)
        task = client.tasks.get(made["taskDetails"]["taskId"])
        found = client.energy_models.get(made["energyModelId"], include=ASKED)
    json.dump({"asked": client._base_url, "status": task["status"], "found": found}, sys.stdout)


ASKED: Any = "summary"

if __name__ == "__main__":
    main()
