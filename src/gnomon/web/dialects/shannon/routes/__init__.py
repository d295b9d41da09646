"""Paths and methods: each reads its request, asks the core and answers."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.dialects.shannon.routes import chat, streams, tasks

ROUTERS: Sequence[APIRouter] = (tasks.router, streams.router, chat.router)
