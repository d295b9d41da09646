"""A trade that answers briefs as its first word says: it replies, muses in short steps, fails, or asks first."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from gnomon.core.brief import BRIEF
from gnomon.core.workload import Context, Failure, Workload
from gnomon.wiring import with_schema_check

SOURCE = {
    "url": "https://example.com/paris",
    "title": "Paris",
    "excerpts": ["The capital of France is Paris."],
}
USED = {
    "kind": "usage",
    "engine": "provider:openai/gpt-5-mini",
    "input_tokens": 200,
    "output_tokens": 100,
    "cost_usd": 0.006,
}
STEP = 0.02


def reply(given: dict[str, Any], ctx: Context) -> Any:
    """Answer a brief."""
    text = str(given["input"])
    ctx.emit({"kind": "search", "text": f"Query: {text}"})
    ctx.progress(10, "reading")
    act = _ACTS.get(text.split(" ", 1)[0], _answer)
    return act(text, ctx)


def _answer(text: str, ctx: Context) -> Any:
    ctx.step("write", lambda: ctx.emit(USED))
    earlier = "" if ctx.predecessor is None else f" after {ctx.predecessor.result['content']}"
    basis = [{"field": "output", "reasoning": "It says so.", "confidence": "high", "citations": [SOURCE]}]
    return {"type": "text", "content": f"On {text}{earlier}", "basis": basis, "engine": USED["engine"]}


def _muse(text: str, ctx: Context) -> Any:
    """Take so many short steps as the second word says, then answer."""
    count = int(text.split(" ")[1])
    for number in range(count):
        ctx.step(f"step:{number}", lambda: time.sleep(STEP))
        ctx.progress(10 + 80 * (number + 1) / count, "musing")
        ctx.checkpoint()
    return _answer(text, ctx)


def _fail(_: str, __: Context) -> Any:
    raise Failure("stumbled", "There was a stone in the way.")


def _approve(text: str, ctx: Context) -> Any:
    told = ctx.ask("go:1", {"kind": "approval", "message": "Shall I go on?"})
    return _answer(f"{text}: {told['approved']}", ctx)


def _review(text: str, ctx: Context) -> Any:
    """Show a plan until it is approved."""
    rounds: list[Any] = []
    for number in range(1, 10):
        plan = f"Plan {number}"
        rounds.append({"role": "assistant", "message": plan, "timestamp": "2026-01-31T12:00:00Z"})
        body = {"kind": "review", "round": number, "version": number, "plan": plan, "intent": "ready"}
        told = ctx.ask(f"plan:{number}", {**body, "query": text, "rounds": list(rounds)})
        if told["action"] == "approve":
            break
        rounds.append({"role": "user", "message": told["message"], "timestamp": "2026-01-31T12:00:01Z"})
    return _answer(f"{text}: {plan}", ctx)


_ACTS: Mapping[str, Callable[[str, Context], Any]] = {
    "muse": _muse,
    "fail": _fail,
    "approve": _approve,
    "review": _review,
}

WORKLOADS = (with_schema_check(Workload(kind="test.reply", run=reply, input_schema=BRIEF, takes_brief=True)),)
