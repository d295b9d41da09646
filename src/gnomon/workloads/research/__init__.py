"""Research: a question in, an answer out whose every value rests on words that stand in a source."""

from datetime import timedelta
from typing import Final

from gnomon.core.brief import ANSWER, BRIEF
from gnomon.core.retry import RetryPolicy
from gnomon.core.workload import Workload
from gnomon.workloads.research.tools import (
    FETCHING,
    HITS,
    LOOKING,
    PAGE,
    PASSAGES,
    fetch_page,
    search_documents,
    search_web,
)
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
DOCUMENT_SEARCH: Final = Workload(
    kind="document_search",
    title="Search of own documents",
    run=search_documents,
    where="io",
    input_schema=LOOKING,
    output_schema=PASSAGES,
    is_tool=True,
)
WEB_SEARCH: Final = Workload(
    kind="web_search",
    title="Web search",
    run=search_web,
    where="io",
    input_schema=LOOKING,
    output_schema=HITS,
    is_tool=True,
)
WEB_FETCH: Final = Workload(
    kind="web_fetch",
    title="Reading of a web page",
    run=fetch_page,
    where="io",
    input_schema=FETCHING,
    output_schema=PAGE,
    is_tool=True,
)
WORKLOADS: Final = (RESEARCH, DOCUMENT_SEARCH, WEB_SEARCH, WEB_FETCH)
