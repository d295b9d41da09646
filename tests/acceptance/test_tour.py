"""The tour from its first step to its last, as a stranger runs it; and that it ends badly when it should."""

import os
import re
import subprocess
import sys
from pathlib import Path

TOUR = Path(__file__).parents[2] / "examples" / "tour"
STEPS = ("wait", "poll", "stream", "webhook", "cancel", "pause", "question", "retry", "rerun")


def walk(*command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=120, check=False, env=environment
    )


def test_the_tour_ends_well_and_shows_every_step() -> None:
    done = walk(str(TOUR / "tour.py"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    for step in STEPS:
        assert re.search(rf"^(\d  )?{step}\b.* \d+\.\d s  \S", done.stdout, re.MULTILINE), step
    assert done.stdout.rstrip().endswith("The server has stopped.")


def test_a_disagreement_ends_the_tour_with_another_exit_code() -> None:
    """What the tour expects is changed, and so its first step finds what is otherwise."""
    wrong = (
        f"import sys; sys.path.insert(0, {str(TOUR)!r}); import tour; tour.PRIMES += 1; sys.exit(tour.main())"
    )
    done = walk("-c", wrong)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Disagreement: primes: expected 17985, got 17984" in done.stdout
