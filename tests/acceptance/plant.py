"""The seed page's request, and the records it refers to."""

import math
from pathlib import Path
from typing import Any

import httpx

COMPONENTS = Path(__file__).parents[2] / "examples" / "plant"


def example() -> dict[str, Any]:
    """Give the request of the page on energy-model runs."""
    return {
        "name": "Legacy-Compatible Run Name",
        "locationId": 1,
        "blocks": [
            {
                "inverterId": 1,
                "moduleId": 1,
                "array": {"stringCount": 10, "stringLength": 28},
                "layout": {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 25},
                "shading": {"farShading": False, "nearShading": "unlimited", "electricalImpact": False},
                "losses": {
                    "moduleQuality": 0.0,
                    "mismatch": 0.02,
                    "dcohmic": 0.01,
                    "lid": 0.01,
                    "stringVoltageMismatch": 0.01,
                    "invAuxLoss": True,
                    "uC": 25,
                    "uV": 1.2,
                },
                "acSystem": {
                    "numberOfInverters": 1,
                    "losses": {"acohmicLoss": 0.01, "transformer": {"ironLoss": 0.005, "copperLoss": 0.005}},
                },
                "albedo": dict.fromkeys(
                    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 0.2
                ),
            }
        ],
        "output": {
            "timeSeries": True,
            "blockResults": True,
            "blockIndex": 0,
            "lossBreakdownTimestamps": False,
        },
    }


def furnish(client: httpx.Client) -> None:
    """Post the records that the example refers to: each is number 1 of its kind."""
    place = {"name": "Somewhere", "latitude": 40.0, "longitude": -105.0, "elevation": 1600}
    client.post("/locations", json=place).raise_for_status()
    client.post("/weatherdata", json={"name": "Clear days", "locationId": 1, **year()}).raise_for_status()
    for path, pattern in (("/modules", "*.PAN"), ("/inverters", "*.OND")):
        file = next(COMPONENTS.glob(pattern))
        answer = client.post(path, files={"file": (file.name, file.read_bytes(), "application/octet-stream")})
        assert answer.status_code == 200, answer.text
        assert answer.json()["id"] == 1


def year() -> dict[str, list[float]]:
    """Make a year of clear days at 40 degrees north: not weather, but shaped like it."""
    columns: dict[str, list[float]] = {"ghi": [], "dhi": [], "temperature": [], "windSpeed": []}
    for hour in range(8760):
        season = math.cos(2 * math.pi * (hour / 24 - 172) / 365)
        height = math.sin(math.pi * (hour % 24 + 0.5 - 6) / 12) * (0.75 + 0.2 * season)
        columns["ghi"].append(round(950 * max(height, 0.0), 1))
        columns["dhi"].append(round(150 * max(height, 0.0), 1))
        columns["temperature"].append(12 + 10 * season)
        columns["windSpeed"].append(2.0)
    return columns
