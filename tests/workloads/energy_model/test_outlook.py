"""Years to come, doubt, standstill, snow and clipping inside the hour, as a run tells them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_memory import MemoryContext, finish
from sample import block, energy_model, monthly, references, weather

from gnomon.core.workload import Split
from gnomon.workloads.energy_model import WORKLOADS, share
from gnomon.workloads.energy_model.outlook import years_covered
from gnomon.workloads.energy_model.series import load
from gnomon.workloads.energy_model.simulation import run, run_whole


@pytest.fixture
def ctx(example_plant: Path) -> MemoryContext:
    return MemoryContext(references=references(example_plant))


def result(ctx: MemoryContext, *blocks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    got: dict[str, Any] = finish(WORKLOADS, "energy_model", energy_model(*blocks, **changes), ctx)
    return got


def steps(got: dict[str, Any], account: str = "energy") -> dict[str, float]:
    return {step["name"]: step["value"] for step in got["losses"][account]["steps"]}


def poi(got: dict[str, Any], ctx: MemoryContext) -> np.ndarray[Any, Any]:
    return load(ctx.get(got["series"]["plant"]))["poi_ac_power"]


AGEING = {"ratePerYear": 0.01, "years": 12, "firstYear": 2027}


def test_a_life_is_told_year_by_year(ctx: MemoryContext) -> None:
    got = result(ctx, plant={"degradation": AGEING})
    life = got["lifetime"]
    years = life["years"]
    assert [each["year"] for each in years] == list(range(1, 13))
    assert [each["calendar_year"] for each in years] == list(range(2027, 2039))
    assert [each["year"] for each in years if each["simulated"]] == [1, 6, 11, 12]
    assert [each["power_factor"] for each in years] == pytest.approx(
        [1 - 0.01 * (n + 0.5) for n in range(12)]
    )
    energies = [each["energy_mwh"] for each in years]
    assert energies == sorted(energies, reverse=True)
    assert life["energy_mwh"] == pytest.approx(sum(energies))
    assert life["mean_annual_energy_mwh"] == pytest.approx(sum(energies) / 12)
    assert life["decline"] == pytest.approx(1 - energies[-1] / energies[0])


def test_a_year_of_a_life_is_the_run_of_aged_modules(ctx: MemoryContext) -> None:
    """Light-induced loss acts as ageing does: on the power, at the same voltage."""
    life = result(ctx, plant={"degradation": AGEING, "poiLimitMW": 0.15})["lifetime"]["years"]
    for year in (1, 12):
        losses = {**block()["losses"], "lid": 1 - (1 - 0.01) * life[year - 1]["power_factor"]}
        aged = result(ctx, block(losses=losses), plant={"poiLimitMW": 0.15})
        assert life[year - 1]["energy_mwh"] == pytest.approx(aged["summary"]["annual_energy_mwh"], rel=1e-9)


def test_ageing_leaves_the_year_itself_alone(ctx: MemoryContext) -> None:
    old, new = result(ctx, plant={"degradation": AGEING}), result(ctx)
    for key in ("summary", "losses", "blocks", "monthly", "series"):
        assert old[key] == new[key]
    assert "lifetime" not in new


def test_ageing_by_what_is_left(ctx: MemoryContext) -> None:
    got = result(ctx, plant={"degradation": {"ratePerYear": 0.02, "years": 3, "law": "compounding"}})
    years = got["lifetime"]["years"]
    assert [each["power_factor"] for each in years] == pytest.approx([0.98**0.5, 0.98**1.5, 0.98**2.5])
    assert [each["calendar_year"] for each in years] == [None] * 3


def test_a_shared_run_tells_the_same_life(example_plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "WORTH", ((0.1, 4),))
    given = energy_model(
        *(block(layout={**block()["layout"], "tilt": 10 + i // 8}) for i in range(16)),
        plant={"degradation": {"ratePerYear": 0.005, "years": 7}},
    )
    shared, alone = (MemoryContext(references=references(example_plant)) for _ in range(2))
    assert isinstance(run(given, MemoryContext(references=references(example_plant))), Split)
    got = finish(WORKLOADS, "energy_model", given, shared)
    assert json.dumps(got) == json.dumps(run_whole(given, alone))
    assert len(got["lifetime"]["years"]) == 7


def test_doubts_add_up_as_squares(ctx: MemoryContext) -> None:
    doubts = {"sensor": 0.03, "model": 0.04, "interannual": 0.05}
    got = result(ctx, settings={"uncertainties": doubts})
    one, ten = got["exceedance"]["horizons"]
    energy = got["summary"]["annual_energy_mwh"]
    assert (one["years"], ten["years"]) == (1, 10)
    assert one["standard_deviation"] == pytest.approx(np.sqrt(0.05**2 + 0.05**2))
    assert ten["standard_deviation"] == pytest.approx(np.sqrt(0.05**2 + 0.05**2 / 10))
    assert one["p50_mwh"] == pytest.approx(energy)
    # 1.2815515655 deviations below the mean leave nine in ten above.
    assert one["p90_mwh"] == pytest.approx(energy * (1 - 1.2815515655446004 * one["standard_deviation"]))
    row = [one[f"p{p}_mwh"] for p in (50, 75, 90, 95, 99)]
    assert row == sorted(row, reverse=True)
    assert all(ten[f"p{p}_mwh"] > one[f"p{p}_mwh"] for p in (75, 90, 95, 99))


@pytest.mark.parametrize("years", [1, 6, 12])
def test_a_plant_that_ages_likely_gives_the_mean_of_its_first_years(ctx: MemoryContext, years: int) -> None:
    doubts = {"uncertainties": {"model": 0.04, "interannual": 0.05}}
    got = result(ctx, plant={"degradation": {"ratePerYear": 0.02, "years": years}}, settings=doubts)
    lived = [each["energy_mwh"] for each in got["lifetime"]["years"]]
    one, ten = got["exceedance"]["horizons"]
    assert one["p50_mwh"] == pytest.approx(lived[0], rel=1e-12)
    assert ten["p50_mwh"] == pytest.approx(sum(lived[:10]) / len(lived[:10]), rel=1e-12)
    assert one["p50_mwh"] < got["summary"]["annual_energy_mwh"]
    assert ten["p90_mwh"] == pytest.approx(
        ten["p50_mwh"] * (1 - 1.2815515655446004 * ten["standard_deviation"])
    )


def test_years_of_weather_tell_how_they_differ(example_plant: Path) -> None:
    years = 3
    light = np.tile(np.array(weather()["ghi"]), years) * np.repeat([0.9, 1.0, 1.1], 8760)
    begin = 1_609_459_200_000 - 3_600_000  # the first hour of 2021 in Bern; no leap day until 2024
    given = weather(
        years * 8760, ghi=light.tolist(), date=(begin + 3_600_000 * np.arange(years * 8760)).tolist()
    )
    del given["dhi"]
    pins = references(example_plant)
    ctx = MemoryContext(references=pins)
    got = result(ctx, weatherData=given, settings={"uncertainties": {"model": 0.02}})
    power = poi(got, ctx)
    energies = np.add.reduceat(power, np.arange(years) * 8760)
    deviation = energies.std(ddof=1) / energies.mean()
    assert got["exceedance"]["interannual"] == pytest.approx(deviation, rel=1e-6)
    assert got["exceedance"]["horizons"][0]["p50_mwh"] == pytest.approx(energies.mean() / 1e3, rel=1e-9)


def test_a_month_tells_nothing_of_years(ctx: MemoryContext) -> None:
    date = (1_735_686_000_000 + 3_600_000 * np.arange(720)).tolist()
    asked = {"plant": {"degradation": AGEING}, "settings": {"uncertainties": {"model": 0.02}}}
    got = result(ctx, weatherData=weather(720, date=date), **asked)
    assert not {"lifetime", "exceedance"} & set(got)
    for words in (
        "plant.degradation: the weather is not of",
        "settings.uncertainties: the weather is not of",
    ):
        assert sum(note.startswith(words) for note in got["warnings"]) == 1


@pytest.mark.parametrize(
    ("hours", "years"), [(8760, 1), (8784, 1), (8600, 1), (8500, 0), (13_000, 0), (26_304, 3), (24, 0)]
)
def test_years_are_whole(hours: int, years: int) -> None:
    assert years_covered(hours, 3600.0) == years
    assert years_covered(12 * hours, 300.0) == years


def test_one_year_of_weather_tells_nothing_of_others(ctx: MemoryContext) -> None:
    got = result(ctx, settings={"uncertainties": {"model": 0.02}})
    assert got["exceedance"]["interannual"] == 0
    assert "exceedance" not in result(ctx)


def test_standstill_takes_its_share_of_its_period(example_plant: Path) -> None:
    date = (1_483_225_200_000 + 3_600_000 * np.arange(8760)).tolist()
    ctx = MemoryContext(references=references(example_plant, date=date))
    periods = [{"start": date[4000], "stop": date[4100], "available": 0.25}]
    whole = poi(result(ctx), ctx)
    got = result(ctx, plant={"availability": periods})
    left = poi(got, ctx)
    inside = np.zeros(8760, dtype=bool)
    inside[4000:4100] = True
    giving = whole > 0
    assert left[~inside].tolist() == whole[~inside].tolist()
    assert left[inside & giving] == pytest.approx(0.25 * whole[inside & giving])
    assert steps(got)["Unavail"] == pytest.approx(0.75 * whole[inside & giving].sum())


def test_months_of_standstill_are_told_by_month(ctx: MemoryContext) -> None:
    got = result(ctx, plant={"availability": {**monthly(1.0), "jul": 0.5}})
    (step,) = (each for each in got["losses"]["energy"]["steps"] if each["name"] == "Unavail")
    assert [month > 0 for month in step["monthly"]] == [n == 6 for n in range(12)]


def test_snow_takes_light(ctx: MemoryContext, example_plant: Path) -> None:
    free, given = result(ctx), result(ctx, settings={"snow": {"monthly": monthly(0.1)}})
    assert "GlobSnow" not in steps(free, "irradiance")
    light = steps(given, "irradiance")["GlobSnow"]
    assert light == pytest.approx(0.1 * free["losses"]["irradiance"]["closing"]["value"], rel=1e-9)
    fallen = np.zeros(8760)
    fallen[240:245] = 5.0
    pins = MemoryContext(references=references(example_plant, snowfall=fallen.tolist()))
    (slid,) = (
        each
        for each in result(pins, settings={"snow": {"model": "slide"}})["losses"]["irradiance"]["steps"]
        if each["name"] == "GlobSnow"
    )
    assert slid["monthly"][0] > 0
    assert slid["monthly"][6] == 0


def test_clipping_inside_the_hour_grows_with_the_swings(ctx: MemoryContext) -> None:
    many = block(array={"stringCount": 30, "stringLength": 26})
    taken = [
        steps(got).get("ILPmxSH", 0.0)
        for share in (0.0, 0.3, 1.0)
        for got in [result(ctx, many, settings={"subHourlyClipping": {"variability": share}})]
    ]
    assert taken[0] == 0 < taken[1] < taken[2]
    assert taken[1] == pytest.approx(0.3 * taken[2])
    asked = result(ctx, many, settings={"subHourlyClipping": True})
    assert steps(asked)["ILPmxSH"] == taken[2]
    assert any("settings.subHourlyClipping: all swings" in note for note in asked["warnings"])


def test_a_share_of_the_swings_is_no_upper_estimate(ctx: MemoryContext) -> None:
    got = result(ctx, settings={"subHourlyClipping": {"variability": 0.3}})
    assert not any("subHourlyClipping" in note for note in got["warnings"])
