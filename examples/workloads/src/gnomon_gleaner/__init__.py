"""An answer gleaned from what was given: a workload that takes briefs, without a network and without a model.

It reads the run's own input, the answer of the run before it, and the text files of the folder that
`GNOMON_GLEANER_FOLDER` names; it quotes the sentences nearest to the question, and fills the fields of a JSON Schema
with what is labelled there, and it says how little its answers rest on. What it does not find it leaves out, or says
null if the schema takes that; a field that must be there and is not found fails the run.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gnomon.core.brief import ANSWER, BRIEF, SOURCES, Brief, NoteKind, read_brief
from gnomon.core.workload import Context, Failure, Workload
from gnomon_gleaner.fields import Found, fill
from gnomon_gleaner.passages import Passage, open_object, part, rank, split

FOLDER = "GNOMON_GLEANER_FOLDER"
LARGEST_FILE = 1_000_000
MOST_QUOTES = 3
MOST_NAMED = 10
ASKING = ("question", "query", "task", "objective")
AUTO = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "quotes": {"type": "array", "items": {"type": "string"}}},
    "required": ["answer", "quotes"],
    "additionalProperties": False,
}


def most_passages(brief: Brief) -> int:
    """Say how many passages the effort pays for: 8 at the least effort, 2048 at the most, half of it when fast."""
    return int(2 ** (brief.effort + 2)) // (2 if brief.is_fast else 1)


def question_of(brief: Brief) -> str:
    """Say what is asked: the input's questions, and what the answer shall be."""
    if isinstance(brief.input, str):
        asked = part(brief.input)[0]
    else:
        asked = " ".join(str(brief.input[name]) for name in ASKING if name in brief.input)
    return " ".join(filter(None, (asked, brief.output.description)))


def given(brief: Brief) -> list[Passage]:
    """Cut the input into passages, without what it asks."""
    if isinstance(brief.input, str):
        return split(part(brief.input)[1], "input")
    return open_object({name: value for name, value in brief.input.items() if name not in ASKING}, "input")


def earlier(ctx: Context) -> list[Passage]:
    """Cut the answer of the run before this one into passages."""
    before = ctx.predecessor.result if ctx.predecessor else None
    content = before.get("content") if isinstance(before, dict) else None
    return split(content, "previous") if isinstance(content, str) else open_object(content or {}, "previous")


def text_files() -> list[Path]:
    """List the text files of the folder, by name."""
    folder = os.environ.get(FOLDER)
    found = sorted(Path(folder).rglob("*")) if folder else []
    return [path for path in found if path.suffix in {".txt", ".md"} and path.stat().st_size <= LARGEST_FILE]


def read_files(ctx: Context) -> list[Passage]:
    """Read the folder, and say how much of it has been read."""
    files, passages = text_files(), list[Passage]()
    for done, path in enumerate(files, 1):
        ctx.checkpoint()
        source = f"files/{path.relative_to(os.environ[FOLDER])}"
        passages += split(path.read_text(errors="replace"), source)
        ctx.emit({"kind": SOURCES, "considered": len(files) + 1, "read": done + 1, "sample": [source]})
        ctx.progress(10 + 50 * done / len(files), "reading")
    return passages


def say(ctx: Context, kind: NoteKind, text: str) -> None:
    """Write a note into the log."""
    ctx.emit({"kind": kind, "text": text})


def cite(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Quote passages word for word, each source once."""
    sources = dict.fromkeys(passage.source for passage in passages)
    return [
        {
            "url": source,
            "title": source,
            "excerpts": [each.text for each in passages if each.source == source],
        }
        for source in sources
    ]


def basis(field: str, found: Found) -> list[dict[str, Any]]:
    """Say what a field rests on, and each element of a list."""
    entry = {
        "reasoning": found.reasoning,
        "confidence": found.confidence,
        "citations": cite(found.passages),
    }
    elements = range(len(found.value)) if isinstance(found.value, list) else ()
    return [{"field": field, **entry}, *({"field": f"{field}.{place}", **entry} for place in elements)]


def answer_json(schema: Any, passages: Sequence[Passage]) -> dict[str, Any]:
    """Fill the schema's fields.

    Raises
    ------
    Failure
        With the code ``not_found`` when there is nothing for a field that must have a value.
    """
    found = fill(schema, schema, passages)
    if missing := [name for each in found.values() for name in each.missing]:
        raise Failure("not_found", not_found(missing))
    content = {name: each.value for name, each in found.items()}
    return {
        "type": "json",
        "content": content,
        "basis": [x for name in found for x in basis(name, found[name])],
    }


def not_found(missing: Sequence[str]) -> str:
    """Say which fields have no value, and what would help."""
    names = ", ".join(repr(name) for name in missing[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    label = missing[0].rpartition(".")[2]
    return (
        f"Nothing that was given says {names}{more}. Give it in the input, as a line '{label}: ...' or a member "
        "of that name; or let the output schema do without: not in 'required', or null beside its type."
    )


def answer_text(question: str, quotes: Sequence[Passage], considered: int) -> dict[str, Any]:
    """Quote, or say that there is nothing to quote."""
    lines = [f"> {each.text} ({each.source})" for each in quotes]
    text = "\n\n".join(lines) or f"Nothing that was given answers this: {question}"
    why = f"The sentences nearest to the question, of {considered}; nothing was looked up elsewhere."
    return {
        "type": "text",
        "content": text,
        "basis": basis("output", Found(passages=tuple(quotes), reasoning=why)),
    }


def answer_auto(question: str, quotes: Sequence[Passage], considered: int) -> dict[str, Any]:
    """Give the quotes as JSON, with its schema."""
    text = answer_text(question, quotes, considered)
    content = {"answer": text["content"], "quotes": [each.text for each in quotes]}
    entries = [{**text["basis"][0], "field": name} for name in content]
    return {"type": "json", "content": content, "schema": AUTO, "basis": entries}


def write(brief: Brief, passages: Sequence[Passage], question: str) -> dict[str, Any]:
    """Write the answer in the form that is wanted."""
    if brief.output.type == "json":
        return answer_json(brief.output.schema or {}, passages)
    quotes = (rank(question, passages) if question else passages)[:MOST_QUOTES]
    form = answer_text if brief.output.type == "text" else answer_auto
    return form(question, quotes, len(passages))


def run(task_input: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Plan, read, choose, answer; a pause or a cancel is heard between two of them."""
    brief = read_brief(task_input)
    question, most = question_of(brief), most_passages(brief)
    say(ctx, "plan", f"Read what was given, {most} passages at most; no network, no tools.")
    ctx.emit({"kind": SOURCES, "considered": len(text_files()) + 1, "read": 1, "sample": ["input"]})
    ctx.progress(10, "reading")
    passages = [*given(brief), *earlier(ctx), *read_files(ctx)][:most]
    ctx.checkpoint()
    say(ctx, "search", f"Query: {question or 'the fields of the output schema'}")
    ctx.progress(70, "choosing")
    answer: dict[str, Any] = ctx.step("answer", lambda: write(brief, passages, question))
    ctx.checkpoint()
    cited = sum(bool(entry["citations"]) for entry in answer["basis"])
    say(ctx, "result", f"{cited} of {len(answer['basis'])} entries of the basis have a citation.")
    ctx.progress(95, "answering")
    return answer


GLEANER = Workload(
    kind="glean",
    title="An answer gleaned from what was given",
    run=run,
    input_schema=BRIEF,
    output_schema=ANSWER,
    takes_brief=True,
)

WORKLOADS = (GLEANER,)
