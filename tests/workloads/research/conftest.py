"""What the tests of research share: a library of a few texts, a model that reads by a script, and a run of both."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

# What the tests share stands in modules beside this one, and tests are no package.
sys.path.insert(0, str(Path(__file__).parent))

from folder_library import library_of
from stub_model import Behaviour, StubModel

from gnomon.engine.local import Log, run_locally
from gnomon.wiring.schemas import with_schema_check
from gnomon.workloads.research import RESEARCH


class Bureau:
    """Runs research over some texts, with a model or without."""

    def __init__(self, folder: Path, texts: Mapping[str, str], stack: ExitStack) -> None:
        self.folder = folder
        self.texts = texts
        self.log = Log()
        self._search = stack.enter_context(library_of(folder, texts))
        self._workload = with_schema_check(RESEARCH)

    def run(
        self,
        question: Any,
        *,
        model: StubModel | None = None,
        settings: Mapping[str, Any] | None = None,
        answers: Mapping[str, Any] | None = None,
        predecessor: Any = None,
        **brief: Any,
    ) -> dict[str, Any]:
        """Run a brief to its answer."""
        named = {"model": "stub", "model_url": model.url} if model is not None else {}
        self.log = Log()
        order = {"input": question, **brief}
        assert self._workload.check is not None
        assert not self._workload.check(order)
        answer: dict[str, Any] = run_locally(
            self._workload,
            order,
            blobs=self.folder,
            search=self._search,
            settings={**named, **(settings or {})},
            answers=answers or {},
            predecessor=predecessor,
            log=self.log,
        )
        return answer

    def notes(self, kind: str) -> list[str]:
        """List what was told of a kind."""
        return [message["text"] for message in self.log.messages if message["kind"] == kind]


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Callable[[Mapping[str, str]], Bureau]]:
    """Open a bureau over some texts, by file name."""
    with ExitStack() as stack:
        yield lambda texts: Bureau(tmp_path, texts, stack)


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour | Callable[..., Behaviour]], StubModel]]:
    """Start a server of a model that answers so."""
    with ExitStack() as stack:
        yield lambda otherwise: stack.enter_context(StubModel(otherwise=otherwise))
