"""Paths and methods, one file per noun: read, ask the core, answer."""

from collections.abc import Sequence

from fastapi import APIRouter

from gnomon.web.dialects.parallel.routes import groups, result, runs, steering, streams

ROUTERS: Sequence[APIRouter] = tuple(noun.router for noun in (runs, result, streams, groups, steering))
