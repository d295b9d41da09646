import hashlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.energy_model.blob import is_blob, resolve
from gnomon.workloads.energy_model.series import bundle, dump, load

numbers = st.lists(st.floats(allow_nan=False), max_size=20)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), numbers, max_size=5))
def test_what_is_stored_comes_back_and_has_one_name(columns: dict[str, list[float]]) -> None:
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    content = dump(arrays)
    assert dump({name: array.copy() for name, array in arrays.items()}) == content
    back = load(content)
    assert list(back) == list(arrays)
    assert all(back[name].tolist() == values for name, values in columns.items())


def test_any_numpy_reads_it() -> None:
    first = dump({"a": np.arange(3.0)})
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(dump({"a": np.arange(3)})).hexdigest()


def test_a_part_of_a_bundle_has_its_own_columns_and_what_all_have() -> None:
    date = np.arange(3.0)
    parts = {str(i): {"date": date, "power": date + i} for i in (1, 11)}
    content = bundle(parts, {"date": date})
    assert len(load(content)) == 1
    for part, columns in parts.items():
        back = load(content, part)
        assert list(back) == list(columns)
        assert all(back[name].tolist() == column.tolist() for name, column in columns.items())


class Shelf:
    def __init__(self, **contents: Any) -> None:
        self.contents = {name: json.dumps(value).encode() for name, value in contents.items()}

    def read(self, name: str) -> bytes:
        return self.contents[name]


def test_the_documents_own_members_are_replaced() -> None:
    shelf = Shelf(w={"ghi": [1, 2]}, g=[1, 2])
    document = {"weatherData": {"$blob": "w"}, "ghi": {"$blob": "g"}, "x": [1, [2]]}
    assert resolve(document, shelf.read) == {"weatherData": {"ghi": [1, 2]}, "ghi": [1, 2], "x": [1, [2]]}


def test_a_mark_further_down_names_nothing() -> None:
    shelf = Shelf(w={"ghi": {"$blob": "g"}}, g=[1, 2])
    document = {
        "blocks": [{"aoi": {"$blob": "g"}}],
        "weatherData": {"$blob": "w"},
        "a": {"b": {"$blob": "g"}},
    }
    assert resolve(document, shelf.read) == {**document, "weatherData": {"ghi": {"$blob": "g"}}}


@pytest.mark.parametrize("value", [{"$blob": 1}, {"$blob": "a", "b": 1}, {}, [], "a", None])
def test_only_a_lone_name_is_a_stand_in(value: Any) -> None:
    assert not is_blob(value)
    assert resolve({"a": value}, Shelf().read) == {"a": value}
