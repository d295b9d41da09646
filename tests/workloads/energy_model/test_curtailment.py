"""The grid's limit held by the inverters, as a run does it: block by block, or shared."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, references

from gnomon.core.workload import Split
from gnomon.pv.plant import Plant
from gnomon.pv.plant_year import PlantYear, simulate_plant
from gnomon.workloads.energy_model import WORKLOADS, share, sheet
from gnomon.workloads.energy_model.blocks import gather, interconnection, pv_blocks
from gnomon.workloads.energy_model.series import load
from gnomon.workloads.energy_model.simulation import prepare, run, run_whole

LAYOUT = {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0}
LIMIT = {"poiLimitMW": 0.25, "limitAtInverters": True, "contAuxLosskW": 2, "contAuxLossThreshkW": 1}
BREAKDOWN = {"lossBreakdownTimestamps": True}


def unlike() -> list[dict[str, Any]]:
    """Return blocks that reach their limits at different hours."""
    east = {**LAYOUT, "azimuth": 90, "tilt": 30}
    return [block(), block(layout=east), block(array={"stringCount": 6, "stringLength": 26})]


def laboratory(given: dict[str, Any], ctx: MemoryContext) -> PlantYear:
    """Return what the laboratory makes of the same plant."""
    ready = prepare(given, ctx)
    work = gather(ready.given, ready.around, ready.pinned, MemoryContext().get)
    plant = Plant(site=work.site, blocks=tuple(pv_blocks(work)), interconnection=interconnection(ready.plant))
    return simulate_plant(plant, ready.weather)


@pytest.fixture
def ctx(example_plant: Path) -> MemoryContext:
    return MemoryContext(references=references(example_plant))


def test_a_run_holds_the_limit_as_the_laboratory_does(ctx: MemoryContext) -> None:
    given = energy_model(*unlike(), plant=LIMIT, output=BREAKDOWN)
    got, year = finish(WORKLOADS, "energy_model", given, ctx), laboratory(given, ctx)
    plant = load(ctx.get(got["series"]["plant"]))
    assert plant["poi_ac_power"].max() <= 250 * (1 + 1e-12)
    assert plant["poi_ac_power"].max() == pytest.approx(250, rel=1e-8)
    assert np.abs(plant["poi_ac_power"] - year.p_poi / 1e3).max() < 1e-9 * 250
    assert np.abs(plant["grid_ac_power"] - year.p_grid / 1e3).max() < 1e-9 * 250
    assert np.abs(plant["inverter_out_ac_power"] - year.p_inverter / 1e3).max() < 1e-9 * 250
    for index, of_block in enumerate(year.blocks):
        series = load(ctx.get(got["series"]["blocks"][str(index)]), str(index))
        assert np.abs(series["grid_ac_power"] - of_block.p_grid / 1e3).max() < 1e-9 * 250
        # A block that is never bound has no such column.
        held = series.get("loss_IL_Limit", np.zeros(8760))
        assert held == pytest.approx(of_block.taken["IL_Limit"] / 1e3, abs=1e-9 * 250)
    ours = {step["name"]: step["value"] for step in got["losses"]["energy"]["steps"]}
    theirs = {step.name: step.monthly.sum() for step in year.ledger.energy.steps}
    assert ours["IL_Limit"] > 1000
    for name in ours.keys() | theirs.keys():
        assert ours.get(name, 0.0) == pytest.approx(theirs.get(name, 0.0), rel=1e-9, abs=1e-6), name


def test_trees_and_figures_close_after_the_cut(ctx: MemoryContext) -> None:
    got = finish(WORKLOADS, "energy_model", energy_model(*unlike(), plant=LIMIT, output=BREAKDOWN), ctx)
    told = [each for name in got["block_details"] for each in sheet.load(ctx.get(name))]
    hours = 1.0
    for figures, details in zip(got["blocks"], told, strict=True):
        index = str(figures["index"])
        series = load(ctx.get(got["series"]["blocks"][index]), index)
        energy = series["grid_ac_power"].sum() * hours
        assert 1e3 * figures["annual_energy_mwh"] == pytest.approx(energy, rel=1e-9)
        assert details["losses"]["energy"]["closing"]["value"] == pytest.approx(energy, rel=1e-9)
        assert figures["specific_yield_kwh_kwp"] == pytest.approx(energy / figures["dc_capacity_kw"])
    for tree in (got["losses"], *(each["losses"] for each in told)):
        account = tree["energy"]
        months = np.array(account["opening"]["monthly"])
        left = months - sum(np.array(step["monthly"]) for step in account["steps"])
        assert np.abs(left - account["closing"]["monthly"]).max() <= 1e-9 * months.sum()
    steps = {step["name"]: step["value"] for step in got["losses"]["energy"]["steps"]}
    plant = load(ctx.get(got["series"]["plant"]))
    for name in ("IL_Limit", "EACOhmL", "ETrfCopper"):
        assert steps[name] == pytest.approx(plant[f"loss_{name}"].sum() * hours, rel=1e-9)


def test_what_inverters_could_make_is_told(ctx: MemoryContext) -> None:
    got = finish(WORKLOADS, "energy_model", energy_model(*unlike(), plant=LIMIT, output=BREAKDOWN), ctx)
    series = load(ctx.get(got["series"]["blocks"]["0"]), "0")
    made = series["inverter_out_ac_power"] + series["loss_IL_Limit"]
    own = series["loss_IL_Night"] + series["loss_AuxLoss"]
    assert series["made_ac_power"] == pytest.approx(made + own, abs=1e-6)


def test_a_limit_never_reached_changes_nothing(ctx: MemoryContext) -> None:
    far = {"poiLimitMW": 10}
    free, held = (
        finish(WORKLOADS, "energy_model", energy_model(*unlike(), plant=plant), ctx)
        for plant in (far, {**far, "limitAtInverters": True})
    )
    assert held["summary"] == free["summary"]
    assert held["losses"] == free["losses"]
    assert held["block_details"] == free["block_details"]


def test_inverters_that_hold_back_lose_less_than_a_cut_at_the_meter(ctx: MemoryContext) -> None:
    held, cut = (
        finish(
            WORKLOADS, "energy_model", energy_model(*unlike(), plant={**LIMIT, "limitAtInverters": how}), ctx
        )
        for how in (True, False)
    )
    assert held["summary"]["annual_energy_mwh"] == pytest.approx(
        cut["summary"]["annual_energy_mwh"], rel=1e-6
    )
    ohmic = [
        {step["name"]: step["value"] for step in got["losses"]["energy"]["steps"]}["EACOhmL"]
        for got in (held, cut)
    ]
    assert ohmic[0] < ohmic[1]


@pytest.mark.slow
def test_a_shared_run_gives_the_same_bytes(example_plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "WORTH", ((1.0, 4),))
    blocks = [block(layout={**LAYOUT, "tilt": 10 + i // 64}) for i in range(360)]
    given = energy_model(*blocks, plant={"poiLimitMW": 62, "limitAtInverters": True})
    shared, alone = (MemoryContext(references=references(example_plant)) for _ in range(2))
    assert isinstance(run(given, MemoryContext(references=references(example_plant))), Split)
    got = finish(WORKLOADS, "energy_model", given, shared)
    assert json.dumps(got) == json.dumps(run_whole(given, alone))
    assert "IL_Limit" in {step["name"] for step in got["losses"]["energy"]["steps"]}
