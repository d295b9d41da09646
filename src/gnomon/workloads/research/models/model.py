"""What research asks of a language model, what it gets, and which one an operator has set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

from gnomon.core.task import Json
from gnomon.core.workload import Failure
from gnomon.workloads.research.record import Usage

Mode = Literal["text", "native", "prompted", "repaired"]
"""How a reply came to be: free text; JSON that the server held to the schema; JSON that was asked for in words;
JSON that was put right after its faults had been named to the model."""

CONCURRENCY = 4
"""Calls at a time to one server, by all tasks together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is told to be, and what it is told to do."""

    system: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model has answered, and what that took."""

    text: str
    usage: Usage
    model: str
    """The model that answered, by the name that its provider gives it."""
    is_truncated: bool = False
    """The text ends where the tokens that were allowed ended."""
    json: Json = None
    """The value that is valid for the schema; None for free text."""
    mode: Mode = "text"
    notes: tuple[str, ...] = ()
    """What should be told to who reads the answer: that tokens were not counted, say."""


class ModelFailure(Failure):
    """A model could not be asked, or has not answered as it was asked to.

    `retry_after` is what the provider asks for, in seconds; `usage` is what was counted before it failed.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(code, message, retryable=retryable)
        self.retry_after = retry_after
        self.usage = usage or Usage()


class Model(Protocol):
    """A language model; `key` names the call (task and step) to providers that recognise a repeated one.

    Every word raises `ModelFailure`, and gives way at once when its task is cancelled. `seconds` bounds the whole
    call: waiting for a place, answers, repairs, and pauses between tries.
    """

    @property
    def name(self) -> str:
        """Name the model as the operator set it."""

    @property
    def engine(self) -> str:
        """Name it for the answer: `local:FILE` or `provider:NAME`."""

    @property
    def window(self) -> int:
        """Say how many tokens a prompt and its reply may have together."""

    async def is_priced(self) -> bool:
        """Say whether it is known what its calls cost."""

    @property
    def is_small(self) -> bool:
        """Say whether it is of little use for anything but one short step at a time, and slow at long ones."""

    async def write(
        self,
        prompt: Prompt,
        *,
        max_tokens: int,
        key: str,
        seconds: float | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer in free text; `on_text` is called with all of the text so far while it is being written."""

    async def fill(
        self,
        prompt: Prompt,
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        key: str,
        seconds: float | None = None,
        on_used: Callable[[Usage], None] | None = None,
    ) -> Reply:
        """Answer in JSON that is valid for the schema; `on_used` is told what each answer of the server used."""

    async def __aenter__(self) -> Self:
        """Import what is needed, and start what runs here; the window is known for certain after it."""

    async def __aexit__(self, *raised: object) -> None:
        """Hang up."""

    async def close(self) -> None:
        """Hang up; a model that is asked again after that connects anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The model that an operator has set, read from the settings of the kind."""

    model: str
    url: str = ""
    concurrency: int = CONCURRENCY
    window: int | None = None
    timeout: float | None = None
    """Seconds for one try."""
    threads: int | None = None
    """Of a model on this machine. One core is left to others unless more are asked for: two threads on two busy
    cores wrote six times slower than one."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_choice(settings: Mapping[str, Json], env: Mapping[str, str]) -> Choice | None:
    """Read which model is set; None where none is."""
    model, url = str(settings.get("model") or ""), str(settings.get("model_url") or "")
    if not model and not url:
        return None
    return Choice(
        model=model or "default",
        url=url,
        concurrency=max(1, int(settings.get("model_concurrency") or CONCURRENCY)),
        window=int(settings.get("model_window") or 0) or None,
        timeout=float(settings.get("model_timeout") or 0) or None,
        threads=int(settings.get("model_threads") or 0) or None,
        env=env,
    )
