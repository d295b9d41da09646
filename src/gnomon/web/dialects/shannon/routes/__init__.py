"""Paths and methods: each reads its request, asks the core and answers."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.dialects.shannon.routes import (
    approvals,
    chat,
    control,
    history,
    review,
    streams,
    swarm,
    tasks,
)

ROUTERS: Sequence[APIRouter] = (
    tasks.router,
    control.router,
    history.router,
    streams.router,
    review.router,
    approvals.router,
    swarm.router,
    chat.router,
)
