"""The example bodies of the OpenAPI document; sent in this order to an empty workspace, each is accepted."""

from gnomon.core.task import Json

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

LOCATION: Json = {"name": "Site A", "latitude": 33.4, "longitude": -112.0, "elevation": 340}

WEATHER: Json = {
    "name": "Two hours",
    "locationId": 1,
    "date": [1767294000000, 1767297600000],
    "ghi": [410.0, 520.5],
    "dhi": [90.0, 101.2],
    "windSpeed": [2.1, 2.4],
    "temperature": [17.5, 18.2],
}

WEATHER_WISH: Json = {"provider": "pvgis", "locationId": 1, "dataset": "tmy"}

MODULE: Json = {
    "name": "Module of 400 W",
    "properties": {
        "PNom": 400,
        "Isc": 10.36,
        "Voc": 49.3,
        "Imp": 9.76,
        "Vmp": 41.0,
        "muISC": 5.2,
        "NCelS": 72,
        "RSerie": 0.28,
        "RShunt": 450,
        "Rp_0": 1800,
        "Rp_Exp": 5.5,
        "Gamma": 0.98,
        "GRef": 1000,
        "TRef": 25,
        "Width": 1.0,
        "Height": 2.0,
    },
}

INVERTER: Json = {
    "name": "Inverter of 100 kW",
    "properties": {
        "PNomConv": 100,
        "PMaxOUT": 110,
        "PMaxDC": 150,
        "VMppMin": 570,
        "VMPPMax": 1300,
        "VAbsMax": 1500,
        "IMaxDC": 200,
        "PSeuil": 200,
        "EfficMax": 98.7,
        "EfficEuro": 98.4,
    },
}

PROJECT: Json = {"name": "North field", "locationId": 1, "status": "development"}

ENERGY_MODEL: Json = {
    "schemaVersion": "3.1.0",
    "locationId": 1,
    "blocks": [
        {
            "name": "Block 1",
            "inverterId": 1,
            "moduleId": 1,
            "array": {"stringCount": 12, "stringLength": 26},
            "layout": {"arrayType": "fixed", "gcr": 0.42, "azimuth": 180, "axisTilt": 0, "tilt": 20},
            "shading": {"farShading": False, "nearShading": "unlimited", "electricalImpact": False},
            "losses": {
                "moduleQuality": 0.0,
                "mismatch": 0.015,
                "dcohmic": 0.01,
                "lid": 0.015,
                "stringVoltageMismatch": 0.001,
                "invAuxLoss": False,
                "uC": 29,
                "uV": 0,
            },
            "acSystem": {
                "numberOfInverters": 4,
                "losses": {
                    "acohmicLoss": 0.008,
                    "transformer": {"ironLoss": 0.001, "copperLoss": 0.01},
                },
            },
            "albedo": dict.fromkeys(_MONTHS, 0.2),
        }
    ],
    "output": {"name": "Site A, fixed tilt", "timeSeries": True, "blockResults": True, "blockIndex": 0},
}
