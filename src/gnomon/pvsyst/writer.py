"""Trees, modules and inverters back to PVsyst's text."""

from collections.abc import Callable, Iterator

from gnomon.pvsyst.text import GROUPS
from gnomon.pvsyst.tree import Form, PvsystObject


def write(root: PvsystObject) -> str:
    """Return a tree as PVsyst text, of which `parse` makes the same tree again."""
    return "".join(f"{line}\n" for line in _lines(root, ""))


def _lines(obj: PvsystObject, indent: str) -> Iterator[str]:
    opening, closing = _MARKERS[obj.form](obj)
    yield indent + opening
    for entry in obj.entries:
        if isinstance(entry, PvsystObject):
            yield from _lines(entry, indent + "  ")
        else:
            yield f"{indent}  {entry[0]}={entry[1]}"
    yield indent + closing


def _object(obj: PvsystObject) -> tuple[str, str]:
    return f"PVObject_{obj.name}={obj.type}", f"End of PVObject {obj.type}"


def _group(obj: PvsystObject) -> tuple[str, str]:
    group = next(name for name, kind in GROUPS.items() if kind == obj.type)
    return f"PVObject_{obj.name}={obj.type}", f"End of {group}"


def _listed(obj: PvsystObject) -> tuple[str, str]:
    return f"{obj.name}, list of={obj.type}", f"End of {obj.name}" + _end_text(obj)


def _counted(obj: PvsystObject) -> tuple[str, str]:
    return f"{obj.name}, Count={obj.type}", f"End of {obj.name}" + _end_text(obj)


def _end_text(obj: PvsystObject) -> str:
    return f"={obj.end_text}" if obj.end_text else ""


_MARKERS: dict[Form, Callable[[PvsystObject], tuple[str, str]]] = {
    Form.OBJECT: _object,
    Form.GROUP: _group,
    Form.TYPED: lambda obj: (f"{obj.name}={obj.type}", f"End of {obj.type}{_end_text(obj)}"),
    Form.TAGGED: lambda obj: (f"{obj.name}={obj.type}", "EndTags"),
    Form.LISTED: _listed,
    Form.LIST: lambda obj: (f"{obj.name}, list of={obj.type}", f"End of List {obj.name}"),
    Form.COUNTED: _counted,
    Form.BRACKETED: lambda obj: (f"{obj.name}=Start", f"{obj.name}=End"),
    Form.NODE: lambda obj: (f"{obj.name} Start;", f"{obj.name} End;"),
}
