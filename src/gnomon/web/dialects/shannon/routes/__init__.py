"""Paths and methods: each reads its request, asks the core and answers."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.dialects.shannon.routes import (
    agents,
    beyond,
    files,
    schedules,
    sessions,
    skills,
    streams,
    tasks,
    tools,
)

ROUTERS: Sequence[APIRouter] = (
    *(tasks.router, streams.router),
    *(sessions.router, files.router, schedules.router, agents.router, tools.router, skills.router),
    beyond.router,
)
