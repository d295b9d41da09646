"""A real model in a real process: shared, started again, ended with its parent; skipped where none is to be had."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.workloads.research.models.client import Model, ModelFailure, Prompt, open_model
from gnomon.workloads.research.models.resident import Resident, find_resident, stop_residents

PROMPT = Prompt(system="You are a helpful assistant.", user="Say hello.")
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "kind": {"enum": ["town", "village"]},
        "people": {"type": "integer"},
        "nick": {"type": "string", "maxLength": 20},
    },
    "required": ["city", "kind"],
}


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    stop_residents()


def open_local(file: Path, **settings: object) -> Model:
    pytest.importorskip("xllamacpp", reason="the extra local-llm is not installed")
    model = open_model({"model": f"local:{file}", "model_window": 2048, **settings}, {})
    assert model is not None
    return model


def resident_of(file: Path) -> Resident:
    cores = os.cpu_count() or 1
    return find_resident(file, window=2048, width=max(1, min(4, cores // 4)), threads=max(1, cores - 1))


@pytest.mark.slow
async def test_a_model_of_this_machine_writes_streams_and_fills(small_model: Path) -> None:
    shown: list[str] = []
    async with open_local(small_model) as model:
        told = await model.write(PROMPT, max_tokens=12, key="w")
        heard = await model.write(PROMPT, max_tokens=12, key="s", on_text=shown.append)
        filled = await model.fill(PROMPT, SCHEMA, max_tokens=300, key="f")
        assert (model.engine, model.window) == (f"local:{small_model.name}", 2048)
    assert told.text
    assert (told.text, told.usage.output_tokens) == (heard.text, heard.usage.output_tokens)
    assert len(shown) > 3
    assert heard.text.startswith(shown[0])
    assert (filled.mode, told.usage.cost_usd, told.model) == ("native", 0.0, small_model.name)
    assert isinstance(filled.json, dict)
    assert {"city", "kind"} <= filled.json.keys()
    assert told.usage.input_tokens > 5
    assert 0 < told.usage.output_tokens <= 12


@pytest.mark.slow
async def test_two_that_start_at_once_share_one_process_which_is_started_again_when_it_dies(
    small_model: Path,
) -> None:
    resident = resident_of(small_model)
    async with open_local(small_model) as one, open_local(small_model) as other:
        await asyncio.gather(
            one.write(PROMPT, max_tokens=3, key="a"), other.write(PROMPT, max_tokens=3, key="b")
        )
        first = resident.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await asyncio.to_thread(os.waitid, os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert (await one.write(PROMPT, max_tokens=3, key="c")).usage.calls == 1
        assert resident.pid not in (None, first)


@pytest.mark.slow
async def test_a_real_server_refuses_a_wrong_key(small_model: Path) -> None:
    address = await asyncio.to_thread(resident_of(small_model).address)
    for key, code in (("wrong", "model_key_refused"), (address.key, None)):
        model = open_model({"model": "any", "model_url": address.url}, {"GNOMON_MODEL_KEY": key})
        assert model is not None
        async with model:
            if code is None:
                assert (await model.write(PROMPT, max_tokens=3, key="k")).usage.output_tokens > 0
                continue
            with pytest.raises(ModelFailure, match="GNOMON_MODEL_KEY") as caught:
                await model.write(PROMPT, max_tokens=3, key="k")
            assert caught.value.code == code


@pytest.mark.slow
async def test_a_prompt_beyond_the_window_is_refused_as_such(small_model: Path) -> None:
    async with open_local(small_model) as model:
        with pytest.raises(ModelFailure) as caught:
            await model.fill(Prompt(system="", user="word " * 4000), SCHEMA, max_tokens=10, key="k")
    assert caught.value.code == "prompt_too_long"


@pytest.mark.slow
async def test_a_cancelled_call_leaves_the_model_to_others(small_model: Path) -> None:
    async with open_local(small_model) as model:
        shown = asyncio.Event()
        long = asyncio.create_task(
            model.write(PROMPT, max_tokens=1500, key="l", on_text=lambda _: shown.set())
        )
        await shown.wait()
        long.cancel()
        with pytest.raises(asyncio.CancelledError):
            await long
        began = time.monotonic()
        await model.write(PROMPT, max_tokens=3, key="n")
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_the_process_ends_with_its_parent(small_model: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from gnomon.workloads.research.models.resident import Resident\n"
        "resident = Resident(Path(sys.argv[1]), window=512, width=1, threads=1)\n"
        "address = resident.address()\n"
        "print(resident.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(small_model)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watch = os.pidfd_open(child)
    parent.kill()
    parent.communicate()
    assert wait_for_end(watch)


def wait_for_end(watch: int) -> bool:
    import select

    try:
        return bool(select.select([watch], [], [], 20)[0])
    finally:
        os.close(watch)


async def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    file = tmp_path / "junk.gguf"
    file.write_bytes(b"this is no model" * 100)
    model = open_local(file)
    with pytest.raises(ModelFailure, match=r"junk\.gguf could not be loaded") as caught:
        await model.write(PROMPT, max_tokens=3, key="k")
    assert (caught.value.code, caught.value.retryable) == ("model_not_started", False)


async def test_a_start_that_takes_too_long_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "slow.gguf"
    os.mkfifo(pipe)
    resident = Resident(pipe, window=512, width=1, threads=1, start=0.5)
    with pytest.raises(Exception, match=r"was not ready within 0\.5 seconds"):
        await asyncio.to_thread(resident.address)
    assert resident.pid is None
