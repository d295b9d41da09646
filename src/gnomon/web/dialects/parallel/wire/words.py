"""The forms of what is sent: names and JSON types; what values may be is said where they are read."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from gnomon.core.task import Json

MOST_SERVERS: Final = 10
MOST_DOMAINS: Final = 200
"""Entries of both lists of a source policy together."""
MOST_PAIRS: Final = 50
LONGEST_KEY: Final = 16
LONGEST_VALUE: Final = 512
EVENT_TYPES: Final = ("task_run.status", "task_run.action_required")
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
Plain = Annotated[
    Any,
    BeforeValidator(_plain),
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": LONGEST_VALUE}),
]
_SHAPES: Final[list[dict[str, Any]]] = [
    {"type": "string", "description": "The same as a text schema of that description."},
    {
        "type": "object",
        "required": ["json_schema"],
        "properties": {
            "type": {"const": "json"},
            "json_schema": {"type": "object", "description": "A JSON Schema, as far as the rules go."},
        },
    },
    {
        "type": "object",
        "anyOf": [{"required": ["type"]}, {"required": ["description"]}],
        "properties": {
            "type": {"const": "text"},
            "description": {"type": ["string", "null"]},
            "json_schema": False,
        },
    },
    {"type": "object", "required": ["type"], "properties": {"type": {"const": "auto"}, "json_schema": False}},
    {"type": "object", "maxProperties": 0, "description": "The same as `auto`."},
]
SpecSchema = Annotated[Any, BeforeValidator(_text_or_object), WithJsonSchema({"anyOf": _SHAPES})]
_METADATA: Final[dict[str, Any]] = {
    "maxProperties": MOST_PAIRS,
    "propertyNames": {"maxLength": LONGEST_KEY},
}
_URL: Final[dict[str, Any]] = {"pattern": "^[hH][tT][tT][pP][sS]?://", "maxLength": 2048}


class SourcePolicy(Words):
    """Where to look, and where not."""

    include_domains: list[str] | None = Field(
        None,
        description="Keep to these: domains, domains with a path, or extensions such as `.gov`.",
        json_schema_extra={"maxItems": MOST_DOMAINS},
    )
    exclude_domains: list[str] | None = Field(
        None,
        description="Leave these out; it counts when nothing is included.",
        json_schema_extra={"maxItems": MOST_DOMAINS},
    )
    after_date: str | None = Field(
        None, description="A day before which nothing counts.", json_schema_extra={"format": "date"}
    )


class DataSources(Words):
    """Connectors of the workload to use."""

    free: list[str] | None = None
    pay_per_use: list[str] | None = None


class AdvancedSettings(Words):
    """Settings that few need."""

    location: str | None = Field(
        None, description="ISO 3166-1 alpha-2.", json_schema_extra={"pattern": "^[A-Za-z]{2}$"}
    )
    data_sources: DataSources | None = None


class McpServer(Words):
    """A server whose tools the workload may call (MCP, streamable HTTP)."""

    name: str = Field(json_schema_extra={"minLength": 1, "maxLength": 64})
    url: str = Field(json_schema_extra=_URL)
    type: Literal["url"] = "url"
    headers: dict[str, str] | None = Field(None, description="Kept secret: no answer shows them.")
    allowed_tools: list[str] | None = None


class Webhook(Words):
    """Where the run's changes are told."""

    url: str = Field(json_schema_extra=_URL)
    event_types: list[str] | None = Field(None, json_schema_extra={"items": {"enum": list(EVENT_TYPES)}})


class TaskSpec(Words):
    """What the answer shall be."""

    output_schema: SpecSchema = Field(description="What the answer shall be.")
    input_schema: SpecSchema | None = Field(
        None, description="What the input should be; one that is not is warned of."
    )


class RunWords(Words):
    """A run to make."""

    input: TextOrObject = Field(description="The question: words, or named values.")
    processor: str = Field(description="How much the answer may cost.")
    task_spec: TaskSpec | None = None
    metadata: dict[str, Plain] | None = Field(
        None, description="What you know it by.", json_schema_extra=_METADATA
    )
    source_policy: SourcePolicy | None = None
    advanced_settings: AdvancedSettings | None = None
    previous_interaction_id: str | None = Field(
        None,
        description="The `interaction_id` of the run whose answer this one goes on from.",
        json_schema_extra={"pattern": "^trun_[0-9a-f]{32}$"},
    )
    mcp_servers: list[McpServer] | None = Field(None, json_schema_extra={"maxItems": MOST_SERVERS})
    enable_events: bool | None = Field(
        None, description="Whether to tell of the progress in full; left out, from `pro` upwards."
    )
    webhook: Webhook | None = None
    webhook_url: str | None = Field(
        None,
        description="An older form of `webhook`; messages bring the output.",
        json_schema_extra=_URL,
    )
    memory_scope_key: str | None = Field(
        None, description="Handed on.", json_schema_extra={"pattern": "^[A-Za-z0-9_-]{1,128}$"}
    )


class GroupWords(Words):
    """A group to make."""

    metadata: dict[str, Plain] | None = Field(
        None, description="What you know it by.", json_schema_extra=_METADATA
    )


class BatchWords(Words):
    """Runs to add to a group."""

    inputs: list[Any] = Field(min_length=1, max_length=MOST_INPUTS)
    default_task_spec: TaskSpec | None = None
