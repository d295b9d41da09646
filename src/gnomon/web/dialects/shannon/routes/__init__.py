"""Paths and methods: each reads its request, asks the core and answers."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.dialects.shannon.routes import (
    agents,
    approvals,
    beyond,
    chat,
    control,
    files,
    history,
    review,
    schedules,
    sessions,
    skills,
    streams,
    swarm,
    tasks,
    tools,
)

ROUTERS: Sequence[APIRouter] = (
    *(tasks.router, control.router, history.router, streams.router),
    *(review.router, approvals.router, swarm.router),
    *(sessions.router, files.router, schedules.router),
    *(agents.router, tools.router, skills.router),
    chat.router,
    beyond.router,
)
