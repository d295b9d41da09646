"""What a start is refused for, with its remedy, before anything is made."""

import logging
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gnomon.settings import Settings
from gnomon.wiring import open_server
from gnomon.wiring.documents import open_documents
from gnomon.wiring.inquiry import open_inquiry
from gnomon.wiring.readiness import require_folders, require_model

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GNOMON_MODELS", str(tmp_path / "models"))
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    return Settings(data=tmp_path / "data", port=0, cpu_slots=1, no_own_documents=True, semantic="off")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("openai:gpt-5-mini", "set the variable OPENAI_API_KEY"),
        ("anthropic:claude-sonnet-4-5", "set the variable ANTHROPIC_API_KEY"),
        ("local:nope", "no model 'nope'.*smollm2.*`gnomon models pull smollm2`"),
        ("local:smollm2", "`gnomon models pull smollm2`"),
        ("local:/nowhere/model.gguf", "no model file /nowhere/model.gguf"),
    ],
)
async def test_a_model_that_cannot_be_asked_is_refused_and_nothing_is_made(
    settings: Settings, model: str, told: str
) -> None:
    pytest.importorskip("xllamacpp")
    unusable = replace(settings, model=model)
    with pytest.raises(ValueError, match=told):
        async with open_server(unusable):
            pass
    with pytest.raises(ValueError, match=told), open_inquiry(unusable, None):
        pass
    assert not settings.data.exists()


@pytest.mark.parametrize(
    ("missing", "model", "extra"),
    [("openai", "openai:gpt-5-mini", "models"), ("xllamacpp", "local:smollm2", "local-llm")],
)
def test_an_extra_that_is_missing_is_named(
    settings: Settings, missing: str, model: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValueError, match=rf"pip install '\.\[{extra}\]'"):
        require_model(replace(settings, model=model))


def test_a_model_that_may_work_is_taken(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    require_model(settings)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    require_model(replace(settings, model="openai:gpt-5-mini"))
    require_model(replace(settings, model="m", model_url="http://nowhere.invalid/v1"))


@pytest.mark.parametrize("option", ["skills", "documents"])
async def test_a_folder_that_is_none_is_refused(settings: Settings, tmp_path: Path, option: str) -> None:
    (tmp_path / "file").write_text("no folder")
    for name in ("nowhere", "file"):
        with pytest.raises(ValueError, match=rf"--{option}: There is no folder .*{name}"):
            async with open_server(replace(settings, **{option: (tmp_path / name,)})):
                pass
    assert not settings.data.exists()
    require_folders(replace(settings, **{option: (tmp_path,)}))


def test_documents_that_are_known_may_be_away(settings: Settings, tmp_path: Path) -> None:
    papers, others = tmp_path / "papers", tmp_path / "others"
    papers.mkdir()
    (papers / "heron.md").write_text("The heron fishes at dawn.")
    with open_documents(settings.data) as documents:
        documents.add(None, papers, None, lambda done, total: None)
    shutil.rmtree(papers)
    require_folders(replace(settings, documents=(papers,)))
    with pytest.raises(ValueError, match=f"no folder {others}"):
        require_folders(replace(settings, documents=(papers, others)))


async def test_skills_that_are_none_are_told_at_the_start(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "skills"
    folder.mkdir()
    (folder / "broken.md").write_text("It describes nothing.")
    with caplog.at_level(logging.WARNING):
        async with open_server(replace(settings, skills=(folder,))):
            assert "skill.left_out" in {record.message for record in caplog.records}


def test_the_command_says_it_and_fails(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from gnomon.cli.main import main; main()", "serve", "--port", "0"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data"), "--model", "local:nope"],
        env={**os.environ, "GNOMON_MODELS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: --model: There is no model 'nope'")
    assert not (tmp_path / "data").exists()
