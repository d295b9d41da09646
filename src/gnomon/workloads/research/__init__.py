"""Research: a question in, an answer out whose every value rests on words that stand in a source."""

from datetime import timedelta
from typing import Final

from gnomon.core.brief import ANSWER, BRIEF
from gnomon.core.retry import RetryPolicy
from gnomon.core.workload import Workload
from gnomon.workloads.research.work import check, run

RESEARCH: Final = Workload(
    kind="research",
    title="Research",
    run=run,
    where="io",
    input_schema=BRIEF,
    output_schema=ANSWER,
    check=check,
    takes_brief=True,
    retry=RetryPolicy(max_attempts=4, first=timedelta(seconds=2), factor=4.0),
    deadline=timedelta(days=7),
)
WORKLOADS: Final = (RESEARCH,)
