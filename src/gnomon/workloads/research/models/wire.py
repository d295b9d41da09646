"""The seam to a server of models: one question, one answer, no patience."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gnomon.workloads.research.record import Usage

Role = Literal["system", "user", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question to a server."""

    turns: Sequence[tuple[Role, str]]
    max_tokens: int
    key: str
    schema: Mapping[str, Any] | None = None
    """What the server shall hold the answer to; None for free text."""
    is_strict: bool = False
    """The schema is one that servers can hold an answer to without exception."""
    on_text: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer of a server."""

    text: str
    model: str
    usage: Usage
    is_truncated: bool = False
    is_counted: bool = True
    """The server has said how many tokens it took."""
    is_prompt_cut: bool = False
    """The server counts fewer tokens than any prompt of that length has."""


class Trouble(Exception):
    """A server has not answered.

    Whether asking again may help is `is_passing`; `is_fault` is the server's own failing, which counts against it
    for all who ask, and `is_absent` that nothing listens at its address at all. `refuses_schema` says that it may
    answer the same question without a schema.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        is_passing: bool = False,
        is_fault: bool = False,
        is_absent: bool = False,
        retry_after: float | None = None,
        refuses_schema: bool = False,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_passing = is_passing
        self.is_fault = is_fault
        self.is_absent = is_absent
        self.retry_after = retry_after
        self.refuses_schema = refuses_schema
        self.retryable = is_passing if retryable is None else retryable


class Wire(Protocol):
    """A server of models."""

    @property
    def takes_schema(self) -> bool:
        """Say whether the server can hold an answer to a schema."""

    @property
    def takes_loose(self) -> bool:
        """Say whether it also takes a schema that is not strict, without making another of it."""

    @property
    def window(self) -> int | None:
        """Return the tokens of the model's window, where they are known."""

    @property
    def is_priced(self) -> bool:
        """Say whether it is known what its calls cost."""

    async def open(self) -> None:
        """Make ready to connect; what a server's answers may be held to is known after it."""

    async def ask(self, call: Call) -> Said:
        """Ask once; raises `Trouble`."""

    async def close(self) -> None:
        """Hang up."""
