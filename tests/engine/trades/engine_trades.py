"""Workloads that do as they are told, for the tests of the engine; a child imports this module by name."""

import asyncio
import hashlib
import itertools
import os
import resource
import signal
import sys
import time
import zlib
from datetime import timedelta
from pathlib import Path

from gnomon.core.library import found_json
from gnomon.core.retry import RetryPolicy
from gnomon.core.task import Visibility
from gnomon.core.workload import Asked, Cancelled, Child, Failure, GaveWay, Split, Workload

SOON = RetryPolicy(max_attempts=3, max_lost=3, first=timedelta(milliseconds=20), factor=2.0)


def _mark(order, word="begun"):
    """Tell the test, which waits on the fifo, that this line was reached."""
    with Path(order["fifo"]).open("w") as fifo:
        fifo.write(f"{word} {os.getpid()}\n")


def echo(order, ctx):
    return {"input": order, "task_id": ctx.task_id, "attempt": ctx.attempt, "pid": os.getpid()}


def loop_politely(order, ctx):
    _mark(order)
    while True:
        ctx.checkpoint()


def loop_busily(order, ctx):
    _mark(order)
    while True:
        pass


def loop_deafly(order, ctx):
    _mark(order)
    while True:
        try:
            while True:
                pass
        except BaseException:  # noqa: BLE001
            pass


def block_in_c(order, ctx):
    """Hold the interpreter's lock in a C loop that looks for no signal."""
    _mark(order)
    return sum(itertools.repeat(1))


def block_in_select(order, ctx):
    _mark(order)
    time.sleep(3600)


def finish_when_asked(order, ctx):
    _mark(order)
    while not ctx.is_cancelled():
        pass
    return "finished anyway"


def leave(order, ctx):
    if order.get("signal"):
        os.kill(os.getpid(), order["signal"])
    os._exit(order["code"])


def fail(order, ctx):
    if ctx.attempt <= order.get("times", 99):
        raise Failure("broken", f"attempt {ctx.attempt}", retryable=order.get("retryable", True))
    return ctx.attempt


def stumble(order, ctx):
    raise ZeroDivisionError("by nought")


def leave_politely(order, ctx):
    sys.exit(3)


def pretend(order, ctx):
    raise Cancelled


def give_nonsense(order, ctx):
    circle = []
    circle.append(circle)
    return {
        "nan": {"energy": [1.0, float("nan")]},
        "set": {"a": {"b": {1}}},
        "key": {"a": {(1, 2): 3}},
        "surrogate": ["\ud800"],
        "circle": circle,
        "large": "x" * (5 << 20),
    }[order["what"]]


def crash_between_steps(order, ctx):
    """Write a line per step that really runs, and crash once between the two."""
    journal = Path(order["journal"])

    def note(word):
        with journal.open("a") as file:
            file.write(word + "\n")
        return {"word": word, "pair": (1, 2)}

    first = ctx.step("first", lambda: note("first"))
    if ctx.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    second = ctx.step("second", lambda: note("second"))
    return [first, second]


def chatter(order, ctx):
    print("this goes to the log")  # noqa: T201
    os.write(1, b"and so does this\n")
    for percent in range(1, 1001):
        ctx.progress(percent / 20, "counting")
    ctx.progress(60, "telling")
    for n in range(3):
        ctx.emit({"n": n})
    ctx.progress(70)
    ctx.progress(80)
    return "done"


def keep(order, ctx):
    content = bytes(range(256)) * order["pages"]
    name = ctx.put(content)
    if ctx.get(name) != content:
        raise Failure("differs", "The bytes came back changed.")
    saved = ctx.save("thing", {"name": "one", "file": name}, key="one")
    again = ctx.save("thing", {"name": "one", "file": name}, key="one")
    return {"file": name, "number": saved.number, "same": saved == again, "stranger": "f" * 64}


def shelve(order, ctx):
    """Save documents, each of them under its place in the list."""
    return [
        ctx.save(each["kind"], each["document"], key=str(n), is_draft=each.get("is_draft", False)).number
        for n, each in enumerate(order["documents"])
    ]


def keep_on(order, ctx):
    """Store new bytes again and again; a deaf one goes on when it is asked to stop."""
    _mark(order)
    while True:
        try:
            while True:
                ctx.put(os.urandom(order["size"]))
        except Cancelled:
            if not order["deaf"]:
                raise


def break_off(order, ctx):
    """Be killed by the kernel in the middle of a write, the first time; keep the bytes the second time."""
    if ctx.attempt == 1:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        _limit_files(order["limit"])
    return ctx.put(bytes(order["size"]))


def overflow(order, ctx):
    """Write more than the disk takes, then what it takes; leave the limit with this child."""
    _limit_files(order["limit"])
    try:
        ctx.put(bytes(order["size"]))
        ctx.emit({"said": "before it is told"})
    except Failure as failure:
        return [failure.code, failure.retryable, ctx.put(bytes(order["limit"]))]
    return None


def overflow_unnoticed(order, ctx):
    _limit_files(order["limit"])
    return ctx.put(bytes(order["size"]))


def _limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def miss(order, ctx):
    return ctx.get("0" * 64)


def list_modules(order, ctx):
    return sorted(sys.modules)


def tell_threads(order, ctx):
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def spawn_family(order, ctx):
    child = os.fork()
    if child == 0:
        time.sleep(3600)
    _mark(order, f"grandchild {child}")
    time.sleep(3600)


def multiply(order, ctx):
    import numpy as np

    _mark(order)
    a = np.ones((600, 600))
    while True:
        a = a @ a / 600


def sum_up(order, ctx):
    children = tuple(
        Child(
            kind=child["kind"],
            input=child["input"],
            after=child.get("after"),
            visibility=Visibility(child.get("visibility", "internal")),
        )
        for child in order["children"]
    )
    return Split(
        children=children, state={"from": order.get("start", 0)}, on_child_failure=order.get("on", "fail")
    )


def add(order, children, state, ctx):
    return {"from": state["from"], "children": [[c.position, c.status, c.result] for c in children]}


def follow(order, ctx):
    before = ctx.predecessor
    return (before.result if before else 0) + order["add"]


def use_secrets(order, ctx):
    """Say that the secrets are here without saying them."""
    try:
        ctx.secrets["token"] = "another"
    except TypeError:
        return _used(ctx.secrets)
    return "they can be changed"


def share_secrets(order, ctx):
    return Split(children=(Child(kind="use_secrets", input={}), Child(kind="io_use_secrets", input={})))


def collect(order, children, state, ctx):
    return [_used(ctx.secrets), *(child.result for child in children)]


def fingerprint(order, ctx):
    """Hand on a hash that names no blob, by every way there is."""
    digest = ctx.step("digest", lambda: hashlib.sha256(b"no blob").hexdigest())
    ctx.save("thing", {"name": digest}, key="one")
    return Split(children=(Child(kind="echo", input={"digest": digest}),), state={"digest": digest})


def compare(order, children, state, ctx):
    return [state["digest"], children[0].result["input"]["digest"]]


def stumble_with_secrets(order, ctx):
    raise RuntimeError(f"with {ctx.secrets!r} and {ctx.order!r}")


def look_back(order, ctx):
    before = ctx.predecessor
    return before and [before.status, before.input, before.result]


async def io_look_back(order, ctx):
    return look_back(order, ctx)


async def io_use_secrets(order, ctx):
    await ctx.checkpoint()
    return _used(ctx.secrets)


def _used(secrets):
    return {name: hashlib.sha256(str(value).encode()).hexdigest()[:16] for name, value in secrets.items()}


def reply(order, ctx):
    """Give what this attempt shall give; the last of the replies stays."""
    replies = order["input"]["replies"]
    return replies[min(ctx.attempt, len(replies)) - 1]


def split_and_reply(order, ctx):
    return Split(children=(Child(kind="reply", input={**order, "output": {"type": "auto"}}),))


def pass_on(order, children, state, ctx):
    return children[0].result


def reply_when_cancelled(order, ctx):
    _mark(order)
    while not ctx.is_cancelled():
        time.sleep(0.01)
    return order["input"]["replies"][0]


def look_up(order, ctx):
    return {"found": found_json(ctx.search(order["query"], limit=order["limit"])), "told": ctx.settings}


async def io_look_up(order, ctx):
    found = await asyncio.gather(
        *(ctx.search(f"{order['query']} {n}", limit=order["limit"]) for n in range(order.get("times", 1)))
    )
    return {"found": [found_json(each) for each in found], "told": ctx.settings}


async def io_echo(order, ctx):
    await asyncio.sleep(0)
    first = await ctx.step("first", lambda: _soon(order))
    name = await ctx.put(b"kept")
    ctx.progress(50, "half")
    return {"step": first, "kept": (await ctx.get(name)).decode(), "pid": os.getpid(), "attempt": ctx.attempt}


async def _soon(value):
    await asyncio.sleep(0.001)
    return value


async def io_keep(order, ctx):
    names = await asyncio.gather(*(ctx.put(bytes([n]) * order["size"]) for n in range(order["times"])))
    kept = [await ctx.get(name) for name in names]
    return [names[n] for n, content in enumerate(kept) if content == bytes([n]) * order["size"]]


async def io_keep_on(order, ctx):
    _mark(order)
    while True:
        await ctx.put(os.urandom(order["size"]))


def _note(order, word):
    with Path(order["journal"]).open("a") as file:
        file.write(word + "\n")
    return word


def propose(order, ctx):
    """Draft once, ask, and go on from the answer; each call of the function leaves a line."""
    _note(order, f"called {ctx.attempt}")
    draft = ctx.step("draft", lambda: ctx.put(_note(order, "drafted").encode() * 100_000))
    verdict = ctx.ask("approval", {"draft": draft, "choices": ["yes", "no"]})
    if ctx.attempt == order.get("dies_at"):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"verdict": verdict, "size": len(ctx.get(draft)), "attempt": ctx.attempt}


def interview(order, ctx):
    return [ctx.ask(f"question {n}", {"n": n}) for n in range(order["times"])]


def ask_badly(order, ctx):
    return ctx.ask(order.get("key", "k"), {"nan": float("nan")} if order.get("nan") else order.get("body"))


def ask_and_go_on(order, ctx):
    try:
        ctx.ask("k", None)
    except Asked:
        return "without an answer"


def ask_and_stumble(order, ctx):
    try:
        ctx.ask("k", None)
    finally:
        raise Failure("spilt", "while tidying up")


def ask_when_told(order, ctx):
    """Be stopped while on the way to a question."""
    _mark(order)
    while not ctx.is_cancelled():
        pass
    return ctx.ask("k", None)


def add_and_ask(order, children, state, ctx):
    return [sum(child.result for child in children), ctx.ask("sum", [child.result for child in children])]


def keep_when_pausing(order, ctx):
    """See a pause come, keep what there is, and give way; the second call finds it kept."""
    seen = ctx.step("seen", lambda: _see(order, ctx))
    ctx.checkpoint()
    return {"seen": seen, "attempt": ctx.attempt}


def _see(order, ctx):
    _mark(order)
    while not ctx.is_pausing():
        pass
    return ctx.attempt


def park_uncalled(order, ctx):
    raise GaveWay


def swallow_pause(order, ctx):
    _mark(order)
    while not ctx.is_pausing():
        pass
    try:
        ctx.checkpoint()
    except GaveWay as way:
        return f"went on after {type(way).__name__}"


def never_checkpoint(order, ctx):
    _mark(order)
    while not ctx.is_pausing():
        pass
    return "to its end"


def work_deafly(order, ctx):
    """Work in C calls that come back for a moment only, and hear no signal."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _mark(order)
    content = bytes(8 << 20)
    while True:
        hashlib.sha256(content)
        zlib.compress(content)


def derive_keys(order, ctx):
    """One C call that takes for ever, with the interpreter's lock let go."""
    _mark(order)
    return hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1 << 30).hex()


def listen(order, ctx):
    """Note each new message as it comes, until one says `end`; die at one that says `die`, the first time."""
    if "fifo" in order and ctx.attempt == 1:
        _mark(order)
    heard = []
    while "end" not in heard:
        ctx.checkpoint()
        if len(ctx.told) > len(heard):
            heard = _hear(order, ctx, heard)
    return {"told": list(ctx.told), "attempt": ctx.attempt}


def _hear(order, ctx, heard):
    told = list(ctx.told)
    if told[: len(heard)] != heard:
        raise Failure("changed", f"{heard} became {told}")
    for message in told[len(heard) :]:
        ctx.emit({"heard": message, "attempt": ctx.attempt})
    if "die" in told and ctx.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return told


def count_told(order, ctx):
    return list(ctx.told)


def ask_briefly(order, ctx):
    answer = ctx.ask("approval", {"kind": "approval"}, order["within"])
    return {"answer": answer, "attempt": ctx.attempt, "told": list(ctx.told)}


def end_at_random(order, ctx):
    """Work for a while, with checkpoints, then end as told."""
    limit = time.monotonic() + order["seconds"]
    while time.monotonic() < limit:
        ctx.checkpoint()
    if order["how"] == "fail":
        raise Failure("broken", "as told", retryable=order["retryable"])
    return ctx.ask("k", None) if order["how"] == "ask" else "done"


_BARRIERS = {}


async def io_propose(order, ctx):
    _note(order, f"called {ctx.attempt}")
    draft = await ctx.step("draft", lambda: _soon(_note(order, "drafted")))
    return {"draft": draft, "verdict": await ctx.ask("approval", {"draft": draft})}


async def io_ask_twice(order, ctx):
    """Ask two questions at the same time, in a task group."""
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(ctx.ask(key, None)) for key in ("one", "two")]
    return [task.result() for task in asked]


async def io_listen(order, ctx):
    if "fifo" in order and ctx.attempt == 1:
        _mark(order)
    heard = []
    while "end" not in heard:
        await ctx.checkpoint()
        if len(ctx.told) > len(heard):
            heard = _hear(order, ctx, heard)
    return {"told": list(ctx.told), "attempt": ctx.attempt}


async def io_ask_briefly(order, ctx):
    answer = await ctx.ask("approval", None, within=order["within"])
    return {"answer": answer, "attempt": ctx.attempt, "told": list(ctx.told)}


async def io_park(order, ctx):
    _mark(order)
    while True:
        await ctx.checkpoint()


async def io_raise_a_strange_thing(order, ctx):
    raise type("Strange", (BaseException,), {})("very")


async def io_meet(order, ctx):
    """Wait until as many as `all` attempts are here, in this process, at the same time."""
    await _BARRIERS.setdefault(order["all"], asyncio.Barrier(order["all"])).wait()
    return os.getpid()


async def io_wait(order, ctx):
    _mark(order)
    await asyncio.Event().wait()


async def io_wait_once(order, ctx):
    if ctx.attempt > 1:
        return ctx.attempt
    _mark(order)
    return await asyncio.Event().wait()


async def io_block(order, ctx):
    _mark(order)
    while True:
        pass


async def io_fail(order, ctx):
    raise Failure("broken", "on purpose")


_CPU = (
    echo, loop_politely, loop_busily, loop_deafly, block_in_c, block_in_select, finish_when_asked, leave, fail,
    stumble, leave_politely, pretend, give_nonsense, crash_between_steps, chatter, keep, shelve, keep_on, break_off,
    overflow, overflow_unnoticed, miss, list_modules,
    tell_threads, spawn_family, multiply, follow, propose, interview, ask_badly, ask_and_go_on, ask_and_stumble,
    ask_when_told, keep_when_pausing, park_uncalled, swallow_pause, never_checkpoint,
    work_deafly, derive_keys, end_at_random, use_secrets, stumble_with_secrets, look_back,
    look_up, listen, count_told, ask_briefly,
)  # fmt: skip
_IO = (io_echo, io_keep, io_keep_on, io_meet, io_wait, io_wait_once, io_block, io_fail, io_propose, io_ask_twice,
       io_look_up, io_park, io_raise_a_strange_thing, io_use_secrets, io_look_back, io_listen,
       io_ask_briefly)  # fmt: skip

WORKLOADS = (
    *(Workload(kind=function.__name__, run=function, retry=SOON) for function in _CPU),
    *(Workload(kind=function.__name__, run=function, retry=SOON, where="io") for function in _IO),
    Workload(kind="sum_up", run=sum_up, join=add, retry=SOON),
    Workload(kind="sum_up_and_ask", run=sum_up, join=add_and_ask, retry=SOON),
    Workload(kind="fingerprint", run=fingerprint, join=compare, retry=SOON),
    Workload(kind="share_secrets", run=share_secrets, join=collect, retry=SOON),
)
