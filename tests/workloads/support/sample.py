"""A small plant of the example components, for tests."""

from pathlib import Path
from typing import Any

import numpy as np

from gnomon.core.workload import Pinned
from gnomon.workloads.pvsyst_import.component import read

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LOCATION = {
    "name": "Bern",
    "latitude": 46.95,
    "longitude": 7.44,
    "elevation": 540,
    "timeZone": 1.0,
    "timeZoneName": "Europe/Zurich",
}


def monthly(value: float) -> dict[str, float]:
    return dict.fromkeys(MONTHS, value)


def block(**changes: Any) -> dict[str, Any]:
    """Return the block of the contract's sample request."""
    return {
        "inverterId": 1,
        "moduleId": 1,
        "array": {"stringCount": 18, "stringLength": 26},
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
        "albedo": monthly(0.2),
        **changes,
    }


def energy_model(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "Sample", "locationId": 1, "blocks": list(blocks) or [block()], **changes}


def weather(rows: int = 8760, **changes: Any) -> dict[str, Any]:
    """Return a year of plain days: a half sine of light about the noon of Bern, stronger in summer."""
    hour = np.arange(rows) % 24 + 0.5
    day = np.arange(rows) // 24
    season = 1 - 0.6 * np.cos(2 * np.pi * (day + 10) / 365)
    ghi = np.maximum(np.sin(np.pi * (hour - 6.5) / 12), 0) * 500 * season
    return {
        "ghi": ghi.round(1).tolist(),
        "dhi": (0.4 * ghi).round(1).tolist(),
        "temperature": (10 * season + 5 * np.sin(np.pi * (hour - 9) / 12)).round(2).tolist(),
        "windSpeed": [2.0] * rows,
        **changes,
    }


def pin(kind: str, number: int, document: Any) -> Pinned:
    return Pinned(kind=kind, number=number, id=str(number), revision=1, document=document)


def components(folder: Path) -> list[Pinned]:
    (pan,), (ond,) = folder.glob("*.PAN"), folder.glob("*.OND")
    return [
        pin("module", 1, read(pan.read_bytes(), "module", pan.name)),
        pin("inverter", 1, read(ond.read_bytes(), "inverter", ond.name)),
    ]


def references(folder: Path, **changes: Any) -> list[Pinned]:
    """Return everything the sample request refers to, weather linked to its location included."""
    return [*components(folder), pin("location", 1, LOCATION), pin("weather", 1, weather(**changes))]
