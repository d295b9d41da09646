"""An answer that does not fit what was asked for is a failed run to the vendor's client, never a broken model."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import parallel
import pytest
from parallel import AsyncParallel
from parallel.types import TaskRunJsonOutput
from pydantic import BaseModel
from server import Serving, serving
from trades_of_runs import research, stray

from gnomon.core.access import KeyRole
from gnomon.core.brief import BRIEF
from gnomon.core.retry import RetryPolicy
from gnomon.core.workload import Workload
from gnomon.web.dialects.parallel.desk import ParallelOptions
from gnomon.wiring import with_schema_check

ONCE = RetryPolicy(max_attempts=1)
BRIEF_TRADES = tuple(
    with_schema_check(
        Workload(kind=function.__name__, run=function, input_schema=BRIEF, takes_brief=True, retry=ONCE)
    )
    for function in (research, stray)
)


class Instrument(BaseModel):
    """What is asked for."""

    name: str
    height: float


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncParallel]:
    options = ParallelOptions(processors=("pro=research", "*=stray"))
    given: Any = {"is_alone": True, "parallel": options}
    async with serving(tmp_path / "data", *BRIEF_TRADES, **given) as served, _talking(served) as client:
        yield client


def _talking(served: Serving) -> Any:
    return AsyncParallel(api_key=served.founded.keys[KeyRole.API], base_url=served.address)


async def test_an_answer_that_fits_is_parsed(client: AsyncParallel) -> None:
    result = await client.task_run.execute(input="Taosi", processor="pro", output=Instrument)
    assert result.output.parsed == Instrument(name="On Taosi", height=8)


@pytest.mark.parametrize(
    ("output", "told"),
    [(Instrument, "content: 'name' is a required property"), ("a text", "content: a text was asked for")],
)
async def test_an_answer_that_does_not_is_a_failed_run(client: AsyncParallel, output: Any, told: str) -> None:
    with pytest.raises(parallel.NotFoundError) as failed:
        await client.task_run.execute(input="Taosi", processor="base", output=output)
    error: Any = failed.value.body
    run = error["error"]["detail"]["run"]
    assert (run["status"], run["error"]["detail"]["code"]) == ("failed", "invalid_answer")
    assert told in run["error"]["message"]


async def test_who_asks_for_nothing_in_particular_gets_it(client: AsyncParallel) -> None:
    run = await client.task_run.create(input="Taosi", processor="base")
    result = await client.task_run.result(run.run_id)
    assert isinstance(result.output, TaskRunJsonOutput)
    assert result.output.content == {"weather": "fair", "asked": "Taosi"}
