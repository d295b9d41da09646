"""The answers of a session as files: one for people, one for programs, and the conversation as a whole."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gnomon.core.library import Document
from gnomon.core.ports import Turn
from gnomon.core.session import Session
from gnomon.core.task import Json
from gnomon.web.dialects.shannon.render.answer import find_answer
from gnomon.web.dialects.shannon.render.task import error_of, query_of
from gnomon.web.dialects.shannon.status import show
from gnomon.web.ids import shannon_id

FOLDER: Final = "answers"
CONVERSATION: Final = "conversation.md"
_NAME: Final = re.compile(r"([0-9]{4,9})-(task_[0-9a-z]{26})\.(md|json)")
_MARKDOWN: Final = "text/markdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file of text, below the root of a session's files."""

    path: str
    content: str
    media_type: str = _MARKDOWN

    @property
    def size(self) -> int:
        """Count the bytes."""
        return len(self.content.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the name of an answer's file says."""

    turn: int
    task: str
    form: str


def read_name(path: str) -> Named | None:
    """Read the path of an answer's file; None when it is none.

    >>> read_name("answers/0001-task_01jz8k5w3v9m2q4x7c6t1r0f8e.md")
    Named(turn=1, task='task_01jz8k5w3v9m2q4x7c6t1r0f8e', form='md')
    """
    folder, _, name = path.partition("/")
    match = _NAME.fullmatch(name) if folder == FOLDER else None
    return match and Named(turn=int(match[1]), task=match[2], form=match[3])


def files_of(number: int, turn: Turn) -> Sequence[TextFile]:
    """Write the answer of a turn; nothing before it has completed."""
    answer = find_answer(turn.task)
    if answer is None:
        return ()
    stem = f"{FOLDER}/{number:04}-{shannon_id(turn.task.id)}"
    question = query_of(turn.task, turn.given)
    whole = json.dumps(turn.task.result, ensure_ascii=False, indent=2) + "\n"
    return (
        TextFile(path=f"{stem}.json", content=whole, media_type="application/json"),
        TextFile(path=f"{stem}.md", content=f"{_heading(question)}\n\n{_told(turn)}\n"),
    )


def conversation(record: Session, turns: Iterable[tuple[int, Turn]]) -> TextFile:
    """Write all turns, with what became of those that gave no answer."""
    parts = [f"# {_line(record.title or record.id)}"]
    for number, turn in turns:
        parts += [f"## {number}. {_line(query_of(turn.task, turn.given))}", _told(turn)]
    return TextFile(path=CONVERSATION, content="\n\n".join(parts) + "\n")


def _told(turn: Turn) -> str:
    answer = find_answer(turn.task)
    if answer is None:
        return f"*{show(turn.task)}* {error_of(turn.task)}".strip()
    if isinstance(answer.content, str):
        return answer.text
    sources = [f"{at}. {each['title']} - {each['url']}" for at, each in enumerate(answer.citations, 1)]
    block = f"```json\n{json.dumps(answer.content, ensure_ascii=False, indent=2)}\n```"
    return "\n".join([block, *(["", "Sources:", *sources] if sources else [])])


def _heading(question: str) -> str:
    """Write a question as a heading; one of several lines as a quotation."""
    lines = question.strip().splitlines() or [""]
    return f"# {lines[0]}" if len(lines) == 1 else "\n".join(f"> {line}" for line in lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def listed(entries: Iterable[Json]) -> dict[str, Json]:
    """Write a list of files."""
    return {"success": True, "files": list(entries)}


def entry(file: TextFile) -> dict[str, Json]:
    """Write a file as it stands in a list."""
    return {
        "name": file.path.rpartition("/")[2],
        "path": file.path,
        "is_dir": False,
        "size_bytes": file.size,
    }


def folder(path: str) -> dict[str, Json]:
    """Write a folder as it stands in a list."""
    return {"name": path.rpartition("/")[2], "path": path, "is_dir": True, "size_bytes": 0}


def download(file: TextFile) -> dict[str, Json]:
    """Write a file with what is in it."""
    return {
        "success": True,
        "content": file.content,
        "content_type": f"{file.media_type}; charset=utf-8",
        "size_bytes": file.size,
    }


def document(record: Document) -> dict[str, Json]:
    """Write a document of the library as a file, of which its text is kept; the size is that of its text."""
    return {
        "name": record.name.rpartition("/")[2],
        "path": f"{record.id}/{record.name}",
        "is_dir": False,
        "size_bytes": record.characters,
    }
