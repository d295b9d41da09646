"""The answer to what a run asks."""

from pydantic import ConfigDict, Field

from gnomon.core.task import Json
from gnomon.web.dialects.parallel.wire.form import read
from gnomon.web.dialects.parallel.wire.words import Words


class Reply(Words):
    """An answer."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    answer: Json = Field(description="What was asked for: any JSON.")
    key: str | None = Field(None, max_length=200, description="Of which question; left out, of the open one.")


def read_reply(body: Json) -> Reply:
    """Read an answer; raises `Invalid`."""
    return read(Reply, body)
