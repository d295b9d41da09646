"""XML from strangers: no document type and no entities, and limits on depth and number of elements."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MOST_ELEMENTS = 4_000_000
MOST_DEPTH = 100


class NotReadable(ValueError):
    """A file that cannot be read; the message says what to send instead."""


class _Builder:
    """Builds a tree of elements without their namespaces."""

    def __init__(self) -> None:
        self.tree = TreeBuilder()
        self._depth = 0
        self._count = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > MOST_DEPTH:
            raise NotReadable(f"the file nests elements deeper than {MOST_DEPTH}; export it anew")
        if self._count > MOST_ELEMENTS:
            raise NotReadable(f"the file has more than {MOST_ELEMENTS} elements; export a part of the plant")
        self.tree.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(_local(name))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _refuse(*_: object) -> None:
    raise NotReadable("the file declares a document type or entities; export it without")


def parse(content: bytes) -> Element:
    """Return the root of an XML document.

    Raises
    ------
    NotReadable
        If it is none, or asks for more than data.
    """
    builder, parser = _Builder(), expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - a C function that takes no names
    except expat.ExpatError as error:
        raise NotReadable(f"the file is no XML: {error}; send a Collada file (.dae, .pvc)") from error
    except (LookupError, UnicodeError) as error:
        raise NotReadable(f"the file's encoding cannot be read: {error}; save it as UTF-8") from error
    return builder.tree.close()
