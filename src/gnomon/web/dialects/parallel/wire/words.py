"""The forms of what is sent: names and JSON types; what values may be is said where they are read."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from gnomon.core.task import Json

MOST_SERVERS: Final = 10
MOST_INPUTS: Final = 1000
"""Runs that one call may add to a group."""


class Words(BaseModel):
    """Nothing is converted; members that are not known are kept apart, to be warned of."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


def _text_or_object(value: Json) -> Json:
    if not isinstance(value, str | dict):
        raise PydanticCustomError("text_or_object", "must be a text or an object")
    return value


def _plain(value: Json) -> Json:
    if not isinstance(value, str | bool | int | float):
        raise PydanticCustomError("plain_value", "must be a text, a number, true or false")
    return value


TextOrObject = Annotated[
    Any,
    BeforeValidator(_text_or_object),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]
"""One that says by itself what it may be: each branch of a union would complain for its own."""
Plain = Annotated[Any, BeforeValidator(_plain), WithJsonSchema({"type": ["string", "number", "boolean"]})]


class SourcePolicy(Words):
    """Where to look, and where not."""

    include_domains: list[str] | None = Field(None, description="Keep to these; the others do not count.")
    exclude_domains: list[str] | None = Field(
        None, description="Leave these out; it counts when nothing is included."
    )
    after_date: str | None = Field(None, description="A day (YYYY-MM-DD) before which nothing counts.")


class DataSources(Words):
    """Connectors of the workload to use."""

    free: list[str] | None = None
    pay_per_use: list[str] | None = None


class AdvancedSettings(Words):
    """Settings that few need."""

    location: str | None = Field(None, description="ISO 3166-1 alpha-2.")
    data_sources: DataSources | None = None


class McpServer(Words):
    """A server whose tools the workload may call (MCP, streamable HTTP)."""

    name: str
    url: str
    type: Literal["url"] = "url"
    headers: dict[str, str] | None = Field(None, description="Kept secret: no answer shows them.")
    allowed_tools: list[str] | None = None


class Webhook(Words):
    """Where the run's changes are told."""

    url: str
    event_types: list[str] | None = None


class TaskSpec(Words):
    """What the answer shall be."""

    output_schema: TextOrObject
    input_schema: TextOrObject | None = None


class RunWords(Words):
    """A run to make."""

    input: TextOrObject = Field(description="The question: words, or named values.")
    processor: str = Field(description="How much the answer may cost.")
    task_spec: TaskSpec | None = None
    metadata: dict[str, Plain] | None = None
    source_policy: SourcePolicy | None = None
    advanced_settings: AdvancedSettings | None = None
    previous_interaction_id: str | None = None
    mcp_servers: list[McpServer] | None = None
    enable_events: bool | None = None
    webhook: Webhook | None = None
    webhook_url: str | None = Field(
        None, description="An older form of `webhook`; messages bring the output."
    )
    memory_scope_key: str | None = None


class GroupWords(Words):
    """A group to make."""

    metadata: dict[str, Plain] | None = None


class BatchWords(Words):
    """Runs to add to a group."""

    inputs: list[Any] = Field(min_length=1, max_length=MOST_INPUTS)
    default_task_spec: TaskSpec | None = None
