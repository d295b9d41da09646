import numpy as np
import pytest

from gnomon.pv.loss import CAPTIONS
from gnomon.web.dialects.daly.render.series import local_time, render_all, render_base_with_losses
from gnomon.workloads.energy_model.report import CLIPS, SHADES, local_iso


@pytest.mark.parametrize("render", [render_all, render_base_with_losses])
def test_losses_by_moment_are_called_as_in_the_loss_tree(render: object) -> None:
    columns = {f"loss_{name}": np.arange(2.0) for name in CAPTIONS}
    shown = render(columns)  # type: ignore[operator]  # both are functions of columns
    assert set(shown["lossBreakdown"]) == set(CAPTIONS)
    assert "IL_Pmin" in CAPTIONS


def test_the_contracts_own_names_are_kept() -> None:
    columns = {name: np.arange(2.0) for name in (*SHADES, *CLIPS, "temp_cell")}
    shown = render_all(columns)
    assert set(shown) == {
        *("DirectShadingFactor", "ShadowHeight", "ShadedDiodeFraction", "tempCell", "lossBreakdown")
    }
    names = {"mppt_voltage_clip_loss", "mppt_current_clip_loss", "inverter_dc_clip_loss"}
    assert set(shown["lossBreakdown"]) == set(render_base_with_losses(columns)["lossBreakdown"]) == names


@pytest.mark.parametrize(
    ("offset", "first"),
    [
        (0.0, "1970-01-01T00:00:00+00:00"),
        (5.5, "1970-01-01T05:30:00+05:30"),
        (-3.5, "1969-12-31T20:30:00-03:30"),
    ],
)
def test_every_moment_is_told_in_local_time(offset: float, first: str) -> None:
    date = np.array([0.0, 900_000.0])
    section = {"time_zone_name": "x", "utc_offset_h": offset, "first": first, "last": "later"}
    shown = local_time(section)({"date": date})
    assert shown["dateLocal"][0] == first
    assert shown["dateLocal"] == local_iso(date, offset)
    assert shown["timeZoneName"] == "x"
