"""The seed page's request, and the records it refers to."""

import math
from typing import Any

MODULE = {
    "name": "Test 330 W",
    "properties": {
        "Technol": "mtSiMono", "NCelS": 72, "NCelP": 1, "NDiode": 3, "GRef": 1000, "TRef": 25, "PNom": 330,
        "Isc": 9.31, "Voc": 45.9, "Imp": 8.8, "Vmp": 37.5, "muISC": 4.93, "muVocSpec": -143.0, "muPmpReq": -0.42,
        "RShunt": 350, "Rp_0": 1400, "Rp_Exp": 5.5, "RSerie": 0.317, "Gamma": 0.971, "muGamma": -0.0006,
        "Width": 0.992, "Height": 1.96,
    },
}  # fmt: skip


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
