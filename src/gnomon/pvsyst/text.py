"""PVsyst's text grammar: bytes to a tree of objects, keeping every key.

Objects are told by their open and close markers and never by indentation: PVsyst itself outdents keys in
mid-object. Three kinds of opening line are beyond doubt (`PVObject_NAME=pvType`, `NAME=Start`, `NAME Start;`).
For the others (`NAME=TType`, `NAME, list of=`, `NAME, Count=`) only the closing marker tells that the line
opened something, because a module may be called `Talesun` or `TP660M`: they are kept as pairs until that
marker comes, and what stands behind them becomes theirs. A line that closes what is not open, and an object that is
never closed, are errors: a file cut short must not pass for a smaller plant. Only near shadings, of whose inside no
public sample is known and of which nothing is read, are kept as text where they break these rules.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gnomon.pvsyst.encoding import decode
from gnomon.pvsyst.tree import Form, Pair, PvsystError, PvsystObject

MOST_BYTES = 32 * 2**20
MOST_LINES = 1_500_000
MOST_DEPTH = 64


def parse(content: bytes) -> PvsystObject:
    """Parse a PVsyst text file (6.40 and later) to its root object.

    Raises
    ------
    PvsystError
        If the bytes are not a PVsyst text file, are too many, or objects are not closed as they were opened;
        the message names the line and what to do.
    """
    if len(content) > MOST_BYTES:
        raise PvsystError(
            f"the file is larger than {MOST_BYTES >> 20} MB; remove what the import does not need"
        )
    text = decode(content)
    try:
        return _tree(text, ())
    except PvsystError as error:
        scenes = _scenes(text)
        if not any(error.line in scene for scene in scenes):
            raise
        try:
            return _tree(text, scenes)
        except PvsystError:
            raise error from None


def _tree(text: str, as_text: Sequence[range]) -> PvsystObject:
    lines = _lines(text)
    first_line, first = next(lines, (0, ""))
    root = _OBJECT.fullmatch(first)
    if root is None or not root[2].startswith("pv"):
        raise PvsystError("this is not a PVsyst file: its first line should be `PVObject_=pv...`")
    builder = _Builder(_Open(root[1].rstrip(" \t"), root[2], Form.OBJECT, first_line))
    kept = deque(scene[:-1] for scene in as_text)
    for line, found in lines:
        while kept and line >= kept[0].stop:
            kept.popleft()
        if kept and line in kept[0]:
            builder.keep(line, found)
        else:
            builder.read(line, found)
    return builder.root()


def _scenes(text: str) -> list[range]:
    """Return the lines inside each near shading, to its closing marker; none that holds another part of a variant."""
    found: list[range] = []
    begun: int | None = None
    for line, stripped in _lines(text):
        opened = _OBJECT.fullmatch(stripped)
        if opened and opened[2] == _SCENE:
            begun = line + 1
        elif opened and opened[2] in _NEVER_IN_SCENES:
            begun = None
        elif stripped == f"End of PVObject {_SCENE}" and begun is not None:
            found.append(range(begun, line + 1))
            begun = None
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, stripped, with their numbers."""
    for line, found in enumerate(_NEWLINE.split(text), start=1):
        if line > MOST_LINES:
            raise PvsystError(
                f"the file has more than {MOST_LINES} lines; remove what the import does not need"
            )
        if stripped := found.strip(" \t"):
            yield line, stripped


def reads_as_pair(key: str, value: str) -> bool:
    """Tell whether the line `key=value` is read as that pair and nothing else."""
    line = f"{key}={value}"
    return (
        "=" not in key
        and not _NEWLINE.search(line)
        and "\0" not in line
        and (key.strip(" \t"), value.strip(" \t")) == (key, value)
        and not any(marker.fullmatch(line) for marker in (_OBJECT, _START, _END_BRACKET, _END))
        and not _missing_closer(key, value)
    )


_NEWLINE = re.compile(r"\r\n|\r|\n")
_OBJECT = re.compile(r"PVObject_([^=]*)=[ \t]*(\w+)")
_START = re.compile(r"(\w+)[ \t]*=[ \t]*Start")
_NODE = re.compile(r"(\w+) Start;")
_END_OBJECT = re.compile(r"End of PVObject (\w+)")
_END_NODE = re.compile(r"(\w+) End;")
_END_BRACKET = re.compile(r"(\w+)[ \t]*=[ \t]*End")
_END_LIST = re.compile(r"End of List (\w+)")
_END = re.compile(r"End of (\w+)[ \t]*(?:=[ \t]*(.*))?")
_LISTED = re.compile(r"(\w+), (list of|Count)")
_TYPE = re.compile(r"T\w+")
# Groups whose first line opens an object that has no closing marker of its own.
GROUPS = {"TOrientGroup": "pvOrient", "TDomeOrientGroup": "pvDomeOrient"}
_GROUPED = frozenset(GROUPS.values())
# Types that are never a name: one that is not closed was cut.
_ALWAYS_CLOSED = frozenset({"TCubicProfile", "TConverter", "TPrintSettings"})


@dataclass(slots=True)
class _Open:
    """An object not closed yet; `openers` are its pairs that may turn out to have opened something."""

    name: str
    type: str
    form: Form
    line: int
    entries: list[Pair | PvsystObject] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    height: int = 1
    heights: dict[int, int] = field(default_factory=dict)
    openers: dict[str, list[tuple[int, Pair]]] = field(default_factory=dict)

    def add_pair(self, line: int, key: str, value: str) -> None:
        pair = (key, value)
        for sort in _sorts_of_opener(key, value):
            self.openers.setdefault(sort, []).append((len(self.entries), pair))
        self.entries.append(pair)
        self.lines.append(line)

    def add(self, line: int, entry: Pair | PvsystObject, height: int) -> None:
        if height:
            self.heights[len(self.entries)] = height
            self.height = max(self.height, height + 1)
        self.entries.append(entry)
        self.lines.append(line)

    def last_opener(self, sort: str) -> tuple[int, Pair] | None:
        """Return the last pair of a sort that is still this object's own, and where it stands."""
        waiting = self.openers.get(sort, [])
        while waiting:
            index, pair = waiting[-1]
            if index < len(self.entries) and self.entries[index] is pair:
                return index, pair
            waiting.pop()
        return None

    def cut(self, index: int, opened: "_Open") -> None:
        """Move what stands from `index` on into `opened`."""
        for at in range(index, len(self.entries)):
            opened.add(self.lines[at], self.entries[at], self.heights.pop(at, 0))
        del self.entries[index:], self.lines[index:]

    def widen(self, index: int, inner: PvsystObject) -> bool:
        """Give what stands behind an inner object to that object."""
        opened = _Open(inner.name, inner.type, Form.GROUP, self.lines[index])
        opened.entries, opened.lines = list(inner.entries), list(inner.lines)
        opened.height = self.heights[index]
        self.cut(index + 1, opened)
        self.entries[index], self.heights[index] = opened.closed(), opened.height
        self.height = max(self.height, opened.height + 1)
        return True

    def check_groups(self) -> None:
        """Refuse a list of groups with a key between them: the group before it was never closed."""
        group = self.type.rpartition(" ")[2]
        if group not in GROUPS:
            return
        for line, entry in zip(self.lines, self.entries, strict=True):
            if isinstance(entry, tuple):
                raise PvsystError(f"`{entry[0]}` stands behind no `End of {group}`; {_AGAIN}", line=line)

    def closed(self, end_text: str = "") -> PvsystObject:
        if self.height > MOST_DEPTH:
            raise _too_deep(self.line)
        for line, entry in zip(self.lines, self.entries, strict=True):
            if (
                self.form is not Form.TEXT
                and isinstance(entry, tuple)
                and (closer := _missing_closer(*entry))
            ):
                raise PvsystError(
                    f"`{entry[0]}={entry[1]}` is never closed by `{closer}`; {_AGAIN}", line=line
                )
        return PvsystObject(
            name=self.name,
            type=self.type,
            entries=tuple(self.entries),
            form=self.form,
            end_text=end_text,
            lines=tuple(self.lines),
        )

    @property
    def markers(self) -> tuple[str, str]:
        """The lines that open and close this object."""
        if self.form is Form.NODE:
            return f"{self.name} Start;", f"{self.name} End;"
        if self.form is Form.BRACKETED:
            return f"{self.name}=Start", f"{self.name}=End` or `EndTags"
        group = next((end for end, kind in GROUPS.items() if kind == self.type), None)
        end = f"End of PVObject {self.type}" + (f"` or `End of {group}" if group else "")
        return f"PVObject_{self.name}={self.type}", end


_SCENE = "pvShading"
_NEVER_IN_SCENES = frozenset(
    {
        *("pvProject", "pvVCalcul", "pvSite", "pvMeteo", "pvMainArray", "pvSubArray", "pvCircuit", "pvIAM"),
        *("pvSystem", "pvHorizon", "pvSimulPlot", "pvModule", "pvGInverter"),
    }
)
_AGAIN = "the file was cut or edited: export it from PVsyst again and upload it whole"


def _sorts_of_opener(key: str, value: str) -> Iterator[str]:
    if listed := _LISTED.fullmatch(key):
        yield f"{listed[1]}, {listed[2]}"
    elif _TYPE.fullmatch(value):
        yield value
        yield f"{key}="
        if value == f"T{key}":
            yield "tagged"
        elif value[1:2].isupper() and value[2:3].islower():
            yield "tagged perhaps"


def _missing_closer(key: str, value: str) -> str | None:
    if listed := _LISTED.fullmatch(key):
        return None if value.split(maxsplit=1)[:1] in (["0"], []) else f"End of {listed[1]}"
    return f"End of {value}" if value in _ALWAYS_CLOSED or value == f"T{key}" else None


def _is_plain(text: str) -> bool:
    key, found, value = text.partition("=")
    key, value = key.rstrip(" \t"), value.lstrip(" \t")
    return bool(found) and reads_as_pair(key, value) and not any(_sorts_of_opener(key, value))


def _too_deep(line: int) -> PvsystError:
    return PvsystError(f"objects stand more than {MOST_DEPTH} deep in each other; {_AGAIN}", line=line)


class _Builder:
    """The stack of open objects, until the root is closed."""

    def __init__(self, root: _Open) -> None:
        self._stack = [root]
        self._closed: PvsystObject | None = None

    def root(self) -> PvsystObject:
        """Return the root, which must be closed by now."""
        if self._closed is None:
            last = self._stack[-1]
            opening, closing = last.markers
            raise PvsystError(
                f"the file ends before `{closing}`, which closes `{opening}` of line {last.line}; {_AGAIN}"
            )
        return self._closed

    def read(self, line: int, text: str) -> None:
        """Take one line."""
        if self._stack and self._stack[-1].form is Form.TEXT:
            self._pop(Form.TEXT)
        if self._closed is not None:
            raise PvsystError(
                f"{text[:60]!r} stands after the end of the {self._closed.type}; a file holds one object: "
                "give the others files of their own",
                line=line,
            )
        if not (self._opens(line, text) or self._closes(line, text)):
            key, _, value = text.partition("=")
            self._stack[-1].add_pair(line, key.rstrip(" \t"), value.lstrip(" \t"))

    def keep(self, line: int, text: str) -> None:
        """Take one line of what is kept as text, which begins where the plain keys end."""
        if self._stack[-1].form is not Form.TEXT:
            if _is_plain(text):
                self.read(line, text)
                return
            self._stack.append(_Open("", "text", Form.TEXT, line))
        self._stack[-1].add(line, ("", text), 0)

    def _opens(self, line: int, text: str) -> bool:
        if found := _OBJECT.fullmatch(text):
            opened = _Open(found[1].rstrip(" \t"), found[2], Form.OBJECT, line)
        elif found := _START.fullmatch(text):
            opened = _Open(found[1], "Start", Form.BRACKETED, line)
        elif found := _NODE.fullmatch(text):
            opened = _Open(found[1], "", Form.NODE, line)
        else:
            return False
        if len(self._stack) >= MOST_DEPTH:
            raise _too_deep(line)
        if opened.type in _GROUPED and self._stack[-1].type == opened.type:
            raise self._unfit(line, text, "stands inside another")
        self._stack.append(opened)
        return True

    def _closes(self, line: int, text: str) -> bool:
        top = self._stack[-1]
        if found := _END_OBJECT.fullmatch(text):
            fits = top.form is Form.OBJECT and top.type == found[1]
        elif found := _END_NODE.fullmatch(text):
            fits = top.form is Form.NODE and top.name == found[1]
        elif found := _END_BRACKET.fullmatch(text):
            fits = top.form is Form.BRACKETED and top.name == found[1]
        else:
            return self._closes_what_came(line, text)
        if not fits:
            raise self._unfit(line, text)
        self._pop(top.form)
        return True

    def _closes_what_came(self, line: int, text: str) -> bool:
        """Close by a marker whose object may have been opened by what passed for a pair."""
        if text == "EndTags":
            fits = self._close_tags()
        elif found := _END_LIST.fullmatch(text):
            fits = self._close_behind(f"{found[1]}, list of", Form.LIST)
        elif found := _END.fullmatch(text):
            fits = self._close_named(found[1], found[2] or "")
        else:
            return False
        if not fits:
            raise self._unfit(line, text)
        return True

    def _unfit(self, line: int, text: str, why: str = "closes nothing that is open") -> PvsystError:
        top = self._stack[-1]
        opening, closing = top.markers
        return PvsystError(
            f"`{text[:60]}` {why}; `{opening}` of line {top.line} waits for `{closing}`; {_AGAIN}",
            line=line,
        )

    def _pop(self, form: Form) -> None:
        done = self._stack.pop()
        done.form = form
        if self._stack:
            self._stack[-1].add(done.line, done.closed(), done.height)
        else:
            self._closed = done.closed()

    def _close_tags(self) -> bool:
        top = self._stack[-1]
        if top.form is Form.BRACKETED and top.last_opener("tagged") is None:
            self._pop(Form.TAGGED)
            return True
        return self._close_behind("tagged", Form.TAGGED) or self._close_behind("tagged perhaps", Form.TAGGED)

    def _close_named(self, name: str, end_text: str) -> bool:
        if GROUPS.get(name) == self._stack[-1].type:
            self._pop(Form.GROUP)
            return True
        if self._stack[-1].form is Form.BRACKETED and self._stack[-1].name == name and not end_text:
            self._pop(Form.NAMED)
            return True
        return (
            self._close_behind(name, Form.TYPED, end_text)
            or self._close_behind(f"{name}, list of", Form.LISTED, end_text)
            or self._close_behind(f"{name}, Count", Form.COUNTED, end_text)
            or self._close_behind(f"{name}=", Form.NAMED, end_text)
            or self._close_group(name)
        )

    def _close_behind(self, sort: str, form: Form, end_text: str = "") -> bool:
        """Make what stands behind the last opener of a sort an object of its own."""
        top = self._stack[-1]
        found = top.last_opener(sort)
        if found is None:
            return False
        index, (key, value) = found
        listed = _LISTED.fullmatch(key)
        opened = _Open(listed[1] if listed else key, value, form, top.lines[index])
        top.cut(index + 1, opened)
        opened.check_groups()
        del top.entries[index], top.lines[index]
        top.add(opened.line, opened.closed(end_text), opened.height)
        return True

    def _close_group(self, name: str) -> bool:
        """Give the keys between an orientation's own end and the end of its group to the orientation."""
        top = self._stack[-1]
        for index in range(len(top.entries) - 1, -1, -1):
            entry = top.entries[index]
            if isinstance(entry, PvsystObject) and entry.type == GROUPS.get(name):
                return entry.form is not Form.GROUP and top.widen(index, entry)
        return False
