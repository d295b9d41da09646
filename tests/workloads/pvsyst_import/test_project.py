"""Projects and variants to drafts: what is mapped, what is assumed and told, what is waited for, and nothing lost."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pvsyst_files import (
    BERN,
    BERN_AGAIN,
    INVERTER,
    MODULE,
    Plane,
    Sub,
    circuit,
    horizon,
    project,
    site,
    variant,
    weather_csv,
)
from sample import LOCATION, pin, weather

from gnomon.core.blob import name_of
from gnomon.core.task import Json
from gnomon.core.workload import Failure
from gnomon.engine.local import Log, run_locally
from gnomon.pvsyst import parse
from gnomon.pvsyst.ledger import places
from gnomon.workloads.energy_model import WORKLOADS as MODEL_WORKLOADS
from gnomon.workloads.energy_model.kinds import RESOURCE_KINDS
from gnomon.workloads.pvsyst_import import PROJECT
from gnomon.workloads.pvsyst_import.outline import outline
from gnomon.workloads.pvsyst_import.plan import plan
from gnomon.workloads.pvsyst_import.project import read_all
from gnomon.workloads.pvsyst_import.report import Fate

KINDS = {kind.kind: kind for kind in RESOURCE_KINDS}
PLANT = Path(__file__).parents[3] / "examples" / "plant"
PRJ = ("My.PRJ", project())


def component(name: str) -> tuple[str, bytes]:
    return name, (PLANT / name).read_bytes()


BOTH = (component(MODULE), component(INVERTER))


def run(folder: Path, *files: tuple[str, bytes]) -> tuple[Any, Log]:
    listed = []
    for name, content in files:
        (folder / name_of(content)).write_bytes(content)
        listed.append({"blob": name_of(content), "filename": name})
    log = Log()
    return run_locally(PROJECT, {"files": listed}, blobs=folder, log=log, kinds=KINDS), log


def imported(*files: tuple[str, bytes]) -> dict[str, Any]:
    shelf = read_all(files)
    return outline(shelf, plan(shelf))


def one(*subs: Sub, files: tuple[tuple[str, bytes], ...] = BOTH, **changes: Any) -> dict[str, Any]:
    """Import one variant, and return its model."""
    (model,) = imported(PRJ, ("My.VC0", variant(*subs, **changes)), *files)["models"]
    return dict(model)


def told(model: dict[str, Any], fate: str, key: str) -> list[dict[str, str]]:
    return [note for note in model[fate] if note["key"] == key]


def blocks(model: dict[str, Any]) -> list[dict[str, Any]]:
    return list(model["inputs"]["blocks"])


def test_every_key_of_the_files_is_told_of_with_its_value() -> None:
    iam = (
        "      PVObject_IAM=pvIAM\n        IAMMode=UserProfile\n        IAMProfile=TCubicProfile\n"
        "          NPtsMax=4\n          NPtsEff=2\n          Point_1=0.0,1.0\n          Point_2=90.0,0.0\n"
        "          Point_3=0.0,0.0\n        End of TCubicProfile\n      End of PVObject pvIAM\n"
    )
    more = dict.fromkeys(
        ("PQualityModU", "PQualityModI", "PMismUFixe", "LightSoaking", "VDiodeSerie"), "0.70"
    )
    sub = Sub(iam=iam, more={**more, "Strange": "x=y", "NInvMPPT": 1, "RSCablageCh": "11.0"})
    content = variant(
        sub,
        array="  UFactor=29.0\n  Alpha=0.9\n  UFAverEffic=19.7\n  SoilingLoss=3.0\n  MVNbTransfos=1\n  Odd=7\n",
        wiring=circuit((1, 3, 18)),
        system="  PVObject_System=pvSystem\n    SystemType=Grid\n    PLimGrid=600\n    TanPhi=0.2\n"
        "    LimGrSeparLoss=True\n  End of PVObject pvSystem\n",
        more=horizon((-90, 5), (90, 3))
        + "  PVObject_Ombrage=pvShading\n    Flags=$01\n    FracOmbreMod=1.0\n  End of PVObject pvShading\n"
        + "  PVObject_Unheard=pvNew\n    Deep=1\n  End of PVObject pvNew\n",
    )
    found = imported(PRJ, ("My.VC0", content), *BOTH)
    (model,) = found["models"]
    notes = [*found["report"], *(note for fate in ("mapped", "assumed", "unmapped") for note in model[fate])]
    words = {word for note in notes for word in re.findall(r"\w+", note["key"])}
    points = re.compile("Point_\\d+|NPts(Max|Eff)")
    # How many of which sub-array a node of the circuit has is told with the sub-array.
    plain = {"NElements", "SubArrayId"}
    for text in (content, PRJ[1]):
        for place in places(parse(text)):
            assert place.key in words | plain or points.fullmatch(place.key), (place.path, place.key)
    strange = " ".join(note["key"] for note in model["unmapped"])
    assert "Strange=x=y" in strange
    assert "Odd=7" in strange
    assert "Deep=1" in strange


def test_losses_are_fractions_with_the_signs_of_the_model() -> None:
    keys = {
        "PQualityModP": "-0.80",
        "PMismMPP": "1.10",
        "LIDLoss": "2.00",
        "RSCablageCh": "11.0",
        "RSCablagePC": None,
    }
    (block,) = blocks(
        one(Sub(strings=54, more=keys), array="  UFactor=20.0\n  SoilingLoss=1,2,3,4,5,6,7,8,9,10,11,12,6,\n")
    )
    losses = block["losses"]
    assert (losses["moduleQuality"], losses["mismatch"], losses["lid"]) == (-0.008, 0.011, 0.02)
    assert (losses["uC"], losses["uV"], losses["stringVoltageMismatch"]) == (20.0, 0.0, 0.0)
    # 11 mOhm of 54 strings at the module's 13.09 A, over 26 modules at 42.03 V.
    pan = imported(PRJ, ("a.VC0", variant()), *BOTH)["models"][0]["blocks"][0]
    assert pan["dcPowerkW"] == pytest.approx(3 * 18 * 26 * 0.55)
    current, voltage = 54 * float(_pan("Imp")), 26 * float(_pan("Vmp"))
    assert losses["dcohmic"] == pytest.approx(0.011 * current / voltage, abs=1e-6)
    soiling = one(array="  SoilingLoss=1,2,3,4,5,6,7,8,9,10,11,12,6,\n")["inputs"]["soiling"]
    assert list(soiling.values()) == pytest.approx([month / 100 for month in range(1, 13)])


def _pan(key: str) -> str:
    found = re.search(rf"(?m)^\s*{key}=(\S+)", (PLANT / MODULE).read_text("utf-8-sig"))
    assert found
    return found[1]


def test_wiring_in_two_ways_is_checked_against_each_other() -> None:
    same = one(Sub(more={"RSCablageCh": "11.0", "RSCablagePC": "0.71"}))
    other = one(Sub(more={"RSCablageCh": "11.0", "RSCablagePC": "3.00"}))
    assert told(same, "mapped", "RSCablagePC")[0]["said"] == "agrees with RSCablageCh"
    assert "which was used" in told(other, "assumed", "RSCablagePC")[0]["said"]
    assert blocks(same)[0]["losses"]["dcohmic"] == blocks(other)[0]["losses"]["dcohmic"]
    alone = one(Sub(more={"RSCablageCh": "11.0", "RSCablagePC": "3.00"}), files=())
    assert blocks(alone)[0]["losses"]["dcohmic"] == 0.03
    assert "RSCablagePC was used" in told(alone, "unmapped", "RSCablageCh")[0]["said"]


def test_a_missing_quality_is_a_quarter_of_the_tolerance() -> None:
    low, high = 0.0, float(_pan("PNomTolUp"))  # a lower end of zero is left out
    model = one(Sub(more={"PQualityModP": None}))
    assert blocks(model)[0]["losses"]["moduleQuality"] == pytest.approx(-(low + (high - low) / 4) / 100)
    assert "a quarter" in told(model, "assumed", "PQualityModP")[0]["said"]
    assert blocks(one(Sub(more={"PQualityModP": None}), files=()))[0]["losses"]["moduleQuality"] == 0


def test_sub_arrays_orientations_and_inverters_become_blocks_in_order() -> None:
    planes = (Plane(number=1, tilt=10, azimuth=-90), Plane(number=2, tilt=30, azimuth=20))
    subs = (
        Sub(number=1, name="East", plane=1),
        Sub(number=2, name="West", plane=2, inverter="Other.OND", strings=20, inverters=1),
        Sub(number=3, name="More", plane=2, module="Other.PAN", series=20),
    )
    model = one(*subs, planes=planes)
    assert [block["name"] for block in blocks(model)] == ["East", "West", "More"]
    assert [(b["layout"]["tilt"], b["layout"]["azimuth"]) for b in blocks(model)] == [
        (10, 90),
        (30, 200),
        (30, 200),
    ]
    assert {(wait["file"], wait["at"]) for wait in model["waitsFor"]} >= {
        ("Other.OND", "blocks[1].inverterId"),
        ("Other.PAN", "blocks[2].dcInputs[0].moduleId"),
    }
    assert blocks(model)[0]["inverterId"] == blocks(model)[2]["inverterId"] == 1


@given(st.integers(1, 200), st.integers(1, 60))
@settings(max_examples=40)
def test_no_string_is_lost_however_they_share_out(strings: int, inverters: int) -> None:
    found = blocks(one(Sub(strings=strings, inverters=inverters), files=()))
    counts = [(b["acSystem"]["numberOfInverters"], b["dcInputs"][0]["stringCount"]) for b in found]
    assert sum(count * each for count, each in counts) == strings
    assert sum(count for count, _ in counts) == min(inverters, strings)


def test_the_circuit_says_how_strings_lie_unless_it_contradicts() -> None:
    model = one(Sub(strings=40, inverters=6), wiring=circuit((1, 2, 6), (1, 4, 7)))
    assert [(b["acSystem"]["numberOfInverters"], b["dcInputs"][0]["stringCount"]) for b in blocks(model)] == [
        (2, 6),
        (4, 7),
    ]
    wrong = one(Sub(strings=40, inverters=5), wiring=circuit((1, 2, 6), (1, 4, 7)))
    assert [b["dcInputs"][0]["stringCount"] for b in blocks(wrong)] == [8]
    assert told(wrong, "assumed", "SystemCircuit")


@pytest.mark.parametrize(
    ("power", "part", "word"),
    [("250.00", None, "mapped"), ("20.8333", pytest.approx(1 / 12), "assumed"), ("400", None, "assumed")],
)
def test_inputs_of_an_inverter_are_told_from_inverters(power: str, part: float | None, word: str) -> None:
    nominal = float(re.search(r"(?m)^\s*PNomConv=(\S+)", (PLANT / INVERTER).read_text("utf-8-sig"))[1])  # type: ignore[index]  # it is there
    written = power if nominal == 250 else f"{nominal * float(power) / 250:g}"
    model = one(Sub(inverters=3, strings=6, more={"NInvMPPT": 12, "PNomAC_InMPPT": written}))
    assert blocks(model)[0]["acSystem"].get("mpptFraction") == part
    assert told(model, word, "PNomAC_InMPPT")
    blind = one(Sub(more={"PNomAC_InMPPT": power}), files=())
    assert "once the OND file is there" in told(blind, "assumed", "PNomAC_InMPPT")[0]["said"]


@pytest.mark.parametrize("kind", ["FixedPlane", "Fixed tilted plane", "fixedtilted"])
def test_a_fixed_plane_is_known_by_its_names(kind: str) -> None:
    assert blocks(one(planes=(Plane(kind=kind),)))[0]["layout"]["arrayType"] == "fixed"


def test_a_field_of_unknown_kind_is_told_and_not_guessed() -> None:
    model = one(planes=(Plane(kind="TrackingHorizontalAxis"),))
    assert "layout" not in blocks(model)[0]
    assert told(model, "unmapped", "FieldType")[0]["value"] == "TrackingHorizontalAxis"
    assert told(model, "unmapped", "FieldTilt")[0]["value"] == "25"
    assert model["waitsFor"] == [
        {"kind": "value", "file": None, "at": "blocks[0].layout"},
        {"kind": "weather", "file": "Bern_SYN.MET", "at": "weatherData"},
    ]


def test_seasons_have_the_mean_tilt_by_their_months() -> None:
    keys = "    SummerTilt=20\n    WinterTilt=50\n    WinterMonths=$0C03\n"
    model = one(planes=(Plane(tilt=0, kind="SeasonalTilt", more=keys),))
    assert blocks(model)[0]["layout"]["tilt"] == pytest.approx((4 * 50 + 8 * 20) / 12)
    assert {note["key"] for note in model["assumed"]} >= {"SummerTilt", "WinterTilt", "WinterMonths"}
    assert told(model, "unmapped", "FieldTilt")


@pytest.mark.parametrize(
    ("latitude", "azimuth", "compass"), [(46.95, 30, 210), (-33.9, 30, 330), (-33.9, -90, 90)]
)
def test_azimuths_count_from_the_equators_side(latitude: float, azimuth: float, compass: float) -> None:
    place = site("SiteSimul", latitude, 18.4, 2)
    (model,) = imported(("a.VC0", variant(planes=(Plane(azimuth=azimuth),), place=place)))["models"]
    assert blocks(model)[0]["layout"]["azimuth"] == compass
    prj = project(site("SitePrj", latitude, 18.4, 2))
    (other,) = imported(("a.PRJ", prj), ("a.VC0", variant(planes=(Plane(azimuth=azimuth),), place="")))[
        "models"
    ]
    assert blocks(other)[0]["layout"]["azimuth"] == compass


def test_a_horizon_counts_for_the_variants_that_have_it() -> None:
    hills = horizon((-120, 4), (0, 12), (120, 6))
    found = imported(
        PRJ, ("My.VC0", variant()), ("My.VC1", variant(more=hills)), ("My.VC2", variant(more=horizon((0, 3))))
    )
    assert [blocks(model)[0]["shading"]["farShading"] for model in found["models"]] == [False, True, True]
    assert [place.get("farShading", {}).get("farShadingElevationAngles") for place in found["locations"]] == [
        [4, 12, 6],
        [3],
    ]
    assert found["locations"][0]["farShading"]["farShadingAzimuthAngles"] == [60, 180, 300]
    assert ["projectId" in model["inputs"] for model in found["models"]] == [True, True, False]
    assert found["models"][2]["inputs"]["locationId"] == 2


def test_a_loose_horizon_file_is_kept_and_said_not_to_count() -> None:
    found = imported(PRJ, ("My.VC0", variant()), ("hills.HOR", b"Hills\r\n-90 5\r\n0 10\r\n90 2\r\n"))
    assert found["locations"][0]["farShading"]["farShadingElevationAngles"] == [5, 10, 2]
    (model,) = found["models"]
    assert blocks(model)[0]["shading"]["farShading"] is False
    assert "set it to use it" in told(model, "assumed", "Horizon")[0]["said"]


def test_a_variant_at_another_place_has_a_location_of_its_own() -> None:
    away = variant(place=site("SiteSimul", 47.9, 8.1, 1.0))
    found = imported(PRJ, ("My.VC0", variant()), ("My.VC1", away))
    assert [place["latitude"] for place in found["locations"]] == [46.95, 47.9]
    assert [model["inputs"].get("projectId") for model in found["models"]] == [1, None]
    assert told(found["models"][1], "assumed", "SiteSimul")


@pytest.mark.parametrize(
    ("albedo", "january"),
    [("0.30,0.30,0.25,0.20,0.20,0.20,0.20,0.20,0.20,0.20,0.25,0.30,", 0.3), (None, 0.2)],
)
def test_albedo_has_twelve_or_thirteen_values_or_is_assumed(albedo: str | None, january: float) -> None:
    (model,) = imported(("a.PRJ", project(albedo=albedo)), ("a.VC", variant()))["models"]
    assert blocks(model)[0]["albedo"]["jan"] == january
    assert list(blocks(one())[0]["albedo"]) == [
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    ]


def test_a_grid_limit_is_taken_as_kilowatts_and_told() -> None:
    keys = "    SystemType=Grid\n    PLimGrid=600\n    LimGrSeparLoss={}\n"
    system = f"  PVObject_System=pvSystem\n{keys}  End of PVObject pvSystem\n"
    model = one(system=system.format("True"))
    assert model["inputs"]["plant"] == {"poiLimitMW": 0.6, "limitAtInverters": False}
    assert "kVA" in told(model, "assumed", "PLimGrid")[0]["said"]
    assert one(system=system.format("False"))["inputs"]["plant"]["limitAtInverters"] is True


def test_an_own_incidence_modifier_comes_before_the_modules() -> None:
    iam = "      PVObject_IAM=pvIAM\n        IAMMode=Default\n        B0_IAM=0.04\n      End of PVObject pvIAM\n"
    aoi = blocks(one(Sub(iam=iam)))[0]["aoi"]
    at = dict(zip(aoi["angles"], aoi["factors"], strict=True))
    assert (at[0], at[60], at[90]) == (1.0, pytest.approx(0.96), 0.0)
    assert "aoi" not in blocks(one())[0]


def test_weather_is_found_by_its_name_or_by_being_alone(tmp_path: Path) -> None:
    csv = weather_csv()
    named = imported(PRJ, ("a.VC0", variant()), ("BERN_syn.CSV", csv), ("x.csv", csv + b"\n"))
    assert named["models"][0]["waitsFor"][-1]["kind"] != "weather"
    alone = imported(PRJ, ("a.VC0", variant()), ("other.csv", csv))
    assert "the only weather" in told(alone["models"][0], "assumed", "NomF")[0]["said"]
    several = imported(PRJ, ("a.VC0", variant()), ("x.csv", csv), ("y.csv", csv + b"\n"))
    assert several["models"][0]["waitsFor"][-1] == {
        "kind": "weather",
        "file": "Bern_SYN.MET",
        "at": "weatherData",
    }
    kept = imported(PRJ, ("a.VC0", variant()), ("Bern_SYN.MET", b"\1\2"), ("s.SHD", b"\1\2"))
    assert [note["at"] for note in kept["report"] if "not read" in note["said"]] == ["Bern_SYN.MET", "s.SHD"]


def test_one_broken_file_leaves_the_others_alone(tmp_path: Path) -> None:
    bad = [
        ("b.VC0", b"PVObject_=pvVCalcul\r\n"),
        ("b.PAN", b"\0\1"),
        ("b.OND", b"PVObject_=pvModule\r\nEnd of PVObject pvModule"),
        ("b.HOR", b"nothing"),
        ("b.csv", b"a,b"),
        ("b.zip", b"PK"),
    ]
    got, _ = run(tmp_path, PRJ, ("a.VC0", variant()), *bad, *BOTH)
    assert [row["variant"] for row in got["energyModels"]] == ["a.VC0"]
    assert got["filesProcessed"] == ["My.PRJ", "a.VC0", MODULE, INVERTER]
    for name, _ in bad:
        assert any(warning.startswith(f"{name}: ") for warning in got["warnings"]), name


def test_a_module_that_contradicts_itself_is_told_and_waited_for(tmp_path: Path) -> None:
    name, content = component(MODULE)
    wrong = re.sub(rb"(?m)^(\s*RSerie)=[^\r\n]*", rb"\1=0.9", content)
    got, log = run(tmp_path, PRJ, ("a.VC0", variant()), (name, wrong), BOTH[1])
    assert [wait["kind"] for wait in got["energyModels"][0]["waitsFor"]] == ["module", "weather"]
    assert any("the module is not saved: PNom" in warning for warning in got["warnings"])
    assert log.documents["model:a.VC0"]["waitsFor"][0]["file"] == MODULE


def test_neither_project_nor_variant_is_a_failure_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"neither a project .* broken.PRJ: is not read") as caught:
        run(tmp_path, ("broken.PRJ", b"?"), *BOTH)
    assert not caught.value.retryable


def test_a_variant_alone_makes_a_project_and_a_project_alone_makes_no_model(tmp_path: Path) -> None:
    got, log = run(tmp_path, ("Variant.VC", variant()))
    assert log.documents["project:0"]["name"] == "Variant"
    got, _ = run(tmp_path, PRJ)
    assert (got["project"] is not None, got["energyModels"]) == (True, [])
    nowhere, log = run(tmp_path, ("a.PRJ", project(place="")), ("a.VC", variant(place="")))
    assert nowhere["project"] is None
    assert nowhere["energyModels"][0]["waitsFor"][-2]["kind"] == "location"


def test_variants_belong_to_the_project_of_their_name() -> None:
    two = [("A.PRJ", project(name="A")), ("B.PRJ", project(site("SitePrj", 47.5, 8.0, 1), name="B"))]
    there = variant(place=site("SiteSimul", 47.5, 8.0, 1))
    found = imported(*two, ("A.VC0", variant()), ("B.VC0", there), ("C.VC0", there))
    assert [each["name"] for each in found["projects"]] == ["A", "B"]
    assert [model["inputs"]["projectId"] for model in found["models"]] == [1, 2, 2]
    assert any("bears the name of no project" in note["said"] for note in found["report"])


def test_keys_of_saving_are_the_same_in_each_attempt(tmp_path: Path) -> None:
    files = (
        PRJ,
        ("a.VC0", variant()),
        ("a.VC1", variant(name="Other")),
        *BOTH,
        ("Bern_SYN.csv", weather_csv()),
    )
    (_, first), (_, again) = run(tmp_path, *files), run(tmp_path, *files)
    assert first.documents == again.documents
    assert list(first.documents) == [
        *("location:0", "weather:0", f"module:{MODULE.lower()}", f"inverter:{INVERTER.lower()}"),
        *("project:0", "model:a.VC0", "model:a.VC1"),
    ]
    assert [percent for percent, _ in first.progress] == sorted(percent for percent, _ in first.progress)


def test_drafts_pass_and_complete_models_are_complete(tmp_path: Path) -> None:
    got, log = run(tmp_path, PRJ, ("a.VC0", variant()), *BOTH, ("Bern_SYN.csv", weather_csv()))
    assert got["energyModels"][0]["waitsFor"] == []
    document = log.documents["model:a.VC0"]
    assert KINDS["energy_model"].check(document) == []
    _, log = run(tmp_path, PRJ, ("a.VC0", variant()))
    assert {complaint.loc[-1] for complaint in KINDS["energy_model"].check(log.documents["model:a.VC0"])} == {
        "inverterId",
        "moduleId",
    }


def energy_of(folder: Path, document: Json, documents: dict[str, Json]) -> float:
    """Run a model on what was saved beside it."""
    held = [pin("location", 1, LOCATION), pin("weather", 1, weather())]
    held += [
        pin(kind, 1, documents[f"{kind}:{name.lower()}"])
        for kind, name in (("module", MODULE), ("inverter", INVERTER))
    ]
    (workload, *others) = MODEL_WORKLOADS
    result = run_locally(workload, document, references=held, blobs=folder, others=others)
    return float(result["summary"]["annual_energy_mwh"])


def test_an_imported_block_yields_what_a_hand_written_one_does(tmp_path: Path) -> None:
    _, log = run(tmp_path, PRJ, ("a.VC0", variant()), *BOTH)
    mapped = dict(log.documents["model:a.VC0"])
    mapped.pop("waitsFor")
    mapped.pop("projectId")
    for block in mapped["blocks"]:
        block["inverterId"] = block["dcInputs"][0]["moduleId"] = 1
    months = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    albedo = (
        dict.fromkeys(months, 0.2)
        | dict.fromkeys(("jan", "feb", "dec"), 0.3)
        | dict.fromkeys(("mar", "nov"), 0.25)
    )
    block = {
        "inverterId": 1,
        "moduleId": 1,
        "array": {"stringCount": 18, "stringLength": 26},
        "layout": {"arrayType": "fixed", "gcr": 0.4, "azimuth": 180, "axisTilt": 0, "tilt": 25},
        "shading": {"farShading": False},
        "losses": {
            "moduleQuality": -0.005,
            "mismatch": 0.02,
            "dcohmic": 0.012,
            "lid": 0.015,
            "uC": 29.0,
            "uV": 0.0,
        },
        "acSystem": {"numberOfInverters": 3},
        "albedo": albedo,
    }
    own = {
        "locationId": 1,
        "blocks": [block],
        "soiling": dict.fromkeys(months, 0.03),
        "settings": {"ignoreSpectralCorrection": True},
    }
    here = energy_of(tmp_path, {**mapped, "locationId": 1}, log.documents)
    assert here == pytest.approx(energy_of(tmp_path, own, log.documents), rel=1e-9)
    assert here > 100


@given(st.data())
@settings(max_examples=60)
def test_no_damage_to_a_variant_crashes_the_import(data: st.DataObject) -> None:
    lines = variant(Sub(number=1), Sub(number=2, name="Two"), more=horizon((0, 5))).split(b"\r\n")
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["drop", "twice", "value"]))
        if change == "drop":
            lines[place] = b""
        elif change == "twice":
            lines[place] = lines[place] + b"\r\n" + lines[place]
        else:
            lines[place] = (
                lines[place].split(b"=")[0]
                + b"="
                + data.draw(st.sampled_from([b"", b"-1", b"1e9", b"x", b"0", b"nan"]))
            )
    found = imported(PRJ, ("a.VC0", b"\r\n".join(lines)), *BOTH)
    json.dumps(found, allow_nan=False)
    for model in found["models"]:
        faults = KINDS["energy_model"].find_faults(model["inputs"], is_draft=True)
        assert faults == [], [each.message for each in faults]


def test_sites_of_files_stand_in_for_a_projects_own() -> None:
    place = BERN.replace("  PVObject_SitePrj=pvSite", "PVObject_=pvSite").replace("  End", "End").encode()
    found = imported(("a.PRJ", project(place="")), ("a.VC", variant(place="")), ("Bern.SIT", place))
    assert found["locations"][0]["latitude"] == 46.95
    assert BERN_AGAIN


def _all_told(found: dict[str, Any]) -> str:
    notes = [*found["report"], *(note for model in found["models"] for fate in Fate for note in model[fate])]
    return "\n".join(f"{note['at']} | {note['key']}={note['value']} | {note['said']}" for note in notes)


def test_sites_beside_the_one_that_counts_are_told_with_what_differs() -> None:
    prj = project(site("SitePrj", 46.95, 7.44, 2.0, altitude=611))
    met = site("SiteMet", 47.38, 8.54, 1.0, altitude=419).replace("Site=Bern", "Site=Zurich")
    content = variant().replace(b"  HourShift=0", met.replace("\n", "\r\n").encode() + b"  HourShift=0")
    found = imported(("My.PRJ", prj), ("My.VC0", content), ("Thun.SIT", _thun()))
    words = _all_told(found)
    for told_of in (
        "My.PRJ, SitePrj | Latitude=46.95 | the same",
        "My.PRJ, SitePrj | TimeZone=2 | was not used: the site that counts, the variant's, has 1",
        "My.PRJ, SitePrj | Altitude=611 | was not used",
        "MeteoSimul, SiteMet | Latitude=47.38 | was not used: the site that counts, the variant's, has 46.95",
        "MeteoSimul, SiteMet | Altitude=419 | was not used",
        "MeteoSimul, SiteMet | Site=Zurich",
        "Thun.SIT | = | is not used (Site=Bern, Latitude=46.75, Longitude=7.63, Altitude=540, TimeZone=1)",
    ):
        assert told_of in words, words


def _thun() -> bytes:
    return site("", 46.75, 7.63, 1.0).strip().encode()


def test_horizons_and_weather_that_count_for_nothing_are_told() -> None:
    hills = ("hills.HOR", b"Hills\r\n-90 5\r\n0 10\r\n")
    own = _all_told(imported(PRJ, ("My.VC0", variant(more=horizon((0, 9), (90, 2)))), hills))
    assert "hills.HOR | = | is not used (2 points): the variants have horizons of their own" in own
    several = imported(PRJ, ("My.VC0", variant()), ("My.VC1", variant()), hills, ("b.HOR", b"0 1\r\n9 2"))
    assert _all_told(several).count("several horizon files") == 2
    csv = weather_csv(48)
    two = imported(PRJ, ("My.VC0", variant()), ("x.csv", csv), ("y.csv", csv + b"\n"))
    assert _all_told(two).count("is not saved (48 rows): no variant names it") == 2
    (note,) = told(two["models"][0], "unmapped", "NomF")
    assert "none of the 2 weather files that came along has this name" in note["said"]


def test_weather_of_another_place_or_zone_is_taken_and_told() -> None:
    away = weather_csv(48).replace(b"#Latitude;46.95", b"#Latitude;41.0").replace(b"Zone;1", b"Zone;2")
    model = imported(PRJ, ("My.VC0", variant()), ("Bern_SYN.csv", away))["models"][0]
    words = " ".join(note["said"] for note in told(model, "assumed", "NomF"))
    assert "is of 41, 7.44; it was taken for Bern all the same, 46.95, 7.44" in words
    assert "its own Time Zone, 2; the site's is 1" in words
    same = imported(PRJ, ("My.VC0", variant()), ("Bern_SYN.csv", weather_csv(48)))["models"][0]
    assert not told(same, "assumed", "NomF")


def test_what_is_the_same_of_all_sub_arrays_is_told_once() -> None:
    model = one(*(Sub(number=number, name=f"Area {number}") for number in range(1, 6)))
    (note,) = told(model, "assumed", "stringVoltageMismatch")
    assert note["at"] == "My.VC0, " + "; ".join(f"sub-array {i} 'Area {i}'" for i in range(1, 6))
    assert len(told(model, "assumed", "PQualityModP")) == 1
    other = one(Sub(number=1), Sub(number=2, more={"LIDLoss": "3.00"}))
    assert [note["value"] for note in told(other, "mapped", "LIDLoss")] == ["1.5 %", "3 %"]


def test_a_draft_waits_for_the_values_that_no_file_brings() -> None:
    model = one(Sub(more={"NModSerie": "0", "NStringCh": None}), planes=(Plane(kind="Unheard"),))
    assert [wait["at"] for wait in model["waitsFor"] if wait["kind"] == "value"] == [
        "blocks[0].layout",
        "blocks[0].dcInputs[0].stringLength",
        "blocks[0].dcInputs[0].stringCount",
    ]
    assert blocks(model)[0]["acSystem"]["numberOfInverters"] == 3
    assert told(model, "mapped", "NInverter")[0]["value"] == "3"
    assert told(model, "mapped", "NStrOrient1")[0]["value"] == "54"
    alone = one(Sub(more={"NInverter": None}))
    assert told(alone, "unmapped", "NStringCh")[0]["value"] == "54"
    assert "blocks[0].acSystem.numberOfInverters" in [wait["at"] for wait in alone["waitsFor"]]
    (empty,) = imported(PRJ, ("a.VC0", variant().replace(b"pvSubArray", b"pvSubOther")))["models"]
    assert {"kind": "value", "file": None, "at": "blocks"} in empty["waitsFor"]


def test_a_strange_scene_leaves_the_variant_readable_and_is_told() -> None:
    scene = (
        "  PVObject_Ombrage=pvShading\n    Flags=$01\n    Mesh Start;\n    X=1\n  End of PVObject pvShading\n"
    )
    model = one(more=scene)
    assert len(blocks(model)) == 1
    assert any("not closed as they were opened" in note["said"] for note in model["assumed"])
    assert told(model, "unmapped", "ListeObjets")[0]["value"].endswith("characters")


def test_powers_of_an_inverter_are_kilowatts_of_active_power() -> None:
    content = (PLANT / INVERTER).read_text("utf-8-sig")
    nominal = float(re.search(r"(?m)^\s*PNomConv=(\S+)", content)[1])  # type: ignore[index]  # it is there
    shelf = read_all([("x.OND", content.encode())])
    assert shelf.inverters["x.ond"].inverter.p_ac_nom == 1e3 * nominal


def test_a_relative_humidity_is_a_share_in_sites_and_percent_in_records() -> None:
    rows = weather_csv(48).replace(b"Tamb;WindVel", b"Tamb;WindVel;RelHum").replace(b";2.0", b";2.0;0.55")
    shelf = read_all([("w.csv", rows)])
    assert shelf.weathers[0].document["relativeHumidity"] == pytest.approx([55.0] * 48)
    months = ",".join(["0.75"] * 12)
    share = _thun().replace(b"Altitude", f"RelHum={months},\n Altitude".encode())
    assert read_all([("s.SIT", share)]).sites[0][1].site.relative_humidity == (0.75,) * 12
    percent = read_all([("s.SIT", share.replace(b"0.75", b"75"))])
    assert percent.sites[0][1].site.relative_humidity is None
    assert any("RelHum=75" in note.key for note in percent.report.notes)
