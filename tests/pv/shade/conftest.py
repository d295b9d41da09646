"""Scenes of the tests, and a caster of rays that knows nothing of the engine."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
