"""Bodies that the contract's clients send."""

from typing import Any

import numpy as np

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LOCATION = {"name": "Bern", "latitude": 46.95, "longitude": 7.44, "elevation": 540}


def weather(rows: int = 8760, **changes: Any) -> dict[str, Any]:
    """Return plain days: a half sine of light from 6 to 18 o'clock."""
    hour = np.arange(rows) % 24 + 0.5
    ghi = (np.maximum(np.sin(np.pi * (hour - 6) / 12), 0) * 600).round(1)
    return {
        "ghi": ghi.tolist(),
        "dhi": (0.4 * ghi).round(1).tolist(),
        "temperature": [12.0] * rows,
        "windSpeed": [2.0] * rows,
        **changes,
    }


def block(**changes: Any) -> dict[str, Any]:
    return {
        "inverterId": 1,
        "moduleId": 1,
        "array": {"stringCount": 18, "stringLength": 26},
        "layout": {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 25},
        "shading": {"farShading": False, "nearShading": "unlimited", "electricalImpact": False},
        "losses": {"mismatch": 0.02, "dcohmic": 0.01, "lid": 0.01, "uC": 25, "uV": 1.2},
        "acSystem": {"numberOfInverters": 1, "losses": {"acohmicLoss": 0.01}},
        "albedo": dict.fromkeys(MONTHS, 0.2),
        **changes,
    }


def energy_model(*blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "Sample", "locationId": 1, "blocks": list(blocks) or [block()], **changes}
