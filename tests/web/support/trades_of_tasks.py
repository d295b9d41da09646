"""What stands behind modes in tests: a trade that answers briefs, with ways to go on, to ask and to end."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gnomon.core.brief import BRIEF, read_brief
from gnomon.core.task import Json
from gnomon.core.workload import Context, Failure, Workload
from gnomon.wiring import with_schema_check

SOURCES = ("https://example.com/a", "https://example.org/b")


def research(given: dict[str, Json], ctx: Context) -> Json:
    """Answer with words or as JSON, from two sources; the first word of the question may ask for something else."""
    brief = read_brief(given)
    text = str(brief.input)
    ctx.emit({"kind": "search", "text": f"Query: {text}"})
    ctx.progress(50, "reading")
    act = _ACTS.get(text.split(" ", 1)[0])
    if act is not None:
        return act(text, ctx)
    if brief.review:
        _review(text, ctx)
    earlier = "" if ctx.predecessor is None else f" after {ctx.predecessor.result['content']!r}"
    return _answer(f"On {text}{earlier}", effort=brief.effort, guidance=brief.guidance)


def _answer(words: str, **told: Any) -> Json:
    cited = [{"url": url, "title": url[-1].upper(), "excerpts": ["so it is"]} for url in SOURCES]
    basis = [{"field": "output", "reasoning": str(told), "confidence": "high", "citations": cited}]
    return {"type": "text", "content": words, "basis": basis, "engine": "extractive"}


def _pay(text: str, ctx: Context) -> Json:
    """Call a model twice."""
    for key in ("plan", "write"):
        ctx.step(key, lambda: ctx.emit({**USED, "purpose": "write"}))
    return {**_answer(f"On {text}"), "engine": USED["engine"]}


def _value(text: str, _: Context) -> Json:
    return {"type": "json", "content": {"asked": text}, "basis": []}


def _fail(_: str, __: Context) -> Json:
    raise Failure("stumbled", "There was a stone in the way.")


def _hold(text: str, _: Context) -> Json:
    """Read from a pipe that nobody writes to before the test lets go."""
    return _answer(Path(text.split(" ", 1)[1]).read_text())


def _muse(_: str, ctx: Context) -> Json:
    """Go on until it is cancelled."""
    while True:
        ctx.checkpoint()
        time.sleep(0.01)


def _approve(_: str, ctx: Context) -> Json:
    """Ask for a yes or a no."""
    told = ctx.ask("deploy:1", {"kind": "approval", "message": "Shall I go on?"})
    return _answer(f"decided: {told}")


def _ask(_: str, ctx: Context) -> Json:
    """Ask something that is no yes or no."""
    return _answer(f"told: {ctx.ask('which', {'text': 'Which of the two?'})}")


def _listen(_: str, ctx: Context) -> Json:
    """Wait until it is told something, and give that back."""
    while not ctx.told:
        ctx.checkpoint()
        time.sleep(0.01)
    return _answer(f"heard: {ctx.told[0]}")


_ACTS: Mapping[str, Any] = {
    "pay": _pay,
    "value": _value,
    "fail": _fail,
    "hold": _hold,
    "muse": _muse,
    "approve": _approve,
    "ask": _ask,
    "listen": _listen,
}
USED = {
    "kind": "usage",
    "engine": "provider:openai/gpt-5-mini",
    "input_tokens": 100,
    "output_tokens": 20,
    "cost_usd": 0.0125,
}


def _review(text: str, ctx: Context) -> None:
    """Show a plan until it is approved, as the house's own research does."""
    rounds: list[Json] = []
    number = 1
    while True:
        plan = f"Plan {number} for {text}"
        rounds.append({"role": "assistant", "message": plan, "timestamp": "2026-01-31T12:00:00Z"})
        body = {
            "kind": "review",
            "round": number,
            "version": number,
            "plan": plan,
            "intent": "ready",
            "query": text,
            "rounds": list(rounds),
        }
        told = ctx.ask(f"plan:{number}", body)
        if told is None:
            raise Failure("review_expired", "Nobody has reviewed the plan in time.")
        if told["action"] == "approve":
            return
        rounds.append({"role": "user", "message": told["message"], "timestamp": "2026-01-31T12:00:01Z"})
        number += 1


def give(given: Json, _: Context) -> Json:
    """Give back what was sent."""
    return {"given": given}


def look_up(given: dict[str, Any], ctx: Context) -> Json:
    """Look a word up."""
    if given["word"] == "stone":
        raise Failure("stumbled", "There was a stone in the way.")
    while given["word"] == "ever":
        ctx.checkpoint()
        time.sleep(0.01)
    return {"found": [given["word"].upper()]}


_LOOKING: Mapping[str, Any] = {
    "type": "object",
    "required": ["word"],
    "properties": {"word": {"type": "string", "minLength": 1}},
}

TASK_TRADES: Sequence[Workload] = (
    with_schema_check(Workload(kind="research", run=research, input_schema=BRIEF, takes_brief=True)),
    Workload(kind="give", run=give, input_schema={}),
    with_schema_check(
        Workload(kind="word_search", run=look_up, title="Words", input_schema=_LOOKING, is_tool=True)
    ),
)
