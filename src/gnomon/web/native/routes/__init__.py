"""The native door's paths, one file per noun: read, ask the core, answer."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.native.routes import access, hooks, queue, streams, tasks

ROUTERS: Sequence[APIRouter] = (tasks.routes, streams.routes, queue.routes, hooks.routes, access.routes)
