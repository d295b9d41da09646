"""The whole run against two engines that this project did not write.

Both cases go through documents as a client would post them. The tolerances are what two careful engines reach
with different sub-models: 0.3 % for light in the plane, 0.7 % behind the glass, 1-2 % for energy.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_memory import MemoryContext, finish
from pvlib.solarposition import get_solarposition
from sample import block, energy_model, pin

from gnomon.core.workload import Pinned
from gnomon.workloads.energy_model import WORKLOADS
from gnomon.workloads.energy_model.series import load
from gnomon.workloads.pvsyst_import.component import read


def component(kind: str, path: Path) -> Pinned:
    return pin(kind, 1, read(path.read_bytes(), kind, path.name))


def bern_weather(folder: Path) -> dict[str, Any]:
    """Read the hours: GHI, DHI, temperature, wind; the first row is the hour from midnight, UTC+1."""
    rows = np.loadtxt(folder / "Bern-hour.dat", skiprows=6)
    names = ("ghi", "dhi", "temperature", "windSpeed")
    return {name: rows[:, column].tolist() for column, name in enumerate(names)}


def bern_block(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the three equal inverters of the payload as one block.

    The module's light-induced degradation is its file's (LIDLoss 3 %); the wiring has no loss there.
    """
    mounting = payload["pvPlant"]["mountingTypeSpecifications"]["Fixed-Tilt Rack Template 1"]
    inverters = payload["pvPlant"]["transformers"][0]["inverters"]
    layout = inverters[0]["layouts"][0]
    return block(
        array={"stringCount": layout["totalNumberOfStrings"], "stringLength": layout["stringLength"]},
        layout={
            "arrayType": "fixed",
            "gcr": mounting["rackHeight"] / layout["pitch"],
            "azimuth": layout["azimuth"],
            "axisTilt": 0,
            "tilt": mounting["tilt"],
        },
        losses={
            "mismatch": layout["moduleMismatchLoss"],
            "lid": 0.03,
            "uC": mounting["constantHeatTransferCoefficient"],
            "uV": mounting["convectiveHeatTransferCoefficient"],
        },
        acSystem={"numberOfInverters": len(inverters)},
    )


def test_racks_near_bern_as_solarfarmer_sees_them(golden: Path) -> None:
    folder = golden / "bern_racks"
    payload = json.loads((folder / "EnergyCalcInputs.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    place = payload["location"]
    pins = [
        component("module", folder / "CanadianSolar_CS6U-330M_APP.PAN"),
        component("inverter", folder / "Sungrow_SG125HV_APP.OND"),
    ]
    options = payload["energyCalculationOptions"]
    given = energy_model(
        bern_block(payload),
        location={
            "latitude": place["latitude"],
            "longitude": place["longitude"],
            "elevation": place["altitude"],
        },
        weatherData=bern_weather(folder),
        settings={"circumsolarAsBeam": options["treatCircumsolarAsDirect"]},
    )
    del given["locationId"]
    whole = finish(WORKLOADS, "energy_model", given, MemoryContext(references=pins))
    got, first_step = whole["summary"], whole["losses"]["irradiance"]["steps"][0]
    # Rows read half an hour early or late would leave light in hours without a sun.
    assert first_step["name"] == "LowSun"
    assert 0 <= first_step["loss"] < 0.001
    # Two steps of the payload that this contract has no field for: both are plain factors on the energy.
    transformer = payload["pvPlant"]["transformerSpecifications"]["Transformer Specification 1"]["lossFactor"]
    net = got["annual_energy_mwh"] * (1 - transformer) * (1 - options["gridAvailabilityLoss"])
    assert got["dc_capacity_kw"] == pytest.approx(1e3 * expected["dc_capacity_mw"])
    assert got["ghi_kwh_m2"] == pytest.approx(expected["ghi_kwh_m2"], rel=0.002)
    assert got["temp_air_mean_c"] == pytest.approx(expected["average_temperature_degc"], abs=0.1)
    assert got["poa_global_kwh_m2"] == pytest.approx(expected["poa_global_kwh_m2"], rel=0.003)
    assert got["effective_irradiance_kwh_m2"] == pytest.approx(
        expected["effective_irradiance_kwh_m2"], rel=0.007
    )
    assert net == pytest.approx(expected["net_energy_mwh"], rel=0.01)


NOMINAL_EFFICIENCY, REFERENCE_EFFICIENCY = 0.96, 0.9637
PVWATTS_PLACE = {
    "name": "Golden CO",
    "latitude": 39.73,
    "longitude": -105.18,
    "elevation": 1819.6,
    "timeZone": -7,
}


def pvwatts_inverter() -> dict[str, Any]:
    """Return PVWatts' part-load curve (NREL/TP-6A20-62641, eq. 10) for 4 kW at a DC/AC ratio of 1.2."""
    load_ratio = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.2])
    shape = -0.0162 * load_ratio - 0.0059 / load_ratio + 0.9858
    p_dc = 4 / 1.2 / NOMINAL_EFFICIENCY * load_ratio
    p_ac = p_dc * NOMINAL_EFFICIENCY / REFERENCE_EFFICIENCY * shape
    curve = {"dcPowerkW": p_dc.tolist(), "acPowerkW": p_ac.tolist()}
    return {"name": "PVWatts", "properties": {"PNomConv": 4 / 1.2}, "efficiency": {"curves": [curve]}}


def pvwatts_weather(rows: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the hours; the global irradiance closes beam and diffuse at the middle of the hour."""
    middle = pd.date_range("2025-01-01 00:30", periods=8760, freq="h", tz="Etc/GMT+7")
    sun = get_solarposition(middle, PVWATTS_PLACE["latitude"], PVWATTS_PLACE["longitude"])
    dni, dhi = rows[:, 3], rows[:, 4]
    ghi = np.maximum(dni * np.cos(np.radians(sun["zenith"].to_numpy())), 0) + dhi
    columns = {"ghi": ghi, "dni": dni, "dhi": dhi, "temperature": rows[:, 5], "windSpeed": rows[:, 6]}
    return {name: column.tolist() for name, column in columns.items()}


# PVWatts models no real module; any ordinary crystalline one should come as close as this.
MODULES = [
    "Trina_TSM_255PD05.PAN",
    "REC_330NP.PAN",
    "Hanwha_Qcells_QPLUS_L_G4_2_350.PAN",
    "Canadian_CS6U-330M-AG.PAN",
    "Silfab_SLG325M.PAN",
    "Znshine_ZXP6_60_230_P.PAN",
]


@pytest.mark.parametrize("name", MODULES)
def test_open_racks_in_golden_as_pvwatts_sees_them(golden: Path, name: str) -> None:
    table = golden / "pvwatts" / "pvwatts_8760_rackmount.csv"
    rows = np.loadtxt(table, delimiter=",", skiprows=18, max_rows=8760)
    module = component("module", golden / "pvsyst_files" / "pvsyst_tools" / name)
    nameplate_kw = module.document["properties"]["PNom"] / 1e3
    pins = [module, pin("inverter", 1, pvwatts_inverter()), pin("location", 1, PVWATTS_PLACE)]
    given = energy_model(
        block(
            array={"stringCount": 1, "stringLength": round(4 / nameplate_kw)},
            layout={"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 20},
            shading={},
            losses={"mismatch": 0.1408, "uC": 25, "uV": 1.2},
            acSystem={"numberOfInverters": 1},
        ),
        weatherData=pvwatts_weather(rows),
    )
    ctx = MemoryContext(references=pins)
    got = finish(WORKLOADS, "energy_model", given, ctx)
    plant = load(ctx.get(got["series"]["plant"]))
    to_four_kw = 4 / got["summary"]["dc_capacity_kw"]
    poa, temp_cell, ac = rows[:, 7], rows[:, 8], rows[:, 10]
    day = poa > 0
    assert plant["poa_global"].sum() == pytest.approx(poa.sum(), rel=0.01)
    assert 1e3 * to_four_kw * plant["grid_ac_power"].sum() == pytest.approx(ac.sum(), rel=0.02)
    assert np.sqrt(np.mean((plant["temp_cell"] - temp_cell)[day] ** 2)) < 3
