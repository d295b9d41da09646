"""Paths and methods, one file per noun: read, ask the core, answer."""

from collections.abc import Sequence

from fastapi import APIRouter

ROUTERS: Sequence[APIRouter] = ()
