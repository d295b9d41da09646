"""The native door's paths, one file per noun: read, ask the core, answer."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.native.routes import (
    access,
    documents,
    groups,
    hooks,
    idempotency,
    index,
    lines,
    queue,
    schedules,
    sessions,
    steering,
    streams,
    tasks,
)

ROUTERS: Sequence[APIRouter] = tuple(
    noun.routes
    for noun in (
        tasks,
        steering,
        lines,
        streams,
        groups,
        sessions,
        schedules,
        queue,
        hooks,
        access,
        idempotency,
        documents,
        index,
    )
)
