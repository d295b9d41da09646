"""Paths and methods: each reads its request, asks the core and answers."""

from collections.abc import Sequence

from fastapi import APIRouter

ROUTERS: Sequence[APIRouter] = ()
