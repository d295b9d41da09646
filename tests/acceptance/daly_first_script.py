"""What a customer of the SDK's first release wrote, where that differs from today's; tests start it."""

import json
import sys
from importlib.metadata import version
from typing import Any

from dalysdk import BatchRunner, DalyClient, LegacyEnergyModel


def main() -> None:
    """Run a model waited for, queued, by its second block alone, in a batch and in the old style; print all of it."""
    workspace_key, user_key, module, inverter = sys.argv[1:]
    order: dict[str, Any] = json.load(sys.stdin)
    model = order["model"]
    with DalyClient(workspace_api_key=workspace_key, user_api_key=user_key) as client:
        location = client.locations.create(order["location"])
        client.weather_data.create({**order["weather"], "locationId": location["id"]})
        model["locationId"] = location["id"]
        model["blocks"][0]["moduleId"] = client.modules.create_from_file(module)["id"]
        model["blocks"][0]["inverterId"] = client.inverters.create_from_file(inverter)["id"]
        models: Any = client.energy_models
        two = {**model, "blocks": model["blocks"] * 2, "output": {}}
        batch = BatchRunner(client)
        batch.submit_many([("one", model), ("two", model)])
        batch.wait(poll_interval=0.1, timeout=60)
        legacy: Any = LegacyEnergyModel(client, model)
        legacy.run()
        said = {
            "version": version("daly-energy"),
            "waited": models.create(model, async_mode=False),
            "queued": models.create(model, async_mode=True, include="summary"),
            "block": models.create_legacy_query(two, block_results=True, block_results_index=1),
            "batch": {key: batch.summary()[key] for key in ("total", "completed", "failed", "pending")},
            "legacy": legacy.epm_run_success,
        }
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
