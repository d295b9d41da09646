import dataclasses

import pytest

from gnomon.pvsyst.text import parse
from gnomon.pvsyst.tree import PvsystError
from gnomon.pvsyst.variant import PvsystVariant, read_variant

from . import written
from .written import FULL


def variant(text: str) -> PvsystVariant:
    return read_variant(parse(text.encode()))


def test_every_sub_array_is_read_with_its_own_components_and_losses() -> None:
    one, two = variant(FULL).sub_arrays
    assert (one.number, one.name, one.module_file, one.inverter_file) == (
        *(1, "Array 1"),
        *("Generic_440W.PAN", "Generic_60kW.OND"),
    )
    assert (one.modules_in_series, one.strings, one.inverters, one.inverter_inputs) == (25, 40, 6, 1)
    assert (one.orientation_number, two.orientation_number) == (1, 2)
    assert (one.p_ac_input, one.p_sizing, one.power_sharing_inverter) == (60e3, 400e3, 3)
    assert (one.ac_wire_length, one.ac_wire_section) == (12, 2)
    assert one.iam is not None
    assert two.iam is None


def test_losses_are_fractions_ohms_and_volts() -> None:
    losses = variant(FULL).sub_arrays[0].losses
    assert (losses.quality_voltage, losses.quality_current, losses.quality_power) == (0.01, 0.02, -0.0075)
    assert (losses.lid, losses.light_soaking) == (0.015, 0.005)
    assert (losses.mismatch, losses.mismatch_fixed_voltage, losses.wiring_stc) == (0.02, 0.025, 0.015)
    assert losses.wiring_resistance == pytest.approx(36.912e-3)
    assert losses.diode_drop == 0.7


def test_the_main_array_keeps_its_outdented_keys() -> None:
    got = variant(FULL).array
    assert got is not None
    assert (got.u_c, got.absorption, got.transformers, got.uses_spectral) == (20, 0.9, 1, False)
    assert got.efficiency == pytest.approx(0.197)
    assert got.soiling == (0.03,) * 12
    assert got.losses.lid is None


def test_indentation_does_not_matter() -> None:
    assert variant(written.variant(written.main_array(outdented=False))) == variant(
        written.variant(written.main_array())
    )


def test_monthly_soiling() -> None:
    monthly = ",".join(map(str, range(12))) + ","
    got = variant(written.variant(written.main_array(SoilingLoss=monthly))).array
    assert got is not None
    assert got.soiling == tuple(month / 100 for month in range(12))


@pytest.mark.parametrize("own_end", [False, True])
@pytest.mark.parametrize("latitude", [48.0, -33.0])
def test_orientations_keep_the_keys_up_to_the_end_of_their_group(latitude: float, *, own_end: bool) -> None:
    planes = (
        written.orientation(1, own_end=own_end, FieldAzim=-20),
        written.orientation(2, own_end=own_end, FieldTilt=30, FieldAzim=90),
        written.orientation(7, own_end=own_end, FieldAzim=180),
    )
    got = variant(
        written.variant(written.site("SiteSimul", Latitude=latitude), written.orientations(*planes))
    ).orientations
    assert [(plane.number, plane.tilt, plane.azimuth_written) for plane in got] == [
        *((1, 15, -20), (2, 30, 90), (7, 15, 180))
    ]
    north = [160, 270, 0]
    assert [plane.azimuth for plane in got] == (north if latitude > 0 else [20, 270, 180])
    assert all(plane.is_fixed for plane in got)
    assert got[0].name == "Plane 1"
    assert got[0].base_slope == 1.5


def test_without_a_latitude_there_is_no_azimuth_but_the_written_one() -> None:
    text = written.variant(written.orientations(written.orientation(1, FieldAzim=-20)))
    (plane,) = variant(text).orientations
    assert (plane.azimuth, plane.azimuth_written) == (None, -20)
    (plane,) = read_variant(parse(text.encode()), latitude=-10).orientations
    assert plane.azimuth == 20


def test_a_seasonal_orientation_is_told_and_its_months_are_not_guessed() -> None:
    seasonal = written.orientation(
        1, FieldType="SeasonalTilt", FieldTilt=0.0, SummerTilt=20.0, WinterTilt=50.0, WinterMonths="$C07"
    )
    (plane,) = variant(written.variant(written.orientations(seasonal))).orientations
    assert (plane.kind, plane.summer_tilt, plane.winter_tilt) == ("SeasonalTilt", 20, 50)
    assert plane.winter_months == "$C07"
    assert not plane.is_fixed


def test_the_site_the_weather_and_the_system() -> None:
    got = variant(FULL)
    assert got.site is not None
    assert got.weather is not None
    assert got.system is not None
    assert (got.site.latitude, got.site.longitude, got.site.altitude) == (37.8357, -122.2866, 15)
    assert (got.weather.file_name, got.weather.step, got.weather.time_shift) == ("California_SYN.MET", 60, 30)
    assert got.weather.site is not None
    assert got.weather.site.file_name == "New.SIT"
    assert (got.system.kind, got.system.limit, got.system.tan_phi) == ("Grid", 500, 0.1)
    assert got.system.limit_is_separate is True
    assert (got.transposition, got.ac_losses_reference, got.uses_perez) == ("CircSolSeparate", "STC", True)
    assert (got.name, got.system_text) == ("Two = fields", "Linear shadings")
    assert got.provenance.simulated_with == "8.0.0"
    assert got.provenance.duration == 1953


def test_a_sub_arrays_iam_drops_the_padding() -> None:
    iam = variant(FULL).sub_arrays[0].iam
    assert iam is not None
    assert (iam.mode, iam.b0, iam.n_glass) == ("UserProfile", 0.05, 1.526)
    assert iam.points == ((0, 1), (50, 0.98), (70, 0.89), (90, 0))


def test_the_horizon_is_turned_to_the_house_azimuths() -> None:
    got = variant(FULL).horizon
    assert got is not None
    assert got.comment == "Far hills"
    assert got.points == ((-120, 3.5), (0, 2), (110, 8))
    assert got.clockwise(37.8) == ((60, 3.5), (180, 2), (290, 8))
    assert got.clockwise(-37.8) == ((0, 2), (120, 3.5), (250, 8))


def test_the_scene_is_kept_as_text_and_its_keys_are_not_unread() -> None:
    got = variant(FULL)
    assert got.shading is not None
    assert (got.shading.string_fraction, got.shading.thin_fraction) == (1, 0.4)
    assert got.shading.scene is not None
    assert "ListeObjets, list of=2 TShdObject\n  Height=4.5" in got.shading.scene
    assert "PVObject_ShdTable=pvShdTable\n  Row_1=0.0,0.1,\n" in got.shading.scene
    assert {key.key for key in got.unread if key.path.startswith("Ombrage")} == {"Precision"}


def test_uneven_strings_stand_in_the_inverter_groups() -> None:
    groups = variant(FULL).inverter_groups
    assert [(group.sub_array_number, group.inverters) for group in groups] == [(1, 2), (1, 4), (2, 3)]
    assert [[strings.count for strings in group.strings] for group in groups] == [[6], [7], [10]]
    assert groups[0].strings[0].resistance == pytest.approx(36.9e-3)
    assert groups[2].strings[0].resistance == 0.05


def test_strings_under_mppt_inputs_are_multiplied() -> None:
    children = f"Children=Start\n{written.strings(2, 1)}Children=End\n"
    inputs = f"MPPTNode Start;\n  NElements=3\n{children}MPPTNode End;\n"
    got = variant(written.variant(written.main_array(written.circuit(written.inverter(2, 1, inputs)))))
    ((group,),) = [found.strings for found in got.inverter_groups]
    assert group.count == 6


@pytest.mark.parametrize("unit", ["36.9", "36.9 kΩ", "36.9 mΩ per km"])
def test_a_resistance_in_another_unit_is_left_unread(unit: str) -> None:
    part = written.circuit(written.inverter(1, 1, written.strings(2, 1, unit)))
    got = variant(written.variant(written.main_array(part)))
    assert got.inverter_groups[0].strings[0].resistance is None
    (left,) = [found for found in got.unread if found.key == "Resistance"]
    assert left.value == unit
    assert "none of the units" in left.reason


@pytest.mark.parametrize(
    ("parts", "doubt"),
    [
        (
            [written.sub_array(1, NoOrientation=4)],
            "sub-array 1 (Array 1) lies on orientation 4, which the file does not hold",
        ),
        ([written.sub_array(1), written.sub_array(1)], "2 sub-arrays have the number 1"),
        (
            [written.sub_array(1, NStrOrient1=30)],
            "sub-array 1 (Array 1) has 30 of its 40 strings on its orientation; where the others are is not known",
        ),
        (
            [written.circuit(written.inverter(6, 1, written.strings(6, 1))), written.sub_array(1)],
            "sub-array 1 (Array 1) has 40 strings, and its circuit 36",
        ),
    ],
)
def test_what_does_not_fit_together_is_doubted(parts: list[str], doubt: str) -> None:
    planes = written.orientations(written.orientation(1))
    got = variant(written.variant(planes, written.main_array(*parts)))
    assert got.doubts == (doubt,)
    assert not variant(FULL).doubts


def test_fewer_orientations_than_promised_are_doubted() -> None:
    planes = written.orientations(written.orientation(1)).replace("list of=1", "list of=2")
    assert variant(written.variant(planes)).doubts == ("the file promises 2 orientations and holds 1",)


def test_sub_arrays_are_found_wherever_they_stand() -> None:
    loose = written.variant(written.sub_array(1), written.main_array(written.sub_array(2)))
    assert [array.number for array in variant(loose).sub_arrays] == [1, 2]


def test_an_empty_variant_has_nothing_but_its_head() -> None:
    got = variant("PVObject_=pvVCalcul\nEnd of PVObject pvVCalcul\n")
    nothing = {field.name: getattr(got, field.name) for field in dataclasses.fields(got)}
    del nothing["provenance"]
    assert not any(nothing.values())


def test_a_project_is_no_variant() -> None:
    with pytest.raises(PvsystError, match="pvProject, not a variant"):
        variant(written.PROJECT)
