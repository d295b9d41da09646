"""The house's own rules that no linter knows: sizes of files and ports, and whose words stand in which room."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.core import ports

SOURCE = Path(__file__).parents[1] / "src" / "gnomon"
FILES = sorted(SOURCE.rglob("*.py"))
FOREIGN = re.compile(
    r"daly|parallel|shannon|trun(?!c)|inverter|module_?id|pvsyst|weather|irradiance|photovolt|energy_model",
    re.IGNORECASE,
)
ROOMS = [path.parent for path in FILES if path.name == "__init__.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_longer_than_600_lines(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 600


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_function_is_longer_than_50_lines_of_body(file: Path) -> None:
    too_long = [f"{node.name}: {length}" for node, length in bodies(file) if length > 50]
    assert not too_long


def bodies(file: Path) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
            yield node, (node.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("port", [value for name, value in vars(ports).items() if name.endswith("Store")])
def test_no_port_has_more_than_25_verbs(port: type) -> None:
    assert len([name for name in vars(port) if not name.startswith("_")]) <= 25


@pytest.mark.parametrize("room", ["core", "store"])
def test_no_vendors_and_no_trades_word_names_anything_in_core_or_store(room: str) -> None:
    for file in (SOURCE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(node, "name", None) or getattr(node, "id", None) or getattr(node, "arg", None)
            assert not (isinstance(name, str) and FOREIGN.search(name)), f"{file.name}: {name}"


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_room_has_a_caption(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
