"""`gnomon demo` from its first line to its last, as a stranger runs it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pvlib", reason="the demo reads its weather with pvlib")


def test_the_demo_ends_with_energy_losses_and_a_saved_result(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "gnomon.cli.main", "demo", "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"[\d,]+ MWh a year from 55\.4 MWp", done.stdout)
    assert re.search(r"performance ratio 0\.\d{3}", done.stdout)
    for step in ("GlobHor", "GlobEff", "EArrNom", "TempLoss", "ETrfCopper", "E_POI"):
        assert step in done.stdout
    assert "GET /energymodels/1" in done.stdout
    assert done.stdout.rstrip().endswith("The server has stopped.")
    assert (data / "gnomon.db").exists()
