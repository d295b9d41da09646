import numpy as np
import pytest

from gnomon.pv.loss import CAPTIONS
from gnomon.web.dialects.daly.render.series import render_all, render_base_with_losses


@pytest.mark.parametrize("render", [render_all, render_base_with_losses])
def test_losses_by_moment_are_called_as_in_the_loss_tree(render: object) -> None:
    columns = {f"loss_{name}": np.arange(2.0) for name in CAPTIONS}
    shown = render(columns)  # type: ignore[operator]  # both are functions of columns
    assert set(shown["lossBreakdown"]) == set(CAPTIONS)
    assert "IL_Pmin" in CAPTIONS
